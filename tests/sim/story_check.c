#include "tests/sim/story_check.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/anchor.h"
#include "agent/place.h"
#include "agent/salvage.h"
#include "hub/log.h"
#include "hub/verify.h"
#include "protocol/batch_form.h"

enum { SAID = 400 };

static char said[SAID];

static const char *say(const char *what, const char *about, int64_t number, enum status s)
{
	(void)snprintf(said, sizeof(said), "%s (%s %lld, %s)", what, about, (long long)number, status_code(s));
	return said;
}

/* Numbers of one statement about a database that must be 0. */
static const char *check_none(struct database *db, const char *literal, const char *what)
{
	struct query q = query_start(db, literal);
	int64_t n = query_row(&q) ? query_get_int(&q, 0) : -1;
	enum status s = query_finish(&q);
	return s == STATUS_OK && n == 0 ? NULL : say(what, "rows", n, s);
}

/* salvaged: rows of a spoilt page are gone, and were told of. */
static const char *check_halves(struct database *db, bool salvaged)
{
	static const struct {
		const char *sql;
		const char *what;
		bool may_be_salvaged;
	} none[] = {
		{"SELECT count(*) FROM change c WHERE seq IS NOT NULL AND NOT EXISTS (SELECT 1 FROM batch b WHERE"
		 " b.ordinal = c.ordinal AND b.seq = c.seq)",
		 "half: a sealed change without its batch", false},
		{"SELECT count(*) FROM batch b WHERE accepted_at IS NOT NULL AND changes <> (SELECT count(*) FROM"
		 " change c WHERE b.ordinal = c.ordinal AND b.seq = c.seq AND c.accepted_at = b.accepted_at)",
		 "half: a batch with a receipt and without its changes", true},
		{"SELECT count(*) FROM batch WHERE (accepted_at IS NULL) <> (receipt IS NULL)", "half: a receipt",
		 false},
		{"SELECT count(*) FROM batch b WHERE seq > 1 AND prev IS NOT (SELECT hash FROM batch p WHERE"
		 " p.ordinal = b.ordinal AND p.seq = b.seq - 1)",
		 "half: a batch without the one before it", false},
		{"SELECT count(*) FROM import i WHERE about IS NULL AND finished_at IS NOT NULL AND queued <> "
		 "(SELECT"
		 " count(*) FROM change c WHERE c.import = i.id)",
		 "half: a file that is taken in", false},
	};
	const char *wrong = NULL;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]) && wrong == NULL; i++)
		if (!salvaged || !none[i].may_be_salvaged)
			wrong = check_none(db, none[i].sql, none[i].what);
	return wrong;
}

/* Kept once, and in the book. */
static const char *check_record(struct database *db, const char *key)
{
	struct query q = query_start(db, "SELECT (SELECT count(*) FROM change WHERE instr(record, ?1) > 0),"
					 " (SELECT count(*) FROM thing WHERE key = ?2)");
	query_blob(&q, 1, slice_str(key));
	query_str(&q, 2, key);
	bool found = query_row(&q);
	/* A void of it is a second change. */
	bool right = found && query_get_int(&q, 0) >= 1 && query_get_int(&q, 0) <= 2 && query_get_int(&q, 1) == 1;
	enum status s = query_finish(&q);
	return s == STATUS_OK && right ? NULL : say("lost: a saved record, or it is there twice", key, 0, s);
}

/* What left the machine under a number is still the batch of this number (L3), and the anchor knows of it (L9). */
static const char *check_sent(const struct agent *a, const struct promise *p)
{
	struct anchor anchor = {0};
	struct query q = query_start(a->db, "SELECT hash FROM batch WHERE ordinal = ?1 AND seq = ?2");
	query_int(&q, 1, (int64_t)p->incarnation.ordinal);
	query_int(&q, 2, (int64_t)p->seq);
	bool same = query_row(&q) && slice_equal(query_get_blob(&q, 0), slice_of(p->hash, HASH_LEN));
	enum status s = query_finish(&q);
	if (s != STATUS_OK || !same)
		return say("lost: a batch that was sent", "seq", (int64_t)p->seq, s);
	s = anchor_read(a->dir, &anchor);
	if (s == STATUS_OK && incarnation_compare(&anchor.incarnation, &p->incarnation) == 0 && anchor.seq < p->seq)
		s = STATUS_DIFFERENT;
	return s == STATUS_OK ? NULL : say("lost: the anchor does not know a batch that was sent", "", 0, s);
}

static bool is_done(const struct kept *kept, const char *name, int pc)
{
	for (int i = 0; i <= kept->last_step; i++)
		if (strcmp(STORY_STEPS[i].name, name) == 0 && STORY_STEPS[i].pc == pc)
			return true;
	return false;
}

/* Since a person put something back or lost it, the machine owes what came after. */
static size_t owed_from(const struct kept *kept, int pc, bool *ret_unsettled)
{
	size_t from = 0;
	*ret_unsettled = false;
	for (size_t i = 0; i < kept->n_promises; i++) {
		const struct promise *p = &kept->promises[i];
		if (p->pc != pc || (p->kind != STORY_PUT_BACK && p->kind != STORY_SETTLED))
			continue;
		*ret_unsettled = p->kind == STORY_PUT_BACK;
		from = p->kind == STORY_PUT_BACK ? i : from;
	}
	return from;
}

