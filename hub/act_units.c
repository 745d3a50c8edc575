#include "hub/act_units.h"

#include "protocol/cbor.h"

static void put_code(struct bytes *out, struct slice code)
{
	cbor_put_text(out, (const char *)code.data, code.len);
}

void act_succession_put(struct bytes *out, const struct succession_row *row)
{
	cbor_put_array(out, 4);
	put_code(out, row->old);
	put_code(out, row->heir);
	cbor_put_int(out, row->from);
	cbor_put_uint(out, row->kind);
}

void act_succession_take(struct cbor *r, struct succession_row *ret_row)
{
	cbor_array_of(r, 4);
	ret_row->old = cbor_text(r, LIMIT_UNIT);
	ret_row->heir = cbor_text(r, LIMIT_UNIT);
	ret_row->from = (int32_t)cbor_int(r, INT32_MIN + 2, INT32_MAX);
	ret_row->kind = (enum succession_kind)cbor_uint(r, SUCCESSION_TRANSFER);
	if (ret_row->kind == SUCCESSION_SAME)
		cbor_fail(r);
}

void act_assign_put(struct bytes *out, const struct assign_act *act)
{
	cbor_put_array(out, 3);
	cbor_put_bytes(out, act->device, DEVICE_ID_LEN);
	put_code(out, act->unit);
	cbor_put_int(out, act->from);
}

enum status act_assign_take(struct slice body, struct assign_act *ret_act)
{
	struct cbor r = cbor_reader(body.data, body.len);
	struct assign_act act = {0};
	cbor_array_of(&r, 3);
	cbor_fixed(&r, act.device, DEVICE_ID_LEN);
	act.unit = cbor_text(&r, LIMIT_UNIT);
	act.from = (int32_t)cbor_int(&r, INT32_MIN + 2, INT32_MAX);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_act = act;
	return s;
}
