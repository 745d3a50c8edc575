#include "agent/compare_ask.h"

#include <stdlib.h>
#include <string.h>

#include "agent/answer.h"

void compare_heard_free(struct compare_heard *heard)
{
	bytes_free(&heard->sealed);
}

enum status compare_question(const struct agent *a, const struct compare_own *own,
			     const uint8_t nonce[static NONCE_LEN], struct bytes *out)
{
	struct comparison_question *q = calloc(1, sizeof(*q));
	if (q == NULL)
		return STATUS_NO_MEMORY;
	memcpy(q->device, a->device, DEVICE_ID_LEN);
	memcpy(q->nonce, nonce, NONCE_LEN);
	q->asked_at = agent_now(a);
	compare_put_sums(q, &own->digest);
	enum status s = compare_seal(q, a->hub.hub_id, a->key, out);
	free(q);
	return s;
}

/* Opens an answer of this hub to this device. */
static enum status open_answer(const struct agent *a, struct slice sealed, struct comparison_answer *ret_answer)
{
	enum status s = compared_open(sealed, a->hub.hub_id, a->hub.sign_key, ret_answer);
	if (s == STATUS_NO_MEMORY)
		return s;
	bool ours = s == STATUS_OK && memcmp(ret_answer->device, a->device, DEVICE_ID_LEN) == 0;
	return ours ? STATUS_OK : STATUS_FOREIGN;
}

static enum status put_row(const struct agent *a, const struct comparison_answer *answer, struct slice sealed)
{
	struct query q =
		query_start(a->db, "INSERT INTO compared (first, last, at, answer) VALUES (?1, ?2, ?3, ?4)"
				   " ON CONFLICT (first, last) DO UPDATE SET at = ?3, answer = ?4 WHERE at <= ?3");
	query_int(&q, 1, answer->days.from);
	query_int(&q, 2, answer->days.to);
	query_int(&q, 3, answer->hub_time);
	query_blob(&q, 4, sealed);
	enum status s = query_run(&q);
	int64_t asked = 0;
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_ASKED, 0, &asked);
	bool answered = asked != 0 && asked >= answer->days.from && asked <= answer->days.to;
	return s == STATUS_OK && answered ? store_set_number(a->db, STORE_ASKED, 0) : s;
}

enum status compare_keep(const struct agent *a, struct slice sealed, bool *ret_ours)
{
	struct comparison_answer *answer = calloc(1, sizeof(*answer));
	if (answer == NULL)
		return STATUS_NO_MEMORY;
	enum status s = open_answer(a, sealed, answer);
	*ret_ours = s == STATUS_OK;
	if (s == STATUS_OK)
		s = put_row(a, answer, sealed);
	else if (s == STATUS_FOREIGN)
		s = STATUS_OK;
	free(answer);
	return s;
}

static enum status take_answer(const struct agent *a, const struct compare_own *own,
			       const uint8_t nonce[static NONCE_LEN], struct compare_heard *heard)
{
	enum status s = open_answer(a, bytes_slice(&heard->sealed), &heard->answer);
	if (s != STATUS_OK)
		return s;
	bool right = memcmp(heard->answer.nonce, nonce, NONCE_LEN) == 0 &&
		     heard->answer.days.from == own->digest.days.from &&
		     heard->answer.days.to == own->digest.days.to;
	if (!right)
		return STATUS_FOREIGN;
	s = database_begin(a->db);
	return s == STATUS_OK ? database_end(a->db, put_row(a, &heard->answer, bytes_slice(&heard->sealed))) : s;
}

enum status compare_ask(const struct agent *a, const struct compare_own *own, struct compare_heard *ret_heard)
{
	uint8_t nonce[NONCE_LEN];
	int64_t retry_after_s = -1;
	struct bytes question = bytes_new(LIMIT_REPLY);
	*ret_heard = (struct compare_heard){.sealed = bytes_new(LIMIT_REPLY)};
	random_fill(nonce, NONCE_LEN);
	enum status s = compare_question(a, own, nonce, &question);
	if (s == STATUS_OK)
		s = answer_to_post(a, "/v1/digest", bytes_slice(&question), LIMIT_REPLY, &ret_heard->sealed,
				   &retry_after_s);
	if (s == STATUS_OK)
		s = take_answer(a, own, nonce, ret_heard);
	bytes_free(&question);
	return s;
}

