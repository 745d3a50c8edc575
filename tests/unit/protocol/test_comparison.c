#include "digest_fixture.h"
#include "signing_fixture.h"

#include "protocol/comparison.h"

enum { HUB_KEY = 9, DEVICE_KEY = 3 };

static struct comparison_question some_question(void)
{
	struct comparison_question q = {.days = {MAY_1, MAY_31}, .asked_at = NOON, .n_marks = 2};
	fill(q.device, DEVICE_ID_LEN, 0x60);
	fill(q.nonce, NONCE_LEN, 0x70);
	q.marks[0] = (struct comparison_mark){.kind = KIND_DOSSIER, .day = MAY_1, .count = 3};
	q.marks[1] = (struct comparison_mark){.kind = KIND_INDICATOR, .day = MAY_1, .count = 70000};
	fill(q.marks[1].mark, DIGEST_MARK_LEN, 1);
	return q;
}

static enum status reopen_question(struct slice sealed, struct bytes *out)
{
	struct signing_key *key = key_number(DEVICE_KEY);
	struct slice payload;
	struct comparison_question q;
	enum status s = envelope_open(sealed, MESSAGE_COMPARE, hub_number(1), signing_key_public(key), &payload);
	if (s == STATUS_OK)
		s = compare_read(payload, &q);
	if (s == STATUS_OK)
		s = compare_seal(&q, hub_number(1), key, out);
	signing_key_free(key);
	return s;
}

static void test_a_question_comes_back_and_is_read_strictly(void **state)
{
	(void)state;
	struct signing_key *key = key_number(DEVICE_KEY);
	struct comparison_question given = some_question();
	struct comparison_question got;
	struct bytes sealed = bytes_new(SEALED_ROOM);
	struct envelope e;
	assert_int_equal(compare_seal(&given, hub_number(1), key, &sealed), STATUS_OK);
	assert_int_equal(envelope_peek(bytes_slice(&sealed), &e), STATUS_OK);
	assert_int_equal(compare_read(e.payload, &got), STATUS_OK);
	assert_memory_equal(&got, &given, sizeof(got));
	assert_truncations_refused(bytes_slice(&sealed), reopen_question);
	assert_payload_read_strictly(bytes_slice(&sealed), MESSAGE_COMPARE, key, reopen_question);
	bytes_free(&sealed);
	signing_key_free(key);
}

/* Two dossiers on 22 May, one on the 23rd, an indicator of the month. */
static struct digest some_digest(void)
{
	struct digest d = may();
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin o = origin_of(1, NOON, 1);
	add_number(&t, &o, FIELD_FEE, 10);
	add_line(&d, &t, "A");
	add_line(&d, &t, "B");
	thing_free(&t);
	t = thing_new(KIND_DOSSIER);
	o = origin_of(1, NOON + DAY, 1);
	add_number(&t, &o, FIELD_FEE, 10);
	add_line(&d, &t, "C");
	thing_free(&t);
	assert_int_equal(digest_add_bare(&d, KIND_INDICATOR, MAY_31, slice_str("x"), DIGEST_UNFOUNDED), STATUS_OK);
	finish(&d);
	return d;
}

static void seal_answer(const struct comparison_content *c, struct bytes *sealed)
{
	struct signing_key *key = key_number(HUB_KEY);
	struct comparison_answer a = {.epoch = 2, .hub_time = NOON, .n_chains = 1};
	a.chains[0] = (struct comparison_chain){.incarnation = {1, 5}, .have = 17};
	fill(a.device, DEVICE_ID_LEN, 0x60);
	fill(a.nonce, NONCE_LEN, 0x70);
	assert_int_equal(compared_seal(&a, c, hub_number(1), key, sealed), STATUS_OK);
	signing_key_free(key);
}

static enum status open_answer(struct slice sealed, struct comparison_answer *ret_answer)
{
	struct signing_key *key = key_number(HUB_KEY);
	enum status s = compared_open(sealed, hub_number(1), signing_key_public(key), ret_answer);
	signing_key_free(key);
	return s;
}

static void test_only_differing_days_bring_their_lines(void **state)
{
	(void)state;
	struct digest d = some_digest();
	struct comparison_question q = {.days = d.days};
	struct comparison_answer a;
	struct digest_line line;
	struct comparison_content c = {.digest = &d, .question = &q};
	compare_put_sums(&q, &d);
	for (size_t differing = 0; differing < 5; differing++) {
		struct bytes sealed = bytes_new(SEALED_ROOM);
		compare_put_sums(&q, &d);
		if (differing < 3)
			q.marks[differing].mark[7] ^= 1;
		if (differing == 3)
			q.n_marks = 0;
		seal_answer(&c, &sealed);
		assert_int_equal(open_answer(bytes_slice(&sealed), &a), STATUS_OK);
		assert_int_equal(a.n_sums, 3);
		assert_false(a.cut);
		static const size_t lines[] = {2, 1, 1, 4, 0};
		assert_int_equal(a.n_lines, lines[differing]);
		size_t first = differing == 3 ? 0 : differing == 1 ? 2 : differing == 2 ? 3 : 0;
		for (size_t i = first; compared_next_line(&a, &line); i++) {
			assert_int_equal(digest_line_compare(&line, &d.lines[i]), 0);
			assert_int_equal(line.marks, d.lines[i].marks);
			assert_int_equal(line.n_writes, d.lines[i].n_writes);
			assert_memory_equal(line.writes, d.lines[i].writes, line.n_writes * DIGEST_MARK_LEN);
		}
		bytes_free(&sealed);
	}
	digest_free(&d);
}

