#include "hub/conflicts.h"

#include <string.h>

#include "hub/dossier_fold.h"

const char *conflict_reason_name(enum conflict_reason reason)
{
	switch (reason) {
	case CONFLICT_UNIT:
		return "unit";
	case CONFLICT_PROCEDURE:
		return "procedure";
	case CONFLICT_RECEIVED:
		return "received";
	case CONFLICT_NO_SAY:
		return "no-say";
	}
	return "";
}

enum status conflicts_list(struct hub *hub, enum status (*each)(void *context, const struct conflict_row *row),
			   void *context)
{
	struct query q =
		query_start(hub->db, "SELECT c.code, c.reasons, coalesce(d.unit, '') FROM conflict c"
				     " LEFT JOIN dossier d ON d.code = c.code"
				     " LEFT JOIN accepted a ON a.code = c.code AND a.fingerprint = c.fingerprint"
				     " WHERE a.code IS NULL ORDER BY c.code");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct conflict_row row = {.code = query_get_text(&q, 0),
					   .reasons = (unsigned)query_get_int(&q, 1),
					   .unit = query_get_text(&q, 2)};
		s = each(context, &row);
	}
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

/* Records an act whose body is [code, bytes]. */
static enum status record(struct hub *hub, enum act_type type, const char *code, struct slice bytes,
			  const char *who)
{
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	cbor_put_array(&body, 2);
	cbor_put_text(&body, code, strlen(code));
	cbor_put_bytes(&body, bytes.data, bytes.len);
	enum status s = bytes_status(&body);
	if (s == STATUS_OK)
		s = act_record(hub, type, who, bytes_slice(&body));
	bytes_free(&body);
	return s;
}

static enum status accept(struct hub *hub, const char *code, const char *who)
{
	uint8_t fingerprint[HASH_LEN];
	struct query q = query_start(hub->db, "SELECT fingerprint FROM conflict WHERE code = ?1");
	query_str(&q, 1, code);
	struct slice stored = query_row(&q) ? query_get_blob(&q, 0) : (struct slice){0};
	bool found = stored.len == HASH_LEN;
	if (found)
		memcpy(fingerprint, stored.data, HASH_LEN);
	enum status s = query_finish(&q);
	if (s == STATUS_OK && !found)
		s = STATUS_EMPTY;
	return s == STATUS_OK ? record(hub, ACT_ACCEPT, code, slice_of(fingerprint, HASH_LEN), who) : s;
}

static enum status wrote_to(struct hub *hub, const char *code, const uint8_t *device)
{
	struct thing thing = thing_new(KIND_DOSSIER);
	bool wrote = false;
	struct query q = query_start(hub->db, "SELECT writes FROM thing WHERE kind = ?1 AND key = ?2");
	query_int(&q, 1, KIND_DOSSIER);
	query_str(&q, 2, code);
	bool found = query_row(&q);
	enum status s = found ? thing_read(query_get_blob(&q, 0), &thing) : STATUS_EMPTY;
	for (size_t i = 0; s == STATUS_OK && i < thing.n_origins; i++)
		wrote = wrote || memcmp(thing.origins[i].device, device, DEVICE_ID_LEN) == 0;
	enum status end = query_finish(&q);
	thing_free(&thing);
	if (s == STATUS_OK && !wrote)
		s = STATUS_UNKNOWN_DEVICE;
	return end != STATUS_OK ? end : s;
}

static enum status split(struct hub *hub, const char *code, const uint8_t *device, const char *who)
{
	enum status s = wrote_to(hub, code, device);
	struct query q = query_start(hub->db, "SELECT count(*) FROM split WHERE code = ?1");
	query_str(&q, 1, code);
	bool full = query_row(&q) && query_get_int(&q, 0) >= DOSSIER_SPLITS;
	enum status counted = query_finish(&q);
	if (s == STATUS_OK)
		s = counted;
	if (s == STATUS_OK && full)
		s = STATUS_LIMIT;
	return s == STATUS_OK ? record(hub, ACT_SPLIT, code, slice_of(device, DEVICE_ID_LEN), who) : s;
}

enum status conflicts_accept(struct hub *hub, const char *code, const char *who)
{
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	if (s != STATUS_OK)
		return s;
	return hub_end(&t, accept(hub, code, who));
}

enum status conflicts_split(struct hub *hub, const char *code, const uint8_t device[static DEVICE_ID_LEN],
			    const char *who)
{
	struct hub_transaction t;
	enum status s = hub_begin(hub, &t);
	if (s != STATUS_OK)
		return s;
	return hub_end(&t, split(hub, code, device, who));
}