enum status compare_note_asked(const struct agent *a, struct period month)
{
	enum status s = database_begin(a->db);
	return s == STATUS_OK ? database_end(a->db, store_set_number(a->db, STORE_ASKED, month.from)) : s;
}

static struct period present_days(const struct agent *a)
{
	struct period days = {.to = date_month_end(date_of(agent_now(a)))};
	int year = 0;
	int month = 0;
	int day = 0;
	date_split(days.to, &year, &month, &day);
	days.from = month == 1 ? date_from(year - 1, 12, 1) : date_from(year, month - 1, 1);
	return days;
}

enum status compare_question_carried(const struct agent *a, struct bytes *out)
{
	struct compare_own own;
	struct period days = present_days(a);
	uint8_t nonce[NONCE_LEN];
	int64_t asked = 0;
	random_fill(nonce, NONCE_LEN);
	enum status s = store_number(a->db, STORE_ASKED, 0, &asked);
	if (s != STATUS_OK)
		return s;
	if (asked != 0)
		days = (struct period){.from = (int32_t)asked, .to = date_month_end((int32_t)asked)};
	s = compare_sum(a, days, COMPARE_SEALED, NULL, &own);
	if (s == STATUS_OK)
		s = compare_question(a, &own, nonce, out);
	compare_own_free(&own);
	return s;
}

enum status compare_recall(const struct agent *a, struct period month, struct compare_heard *ret_heard)
{
	*ret_heard = (struct compare_heard){.sealed = bytes_new(LIMIT_REPLY)};
	struct query q = query_start(a->db, "SELECT answer FROM compared WHERE first <= ?1 AND last >= ?2"
					    " ORDER BY at DESC LIMIT 1");
	query_int(&q, 1, month.from);
	query_int(&q, 2, month.to);
	bool found = query_row(&q);
	if (found) {
		struct slice sealed = query_get_blob(&q, 0);
		bytes_put(&ret_heard->sealed, sealed.data, sealed.len);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		s = bytes_status(&ret_heard->sealed);
	if (s != STATUS_OK)
		return s;
	if (!found)
		return STATUS_EMPTY;
	/* Kept under another hub's key or spoilt since: as if there were none. */
	s = open_answer(a, bytes_slice(&ret_heard->sealed), &ret_heard->answer);
	if (s == STATUS_FOREIGN)
		bytes_clear(&ret_heard->sealed);
	return s == STATUS_FOREIGN ? STATUS_EMPTY : s;
}

enum status compare_note_agreed(const struct agent *a, const struct compare_heard *heard)
{
	enum status s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(a->db, "UPDATE compared SET agreed_at = ?3, agreed = ?4"
					    " WHERE first = ?1 AND last = ?2 AND ifnull(agreed_at, ?3) <= ?3");
	query_int(&q, 1, heard->answer.days.from);
	query_int(&q, 2, heard->answer.days.to);
	query_int(&q, 3, heard->answer.hub_time);
	query_blob(&q, 4, bytes_slice(&heard->sealed));
	return database_end(a->db, query_run(&q));
}

enum status compare_agreed_at(const struct agent *a, struct period month, int64_t *ret_at)
{
	struct query q = query_start(a->db, "SELECT max(agreed_at) FROM compared WHERE first <= ?1 AND last >= ?2");
	query_int(&q, 1, month.from);
	query_int(&q, 2, month.to);
	*ret_at = query_row(&q) && !query_is_null(&q, 0) ? query_get_int(&q, 0) : TIME_UNSET;
	return query_finish(&q);
}

enum status compare_acknowledged(const struct agent *a, struct comparison_answer *answer)
{
	struct query q =
		query_start(a->db, "SELECT ordinal, bits, max(seq) FROM batch JOIN incarnation USING (ordinal)"
				   " WHERE accepted_at IS NOT NULL AND ordinal >= coalesce((SELECT number FROM"
				   " meta WHERE name = '" STORE_KEY_FROM "'), 0) GROUP BY ordinal"
				   " ORDER BY ordinal DESC LIMIT ?1");
	query_int(&q, 1, LIMIT_INCARNATIONS);
	answer->n_chains = 0;
	while (query_row(&q))
		answer->chains[answer->n_chains++] =
			(struct comparison_chain){.incarnation = {.ordinal = (uint64_t)query_get_int(&q, 0),
								  .bits = (uint64_t)query_get_int(&q, 1)},
						  .have = (uint64_t)query_get_int(&q, 2)};
	return query_finish(&q);
}
