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

enum { ROOT, OTHER, SORTS };

/* Those that were not kept. */
struct counted {
	uint64_t count;
	uint8_t last[SORTS][HASH_LEN]; /* zeros: none, or none that is remembered */
};

static enum status read_counted(struct hub *hub, const uint8_t *device, struct counted *ret_counted)
{
	char name[NOTE_NAME];
	struct counted counted = {0};
	struct bytes note = bytes_new(COUNT_BYTES + sizeof(counted.last));
	note_name(device, name);
	enum status s = hub_note_get(hub, name, &note);
	if (s == STATUS_OK && note.len >= COUNT_BYTES)
		counted.count = bits_take(note.data);
	if (s == STATUS_OK && note.len == COUNT_BYTES + sizeof(counted.last))
		memcpy(counted.last, note.data + COUNT_BYTES, sizeof(counted.last));
	bytes_free(&note);
	*ret_counted = counted;
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

static bool was_last(const struct counted *counted, const uint8_t *hash)
{
	bool was = false;
	for (int i = 0; i < SORTS; i++)
		was = was || (counted->count > 0 && memcmp(counted->last[i], hash, HASH_LEN) == 0);
	return was;
}

static enum status count_one_more(struct hub *hub, const struct contradiction *c, struct counted counted)
{
	char name[NOTE_NAME];
	uint8_t stored[COUNT_BYTES + sizeof(counted.last)];
	memcpy(counted.last[c->goes_on ? OTHER : ROOT], c->hash, HASH_LEN);
	note_name(c->head->device, name);
	bits_put(counted.count + 1, stored);
	memcpy(stored + COUNT_BYTES, counted.last, sizeof(counted.last));
	return hub_note_set(hub, name, slice_of(stored, sizeof(stored)));
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

static enum status keep(struct hub *hub, const struct contradiction *c)
{
	struct query q =
		query_start(hub->db, "INSERT INTO evidence (hash, device, at, envelope) VALUES (?1, ?2, ?3, ?4)");
	query_blob(&q, 1, slice_of(c->hash, HASH_LEN));
	query_blob(&q, 2, slice_of(c->head->device, DEVICE_ID_LEN));
	query_int(&q, 3, hub_now(hub));
	query_blob(&q, 4, c->sealed);
	return query_run(&q);
}

/* Looks among those that were kept, then at those that were counted last. */
static enum status find(struct hub *hub, const uint8_t *device, const uint8_t *hash, int64_t *ret_kept,
			struct counted *ret_counted, bool *ret_known)
{
	*ret_known = false;
	enum status s = look_up(hub, device, hash, ret_kept, ret_known);
	if (s == STATUS_OK)
		s = read_counted(hub, device, ret_counted);
	*ret_known = *ret_known || (s == STATUS_OK && was_last(ret_counted, hash));
	return s;
}

enum status evidence_put(struct hub *hub, const struct contradiction *c, bool *ret_news)
{
	int64_t kept = 0;
	bool known = false;
	struct counted counted = {0};
	char id[2 * DEVICE_ID_LEN + 1];
	enum status s = find(hub, c->head->device, c->hash, &kept, &counted, &known);
	*ret_news = !known;
	if (s != STATUS_OK || known)
		return s;
	bool room = kept < (c->goes_on ? EVIDENCE_MAX / 2 : EVIDENCE_MAX);
	log_event(LOG_ERROR, "event=fork device=%s ordinal=%" PRIu64 " seq=%" PRIu64 " kept=%s",
		  hex_format(c->head->device, DEVICE_ID_LEN, id), c->head->incarnation.ordinal, c->head->seq,
		  room ? "yes" : "no");
	return room ? keep(hub, c) : count_one_more(hub, c, counted);
}

enum status evidence_has(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
			 const uint8_t hash[static HASH_LEN], bool *ret_has)
{
	int64_t kept = 0;
	struct counted counted = {0};
	return find(hub, device, hash, &kept, &counted, ret_has);
}

enum status evidence_count(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], int64_t *ret_count)
{
	struct counted counted = {0};
	int64_t kept = 0;
	bool known = false;
	static const uint8_t none[HASH_LEN];
	enum status s = find(hub, device, none, &kept, &counted, &known);
	*ret_count = kept + (int64_t)counted.count;
	return s;
}