static const char *check_opened(struct agent *a, int pc, const struct kept *kept)
{
	bool unsettled = false;
	enum place place = PLACE_SAME;
	size_t from = owed_from(kept, pc, &unsettled);
	enum status s = database_check(a->db);
	if (s == STATUS_OK)
		s = salvage_check(a->db);
	if (s == STATUS_CORRUPT && unsettled)
		return NULL;
	if (s != STATUS_OK)
		return say("damaged: the agent's database", "pc", pc, s);
	s = place_judge(a, &place);
	if (s != STATUS_OK || (!unsettled && place != PLACE_SAME && place != PLACE_DOUBTFUL))
		return say("wrong: a database that was not put back is taken for one", "place", place, s);
	const char *wrong = check_halves(a->db, is_done(kept, "spoil", pc));
	for (size_t i = from; i < kept->n_promises && wrong == NULL; i++) {
		const struct promise *p = &kept->promises[i];
		if (p->pc == pc && p->kind == PROMISED_RECORD)
			wrong = check_record(a->db, p->key);
		else if (p->pc == pc && p->kind == PROMISED_SENT && !unsettled)
			wrong = check_sent(a, p);
	}
	return wrong;
}

const char *check_pc(struct story *story, int pc, const struct kept *kept)
{
	struct agent *a = NULL;
	bool unsettled = false;
	(void)owed_from(kept, pc, &unsettled);
	enum status s = story_open(story, pc, &a);
	/* An enrolment that was cut short is done again; what somebody lost or spoilt is missed. */
	if (s == STATUS_NO_DATA && !is_done(kept, "enroll", pc))
		return NULL;
	if (unsettled && (s == STATUS_LOST_DATA || s == STATUS_NO_DATA || s == STATUS_CORRUPT))
		return NULL;
	const char *wrong =
		s != STATUS_OK ? say("damaged: the agent does not open", "pc", pc, s) : check_opened(a, pc, kept);
	agent_close(a);
	return wrong;
}

static const char *check_entry(struct hub *hub, const struct promise *p)
{
	struct query q = query_start(hub->db, "SELECT chain FROM log WHERE n = ?1");
	query_int(&q, 1, p->number);
	bool same = query_row(&q) && slice_equal(query_get_blob(&q, 0), slice_of(p->hash, HASH_LEN));
	enum status s = query_finish(&q);
	return s == STATUS_OK && same ? NULL : say("lost: what the hub answered after", "entry", p->number, s);
}

static const char *check_receipt(struct hub *hub, const struct promise *p)
{
	uint8_t bits[8];
	bits_put(p->incarnation.bits, bits);
	struct query q = query_start(hub->db, "SELECT hash FROM batch WHERE device = ?1 AND ordinal = ?2"
					      " AND bits = ?3 AND seq = ?4");
	query_blob(&q, 1, slice_of(p->device, DEVICE_ID_LEN));
	query_int(&q, 2, (int64_t)p->incarnation.ordinal);
	query_blob(&q, 3, slice_of(bits, sizeof(bits)));
	query_int(&q, 4, (int64_t)p->seq);
	bool same = query_row(&q) && slice_equal(query_get_blob(&q, 0), slice_of(p->hash, HASH_LEN));
	enum status s = query_finish(&q);
	return s == STATUS_OK && same ? NULL : say("lost: a batch with a receipt", "seq", (int64_t)p->seq, s);
}

/* The next head is above every head that was given out (L4). */
static const char *check_head(struct hub *hub, const struct promise *p)
{
	struct bytes counter = bytes_new(8);
	uint64_t reserved = 0;
	enum status s = hub_note_get(hub, "counter", &counter);
	for (size_t i = 0; i < counter.len; i++)
		reserved = reserved << 8 | counter.data[i];
	bytes_free(&counter);
	bool above = p->incarnation.ordinal < hub->epoch || p->incarnation.bits <= reserved;
	return s == STATUS_OK && above
		       ? NULL
		       : say("wrong: a head may come twice", "counter", (int64_t)p->incarnation.bits, s);
}

const char *check_hub(struct story *story, const struct kept *kept)
{
	enum status s = story_hub(story);
	if (s != STATUS_OK && !is_done(kept, "init", STORY_HUB))
		return NULL;
	if (s == STATUS_OK)
		s = database_check(story->hub->db);
	if (s != STATUS_OK)
		return say("damaged: the hub does not open", "", 0, s);
	const char *wrong = NULL;
	for (size_t i = 0; i < kept->n_promises && wrong == NULL; i++) {
		const struct promise *p = &kept->promises[i];
		if (p->kind == PROMISED_ENTRY)
			wrong = check_entry(story->hub, p);
		else if (p->kind == PROMISED_RECEIPT)
			wrong = check_receipt(story->hub, p);
		else if (p->kind == PROMISED_HEAD)
			wrong = check_head(story->hub, p);
	}
	return wrong;
}

const char *check_all_records(struct story *story, const struct promise *promises, size_t n)
{
	const char *wrong = NULL;
	for (size_t i = 0; i < n && wrong == NULL; i++) {
		if (promises[i].kind != PROMISED_RECORD)
			continue;
		struct query q = query_start(story->hub->db, "SELECT count(*) FROM thing WHERE key = ?1");
		query_str(&q, 1, promises[i].key);
		bool once = query_row(&q) && query_get_int(&q, 0) == 1;
		enum status s = query_finish(&q);
		if (s != STATUS_OK || !once)
			wrong = say("lost: a saved record did not reach the hub", promises[i].key, 0, s);
	}
	return wrong;
}
