#include "hub/epoch.h"

#include <inttypes.h>

#include "config/log.h"
#include "hub/act.h"
#include "hub/answer.h"
#include "hub/chain.h"
#include "hub/log_limit.h"
#include "protocol/cbor.h"

enum { BODY_MAX = 32 };

enum status epoch_read(struct database *db, uint64_t *ret_epoch)
{
	uint64_t epoch = 1;
	struct query q = query_start(db, "SELECT max(number) FROM epoch");
	if (query_row(&q) && !query_is_null(&q, 0))
		epoch = (uint64_t)query_get_int(&q, 0);
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_epoch = epoch;
	return s;
}

enum status epoch_act_take(struct slice body, uint64_t *ret_epoch)
{
	struct cbor r = cbor_reader(body.data, body.len);
	cbor_array_of(&r, 1);
	uint64_t epoch = cbor_uint(&r, INT64_MAX);
	if (epoch < 2)
		cbor_fail(&r);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		*ret_epoch = epoch;
	return s;
}

enum status epoch_begin(struct hub *hub)
{
	struct bytes body = bytes_new(BODY_MAX);
	uint64_t next = hub->epoch + 1;
	cbor_put_array(&body, 1);
	cbor_put_uint(&body, next);
	enum status s = bytes_status(&body);
	if (s == STATUS_OK)
		s = act_record(hub, ACT_EPOCH, NULL, bytes_slice(&body));
	bytes_free(&body);
	if (s == STATUS_OK)
		hub->epoch = next;
	return s;
}

static enum status begin_next(struct hub *hub, const struct request *request, const char *device)
{
	enum status s = epoch_begin(hub);
	if (s != STATUS_OK)
		return s;
	log_event(LOG_ERROR,
		  "event=epoch epoch=%" PRIu64 " device=%s seen=%" PRIu64 "/%" PRIu64
		  " note=\"this database is an older copy than the one that answered before\"",
		  hub->epoch, device, request->epoch, request->counter);
	return STATUS_OK;
}

/* A receipt of ours for a batch that is not here: the device sends it again, somebody should know why. */
static enum status tell_behind(struct hub *hub, const struct request *request, const char *device)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; i < request->n_chains && s == STATUS_OK; i++) {
		struct chain_state chain;
		s = chain_get(hub->db, request->device, &request->chains[i].incarnation, &chain);
		if (s != STATUS_OK || request->chains[i].receipted <= chain.have)
			continue;
		if (log_limit_passes(hub->remarks, slice_of(request->device, DEVICE_ID_LEN), hub_now(hub)))
			log_event(
				LOG_ERROR,
				"event=hub-behind device=%s ordinal=%" PRIu64 " receipted=%" PRIu64 " have=%" PRIu64
				" note=\"this database is an older copy; the device sends again what is missing\"",
				device, request->chains[i].incarnation.ordinal, request->chains[i].receipted,
				chain.have);
	}
	return s;
}

enum status epoch_follow(struct hub *hub, const struct request *request)
{
	char device[2 * DEVICE_ID_LEN + 1];
	uint64_t reserved = 0;
	hex_format(request->device, DEVICE_ID_LEN, device);
	enum status s = answer_reserved(hub, &reserved);
	if (s == STATUS_OK)
		s = tell_behind(hub, request, device);
	if (s != STATUS_OK)
		return s;
	bool above = request->epoch > hub->epoch || (request->epoch == hub->epoch && request->counter > reserved);
	return above && hub->epoch < INT64_MAX ? begin_next(hub, request, device) : STATUS_OK;
}
