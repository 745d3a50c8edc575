#include "hub/seen.h"

#include "protocol/batch_form.h"
#include "protocol/cbor.h"

enum { CHAINS_BYTES = LIMIT_INCARNATIONS * 32 + 8, BITS_LEN = 8 };

static void put_chains(struct bytes *out, const struct request *request)
{
	cbor_put_array(out, request->n_chains);
	for (size_t i = 0; i < request->n_chains; i++) {
		uint8_t bits[BITS_LEN];
		bits_put(request->chains[i].incarnation.bits, bits);
		cbor_put_array(out, 3);
		cbor_put_uint(out, request->chains[i].incarnation.ordinal);
		cbor_put_bytes(out, bits, sizeof(bits));
		cbor_put_uint(out, request->chains[i].receipted);
	}
}

static enum status put_row(struct query q, const struct request *request, int64_t at, struct slice chains)
{
	query_blob(&q, 1, slice_of(request->device, DEVICE_ID_LEN));
	query_int(&q, 2, at);
	query_int(&q, 4, (int64_t)request->waiting);
	query_text(&q, 5, request->version);
	query_blob(&q, 6, chains);
	return query_run(&q);
}

static enum status put_wire(struct hub *hub, const struct request *request, struct slice chains)
{
	int64_t now = hub_now(hub);
	struct query q = query_start(
		hub->db, "INSERT OR REPLACE INTO seen (device, at, clock_offset, waiting, version, chains)"
			 " VALUES (?1, ?2, ?3, ?4, ?5, ?6)");
	query_int(&q, 3, (request->sent_at - now) / 1000);
	return put_row(q, request, now, chains);
}

static enum status put_courier(struct hub *hub, const struct request *request, struct slice chains)
{
	int64_t now = hub_now(hub);
	struct query q = query_start(
		hub->db,
		"INSERT INTO seen (device, at, clock_offset, waiting, version, chains)"
		" VALUES (?1, ?2, NULL, ?4, ?5, ?6) ON CONFLICT (device) DO UPDATE SET chains = excluded.chains,"
		" waiting = CASE WHEN excluded.at >= at THEN excluded.waiting ELSE waiting END,"
		" version = CASE WHEN excluded.at >= at THEN excluded.version ELSE version END,"
		" at = max(at, excluded.at)");
	return put_row(q, request, request->sent_at < now ? request->sent_at : now, chains);
}

enum status seen_put(struct hub *hub, const struct request *request, enum road road)
{
	struct bytes chains = bytes_new(CHAINS_BYTES);
	put_chains(&chains, request);
	enum status s = bytes_status(&chains);
	if (s == STATUS_OK && road == ROAD_WIRE)
		s = put_wire(hub, request, bytes_slice(&chains));
	else if (s == STATUS_OK)
		s = put_courier(hub, request, bytes_slice(&chains));
	bytes_free(&chains);
	return s;
}

static enum status take_chains(struct slice stored, struct seen_chains *ret_chains)
{
	struct cbor r = cbor_reader(stored.data, stored.len);
	ret_chains->count = cbor_array(&r, LIMIT_INCARNATIONS);
	for (size_t i = 0; i < ret_chains->count; i++) {
		uint8_t bits[BITS_LEN] = {0};
		cbor_array_of(&r, 3);
		ret_chains->at[i].incarnation.ordinal = cbor_uint(&r, INT64_MAX);
		cbor_fixed(&r, bits, sizeof(bits));
		ret_chains->at[i].incarnation.bits = bits_take(bits);
		ret_chains->at[i].receipted = cbor_uint(&r, INT64_MAX);
	}
	return cbor_end(&r) == STATUS_OK ? STATUS_OK : STATUS_CORRUPT;
}

enum status seen_chains_get(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
			    struct seen_chains *ret_chains)
{
	enum status taken = STATUS_OK;
	*ret_chains = (struct seen_chains){0};
	struct query q = query_start(hub->db, "SELECT chains FROM seen WHERE device = ?1");
	query_blob(&q, 1, slice_of(device, DEVICE_ID_LEN));
	if (query_row(&q))
		taken = take_chains(query_get_blob(&q, 0), ret_chains);
	enum status s = query_finish(&q);
	return s == STATUS_OK ? taken : s;
}

uint64_t seen_receipted(const struct seen_chains *chains, const struct incarnation *incarnation)
{
	for (size_t i = 0; i < chains->count; i++)
		if (incarnation_compare(&chains->at[i].incarnation, incarnation) == 0)
			return chains->at[i].receipted;
	return 0;
}
