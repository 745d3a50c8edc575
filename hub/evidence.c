#include "hub/evidence.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/log.h"
#include "protocol/batch_form.h"

enum { COUNT_BYTES = 8, NOTE_NAME = 32 };

static void note_name(const uint8_t *device, char out[static NOTE_NAME])
{
	char id[2 * DEVICE_ID_LEN + 1];
	(void)snprintf(out, NOTE_NAME, "forks %s", hex_format(device, DEVICE_ID_LEN, id));
}

/* Those that were not kept. */
struct counted {
	uint64_t count;
	uint8_t last[HASH_LEN]; /* zeros: none, or none that is remembered */
};

static enum status read_counted(struct hub *hub, const uint8_t *device, struct counted *ret_counted)
{
	char name[NOTE_NAME];
	struct counted counted = {0};
	struct bytes note = bytes_new(COUNT_BYTES + HASH_LEN);
	note_name(device, name);
	enum status s = hub_note_get(hub, name, &note);
	if (s == STATUS_OK && note.len >= COUNT_BYTES)
		counted.count = bits_take(note.data);
	if (s == STATUS_OK && note.len == COUNT_BYTES + HASH_LEN)
		memcpy(counted.last, note.data + COUNT_BYTES, HASH_LEN);
	bytes_free(&note);
	*ret_counted = counted;
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

static enum status count_one_more(struct hub *hub, const uint8_t *device, const uint8_t *hash)
{
	char name[NOTE_NAME];
	uint8_t stored[COUNT_BYTES + HASH_LEN];
	struct counted counted;
	enum status s = read_counted(hub, device, &counted);
	note_name(device, name);
	bits_put(counted.count + 1, stored);
	memcpy(stored + COUNT_BYTES, hash, HASH_LEN);
	return s == STATUS_OK ? hub_note_set(hub, name, slice_of(stored, sizeof(stored))) : s;
}

static enum status look_up(struct hub *hub, const uint8_t *device, const uint8_t *hash, int64_t *ret_kept,
			   bool *ret_known)
{
	struct query q = query_start(hub->db, "SELECT count(*), total(hash = ?2) FROM evidence WHERE device = ?1");
	query_blob(&q, 1, slice_of(device, DEVICE_ID_LEN));
	query_blob(&q, 2, slice_of(hash, HASH_LEN));
	if (query_row(&q)) {
		*ret_kept = query_get_int(&q, 0);
		*ret_known = query_get_int(&q, 1) != 0;
	}
	return query_finish(&q);
}

static enum status keep(struct hub *hub, const struct batch_head *head, const uint8_t *hash, struct slice sealed)
{
	struct query q =
		query_start(hub->db, "INSERT INTO evidence (hash, device, at, envelope) VALUES (?1, ?2, ?3, ?4)");
	query_blob(&q, 1, slice_of(hash, HASH_LEN));
	query_blob(&q, 2, slice_of(head->device, DEVICE_ID_LEN));
	query_int(&q, 3, hub_now(hub));
	query_blob(&q, 4, sealed);
	return query_run(&q);
}

enum status evidence_put(struct hub *hub, const struct batch_head *head, const uint8_t hash[static HASH_LEN],
			 struct slice sealed, bool *ret_news)
{
	int64_t kept = 0;
	bool known = false;
	char id[2 * DEVICE_ID_LEN + 1];
	enum status s = look_up(hub, head->device, hash, &kept, &known);
	*ret_news = !known;
	if (s != STATUS_OK || known)
		return s;
	log_event(LOG_ERROR, "event=fork device=%s ordinal=%" PRIu64 " seq=%" PRIu64 " kept=%s",
		  hex_format(head->device, DEVICE_ID_LEN, id), head->incarnation.ordinal, head->seq,
		  kept < EVIDENCE_MAX ? "yes" : "no");
	return kept < EVIDENCE_MAX ? keep(hub, head, hash, sealed) : count_one_more(hub, head->device, hash);
}

enum status evidence_has(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
			 const uint8_t hash[static HASH_LEN], bool *ret_has)
{
	struct counted counted = {0};
	int64_t kept = 0;
	*ret_has = false;
	enum status s = look_up(hub, device, hash, &kept, ret_has);
	if (s == STATUS_OK && !*ret_has && kept >= EVIDENCE_MAX)
		s = read_counted(hub, device, &counted);
	*ret_has = *ret_has || (counted.count > 0 && memcmp(counted.last, hash, HASH_LEN) == 0);
	return s;
}

enum status evidence_count(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], int64_t *ret_count)
{
	struct counted counted = {0};
	int64_t kept = 0;
	bool known = false;
	static const uint8_t none[HASH_LEN];
	enum status s = look_up(hub, device, none, &kept, &known);
	if (s == STATUS_OK)
		s = read_counted(hub, device, &counted);
	*ret_count = kept + (int64_t)counted.count;
	return s;
}
