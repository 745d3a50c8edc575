#include "hub/act_device.h"

#include "protocol/batch_form.h"
#include "protocol/cbor.h"

enum { BITS_LEN = 8 };

void act_device_put(struct bytes *out, const uint8_t device[static DEVICE_ID_LEN])
{
	cbor_put_array(out, 1);
	cbor_put_bytes(out, device, DEVICE_ID_LEN);
}

enum status act_device_take(struct slice body, uint8_t ret_device[static DEVICE_ID_LEN])
{
	struct cbor r = cbor_reader(body.data, body.len);
	cbor_array_of(&r, 1);
	cbor_fixed(&r, ret_device, DEVICE_ID_LEN);
	return cbor_end(&r);
}

void act_state_put(struct bytes *out, const struct state_act *act)
{
	cbor_put_array(out, 2);
	cbor_put_bytes(out, act->device, DEVICE_ID_LEN);
	cbor_put_uint(out, act->state);
}

enum status act_state_take(struct slice body, struct state_act *ret_act)
{
	struct cbor r = cbor_reader(body.data, body.len);
	struct state_act act = {0};
	cbor_array_of(&r, 2);
	cbor_fixed(&r, act.device, DEVICE_ID_LEN);
	act.state = (enum device_state)cbor_uint(&r, DEVICE_REVOKED);
	if (act.state == 0)
		cbor_fail(&r);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_act = act;
	return s;
}

static void put_incarnation(struct bytes *out, const struct incarnation *incarnation)
{
	uint8_t bits[BITS_LEN];
	bits_put(incarnation->bits, bits);
	cbor_put_uint(out, incarnation->ordinal);
	cbor_put_bytes(out, bits, sizeof(bits));
}

static void take_incarnation(struct cbor *r, struct incarnation *incarnation)
{
	uint8_t bits[BITS_LEN] = {0};
	incarnation->ordinal = cbor_uint(r, INT64_MAX);
	cbor_fixed(r, bits, sizeof(bits));
	incarnation->bits = bits_take(bits);
}

void act_hold_put(struct bytes *out, const struct hold_act *act)
{
	cbor_put_array(out, 6);
	cbor_put_bytes(out, act->device, DEVICE_ID_LEN);
	put_incarnation(out, &act->incarnation);
	cbor_put_uint(out, act->seq);
	cbor_put_bytes(out, act->stands, HASH_LEN);
	cbor_put_bytes(out, act->other, HASH_LEN);
}

enum status act_hold_take(struct slice body, struct hold_act *ret_act)
{
	struct cbor r = cbor_reader(body.data, body.len);
	struct hold_act act = {0};
	cbor_array_of(&r, 6);
	cbor_fixed(&r, act.device, DEVICE_ID_LEN);
	take_incarnation(&r, &act.incarnation);
	act.seq = cbor_uint(&r, INT64_MAX);
	cbor_fixed(&r, act.stands, HASH_LEN);
	cbor_fixed(&r, act.other, HASH_LEN);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_act = act;
	return s;
}

void act_skip_put(struct bytes *out, const struct skip_act *act)
{
	cbor_put_array(out, 6);
	cbor_put_bytes(out, act->device, DEVICE_ID_LEN);
	put_incarnation(out, &act->incarnation);
	cbor_put_uint(out, act->first);
	cbor_put_uint(out, act->last);
	cbor_put_bytes(out, act->hash, HASH_LEN);
}

enum status act_skip_take(struct slice body, struct skip_act *ret_act)
{
	struct cbor r = cbor_reader(body.data, body.len);
	struct skip_act act = {0};
	cbor_array_of(&r, 6);
	cbor_fixed(&r, act.device, DEVICE_ID_LEN);
	take_incarnation(&r, &act.incarnation);
	act.first = cbor_uint(&r, INT64_MAX);
	act.last = cbor_uint(&r, INT64_MAX);
	cbor_fixed(&r, act.hash, HASH_LEN);
	if (act.first == 0 || act.last < act.first)
		cbor_fail(&r);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_act = act;
	return s;
}
