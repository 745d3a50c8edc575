#include "hub/intake.h"

#include <stdlib.h>
#include <string.h>

#include "hub/answer.h"
#include "hub/epoch.h"
#include "hub/seen.h"
#include "protocol/message.h"

struct arrival {
	struct device device;
	struct request request;
	size_t count;
	struct arrived *batches;
	struct taken taken;
};

void intake_free(struct arrival *a)
{
	if (a == NULL)
		return;
	for (size_t i = 0; i < a->count; i++)
		arrived_clear(&a->batches[i]);
	free(a->batches);
	free(a);
}

enum status intake_open_sealed(struct hub *hub, struct slice sealed, enum message message,
			       struct device *ret_device, struct slice *ret_payload)
{
	struct envelope e;
	enum status s = envelope_peek(sealed, &e);
	if (s == STATUS_OK)
		s = message_check_version(e.payload, MESSAGE_VERSION);
	if (s == STATUS_OK)
		s = registry_find_key(hub->registry, e.key_id, ret_device);
	if (s == STATUS_OK)
		s = envelope_verify(&e, message, hub->identity.hub_id, ret_device->public_key);
	if (s == STATUS_OK)
		*ret_payload = e.payload;
	return s;
}

enum status intake_open_request(struct hub *hub, struct slice sealed, struct device *ret_device,
				struct request *ret_request)
{
	struct slice payload;
	enum status s = intake_open_sealed(hub, sealed, MESSAGE_REQUEST, ret_device, &payload);
	if (s == STATUS_OK)
		s = request_read(payload, ret_request);
	if (s == STATUS_OK && memcmp(ret_request->device, ret_device->id, DEVICE_ID_LEN) != 0)
		s = STATUS_FORGED;
	return s;
}

/* The sealed request a body begins with; *ret_reader stands behind it. */
static enum status read_request(struct slice body, struct cbor *ret_reader, size_t *ret_items,
				struct slice *ret_sealed)
{
	if (body.len > LIMIT_REQUEST)
		return STATUS_LIMIT;
	*ret_reader = cbor_reader(body.data, body.len);
	*ret_items = cbor_array(ret_reader, LIMIT_ENVELOPES + 1);
	*ret_sealed = cbor_bytes(ret_reader, LIMIT_REQUEST);
	return cbor_status(ret_reader) != STATUS_OK || *ret_items == 0 ? STATUS_MALFORMED : STATUS_OK;
}

enum status intake_key(struct slice body, uint8_t ret_key_id[static KEY_ID_LEN])
{
	struct cbor r;
	struct slice sealed;
	struct envelope e;
	size_t items = 0;
	enum status s = read_request(body, &r, &items, &sealed);
	if (s == STATUS_OK)
		s = envelope_peek(sealed, &e);
	if (s == STATUS_OK)
		memcpy(ret_key_id, e.key_id, KEY_ID_LEN);
	return s;
}

static enum status open_all(struct hub *hub, struct slice body, struct arrival *a)
{
	struct cbor r;
	struct slice sealed;
	size_t items = 0;
	enum status s = read_request(body, &r, &items, &sealed);
	if (s != STATUS_OK)
		return s;
	s = intake_open_request(hub, sealed, &a->device, &a->request);
	/* Other states are judged in the transaction: another process may have confirmed or resumed it since. */
	if (s == STATUS_OK && a->device.state == DEVICE_REVOKED)
		s = STATUS_SUSPENDED;
	if (s != STATUS_OK)
		return s;
	a->batches = calloc(items, sizeof(*a->batches));
	if (a->batches == NULL)
		return STATUS_NO_MEMORY;
	struct slice receipt = {0};
	for (size_t i = 1; i < items && s == STATUS_OK; i++) {
		sealed = cbor_bytes(&r, LIMIT_REQUEST);
		s = cbor_status(&r);
		bool ours = s == STATUS_OK && arrived_is_receipt(hub, sealed);
		if (s == STATUS_OK && !ours)
			s = arrived_open(hub, &a->device, sealed, receipt, &a->batches[a->count++]);
		/* One belongs to the batch right behind it. */
		receipt = ours ? sealed : (struct slice){0};
	}
	return s == STATUS_OK ? cbor_end(&r) : s;
}

enum status intake_open(struct hub *hub, struct slice body, struct arrival **ret_arrival)
{
	struct arrival *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return STATUS_NO_MEMORY;
	enum status s = open_all(hub, body, a);
	if (s == STATUS_OK)
		*ret_arrival = a;
	else
		intake_free(a);
	return s;
}

struct taken intake_taken(const struct arrival *a)
{
	return a->taken;
}

enum status intake_take(struct hub *hub, struct arrival *a, struct bytes *out)
{
	a->taken = (struct taken){0}; /* a group that failed is taken again one by one */
	/* The transaction has brought the registry up to date with what the operator did. */
	enum fate fate = FATE_KNOWN;
	enum status s = registry_find_device(hub->registry, a->request.device, &a->device);
	if (s == STATUS_OK)
		s = device_check(&a->device);
	if (s == STATUS_OK)
		s = epoch_follow(hub, &a->request);
	/* One that waits here joins with the one before it: its receipt must not come too late for that. */
	for (size_t i = 0; i < a->count && s == STATUS_OK; i++)
		s = arrived_add_receipt(hub, &a->batches[i]);
	for (size_t i = 0; i < a->count && s == STATUS_OK; i++)
		s = arrived_take(hub, &a->device, &a->batches[i], &a->taken, &fate);
	if (s == STATUS_OK)
		s = seen_put(hub, &a->request, ROAD_WIRE);
	return s == STATUS_OK ? answer_put(hub, &a->request, out) : s;
}