static void test_a_count_alone_makes_a_day_differ(void **state)
{
	(void)state;
	struct digest d = some_digest();
	struct comparison_question q = {.days = d.days};
	struct comparison_answer a;
	struct bytes sealed = bytes_new(SEALED_ROOM);
	struct comparison_content c = {.digest = &d, .question = &q};
	compare_put_sums(&q, &d);
	q.marks[1].count++;
	seal_answer(&c, &sealed);
	assert_int_equal(open_answer(bytes_slice(&sealed), &a), STATUS_OK);
	assert_int_equal(a.n_lines, 1);
	bytes_free(&sealed);
	digest_free(&d);
}

/* What does not fit is left out by whole days, and said; the days that fit are all there. */
static void test_an_answer_too_long_is_cut_between_days(void **state)
{
	(void)state;
	enum { MANY = 30000, FEW = 10 };
	struct digest d = may();
	char key[32];
	for (int i = 0; i < MANY + FEW; i++) {
		(void)snprintf(key, sizeof(key), "H06-%d", i);
		assert_int_equal(digest_add_bare(&d, KIND_DOSSIER, i < MANY ? MAY_1 : MAY_1 + 1, slice_str(key), 0),
				 STATUS_OK);
	}
	finish(&d);
	struct comparison_question q = {.days = d.days};
	struct comparison_answer a;
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	struct comparison_content c = {.digest = &d, .question = &q};
	seal_answer(&c, &sealed);
	assert_int_equal(open_answer(bytes_slice(&sealed), &a), STATUS_OK);
	assert_true(a.cut);
	assert_int_equal(a.n_sums, 2);
	assert_int_equal(a.n_lines, FEW);
	bytes_free(&sealed);
	digest_free(&d);
}

static void test_others_come_along_as_many_as_fit(void **state)
{
	(void)state;
	static struct comparison_other others[COMPARISON_OTHERS_MAX + 1];
	struct digest d = may();
	finish(&d);
	struct comparison_question q = {.days = d.days};
	struct comparison_answer a;
	struct comparison_other other;
	for (size_t i = 0; i <= COMPARISON_OTHERS_MAX; i++)
		others[i] = (struct comparison_other){KIND_DOSSIER, slice_str("A"), UINT64_C(1) << 33};
	for (size_t extra = 0; extra < 2; extra++) {
		struct comparison_content c = {
			.digest = &d, .question = &q, .n_others = COMPARISON_OTHERS_MAX + extra, .others = others};
		struct bytes sealed = bytes_new(LIMIT_REPLY);
		seal_answer(&c, &sealed);
		assert_int_equal(open_answer(bytes_slice(&sealed), &a), STATUS_OK);
		assert_int_equal(a.cut, extra == 1);
		assert_int_equal(a.n_others, COMPARISON_OTHERS_MAX);
		assert_true(compared_next_other(&a, &other));
		assert_true(other.fields == UINT64_C(1) << 33 && slice_equal(other.key, slice_str("A")));
		bytes_free(&sealed);
	}
	digest_free(&d);
}

/* Read again, every part of an answer stands where it stood. */
static enum status reopen_answer(struct slice sealed, struct bytes *out)
{
	struct comparison_answer a;
	enum status s = open_answer(sealed, &a);
	if (s == STATUS_OK)
		bytes_put(out, sealed.data, sealed.len);
	return s;
}

static void test_an_answer_is_read_strictly(void **state)
{
	(void)state;
	static const struct comparison_other others[] = {{KIND_DOSSIER, {(const uint8_t *)"A", 1}, 1}};
	struct signing_key *key = key_number(HUB_KEY);
	struct digest d = some_digest();
	struct comparison_question q = {.days = d.days};
	struct comparison_content c = {.digest = &d, .question = &q, .n_others = 1, .others = others};
	struct bytes sealed = bytes_new(SEALED_ROOM);
	seal_answer(&c, &sealed);
	assert_truncations_refused(bytes_slice(&sealed), reopen_answer);
	assert_payload_read_strictly(bytes_slice(&sealed), MESSAGE_COMPARED, key, reopen_answer);
	bytes_free(&sealed);
	digest_free(&d);
	signing_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_question_comes_back_and_is_read_strictly),
		cmocka_unit_test(test_only_differing_days_bring_their_lines),
		cmocka_unit_test(test_a_count_alone_makes_a_day_differ),
		cmocka_unit_test(test_an_answer_too_long_is_cut_between_days),
		cmocka_unit_test(test_others_come_along_as_many_as_fit),
		cmocka_unit_test(test_an_answer_is_read_strictly),
	};
	return cmocka_run_group_tests_name("comparison", tests, start_signing, NULL);
}
