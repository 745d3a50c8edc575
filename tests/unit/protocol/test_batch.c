#include "batch_fixture.h"

#include "protocol/limits.h"

static void assert_reads_back(const struct sample *s, const struct signing_key *key)
{
	struct batch_head head = sample_head();
	struct bytes sealed = sealed_sample(s, &head, key);
	enum status status = STATUS_OK;
	struct batch *batch = opened_batch(bytes_slice(&sealed), key, &status);
	assert_int_equal(status, STATUS_OK);
	assert_int_equal(batch_get_head(batch)->count, s->count);
	assert_holds(batch, s);
	batch_rewind(batch);
	assert_holds(batch, s);
	batch_free(batch);
	bytes_free(&sealed);
}

static void test_random_batches_read_back(void **state)
{
	(void)state;
	struct random r = {3};
	struct signing_key *key = key_number(1);
	struct habit habits[20];
	for (size_t round = 0; round < 150; round++) {
		size_t count = random_below(&r, 40);
		size_t n_habits = 1 + random_below(&r, 20);
		size_t max_text = random_below(&r, 4) == 0 ? LIMIT_TEXT : 20;
		struct sample s = sample_new(count);
		for (size_t i = 0; i < n_habits; i++)
			habits[i] = random_habit(&r);
		while (s.count < count)
			random_change(&r, &s, &habits[random_below(&r, n_habits)], max_text);
		assert_reads_back(&s, key);
		sample_free(&s);
	}
	signing_key_free(key);
}

static struct change numbered(char text[static 16], unsigned i)
{
	struct change c = change_new(KIND_DOSSIER);
	(void)snprintf(text, 16, "H06-%06u", i);
	c.key = slice_str(text);
	c.changed_at = SEALED_AT - 1000 * (int64_t)i;
	change_set_number(&c, FIELD_STATUS, 1 + (int64_t)i % 10);
	change_set_number(&c, FIELD_RECEIVED_AT, c.changed_at - (int64_t)i);
	return c;
}

static void test_a_full_batch_reads_back_and_takes_no_more(void **state)
{
	(void)state;
	struct batch_writer *w = batch_writer_new();
	struct batch_head head = sample_head();
	struct signing_key *key = key_number(1);
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	enum status status = STATUS_OK;
	char text[16];
	assert_non_null(w);
	for (unsigned i = 0; i < LIMIT_BATCH_CHANGES; i++) {
		struct change c = numbered(text, i);
		assert_int_equal(batch_writer_add(w, &c), STATUS_OK);
	}
	struct change more = numbered(text, LIMIT_BATCH_CHANGES);
	assert_int_equal(batch_writer_add(w, &more), STATUS_LIMIT);
	assert_int_equal(batch_writer_count(w), LIMIT_BATCH_CHANGES);
	assert_int_equal(batch_seal(w, &head, hub_number(1), key, &sealed), STATUS_OK);
	struct batch *batch = opened_batch(bytes_slice(&sealed), key, &status);
	assert_int_equal(status, STATUS_OK);
	assert_int_equal(batch_get_head(batch)->count, LIMIT_BATCH_CHANGES);
	struct change read;
	for (unsigned i = 0; i < LIMIT_BATCH_CHANGES; i++) {
		struct change c = numbered(text, i);
		assert_true(batch_next(batch, &read));
		assert_same_change(&read, &c);
	}
	assert_false(batch_next(batch, &read));
	batch_free(batch);
	bytes_free(&sealed);
	signing_key_free(key);
	batch_writer_free(w);
}

/* The same fields do not make the same shape: a kind and a stated time are of it. */
static void test_kinds_and_stated_times_are_kept_apart(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct sample s = sample_new(6);
	for (unsigned i = 0; i < 6; i++) {
		struct change *c = &s.changes[s.count++];
		*c = change_new(i % 3 == 0 ? KIND_DOSSIER : KIND_EQUIPMENT);
		c->key = slice_str("M-1");
		c->changed_at = SEALED_AT;
		c->time_stated = i % 2 == 0;
		change_set_number(c, FIELD_VOID, 1);
	}
	assert_reads_back(&s, key);
	sample_free(&s);
	signing_key_free(key);
}

static void test_there_is_room_for_256_shapes(void **state)
{
	(void)state;
	struct batch_writer *w = batch_writer_new();
	struct batch_head head = sample_head();
	struct signing_key *key = key_number(1);
	struct sample s = sample_new(258);
	assert_non_null(w);
	for (uint64_t i = 0; i < 257; i++) {
		struct change *c = &s.changes[s.count];
		*c = change_new(KIND_DOSSIER);
		c->key = slice_str("H06-1");
		c->changed_at = SEALED_AT;
		c->time_stated = (i & 1U) != 0;
		/* The bits of i above the first choose fields; void is always there. */
		change_set_number(c, FIELD_VOID, 0);
		for (unsigned bit = 1; bit < 9; bit++)
			if ((i >> bit & 1U) != 0)
				change_set_null(c, (enum field)(FIELD_PROCEDURE + bit * 2));
		assert_int_equal(batch_writer_add(w, c), i < 256 ? STATUS_OK : STATUS_LIMIT);
		s.count += i < 256 ? 1 : 0;
	}
	/* A change of a known shape still fits. */
	s.changes[s.count] = s.changes[0];
	assert_int_equal(batch_writer_add(w, &s.changes[s.count++]), STATUS_OK);
	assert_int_equal(batch_writer_count(w), 257);
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	enum status status = STATUS_OK;
	assert_int_equal(batch_seal(w, &head, hub_number(1), key, &sealed), STATUS_OK);
	struct batch *batch = opened_batch(bytes_slice(&sealed), key, &status);
	assert_int_equal(status, STATUS_OK);
	assert_holds(batch, &s);
	batch_free(batch);
	bytes_free(&sealed);
	sample_free(&s);
	signing_key_free(key);
	batch_writer_free(w);
}

/* Adds so many changes of long texts, or until the writer has enough, the texts out of these letters; returns how
 * many. */
static size_t fill_with_texts(struct batch_writer *w, const char *letters, bool alternate, size_t most)
{
	struct random r = {4};
	char key[LIMIT_CODE];
	char domain[LIMIT_TEXT];
	size_t choices = strlen(letters);
	for (size_t count = 0;; count++) {
		for (size_t i = 0; i < LIMIT_CODE; i++)
			key[i] = alternate && i % 2 == 0 ? 'a' : letters[random_below(&r, choices)];
		for (size_t i = 0; i < LIMIT_TEXT; i++)
			domain[i] = alternate && i % 2 == 0 ? 'a' : letters[random_below(&r, choices)];
		struct change c = change_new(KIND_DOSSIER);
		c.key = slice_of(key, LIMIT_CODE);
		c.changed_at = (int64_t)(random_next(&r) >> 20);
		change_set_text(&c, FIELD_DOMAIN, slice_of(domain, LIMIT_TEXT));
		enum status s = batch_writer_add(w, &c);
		assert_true(s == STATUS_OK || s == STATUS_LIMIT);
		assert_int_equal(batch_writer_count(w), s == STATUS_OK ? count + 1 : count);
		if (s == STATUS_LIMIT || count + 1 == most)
			return batch_writer_count(w);
	}
}

/* The writer stops early enough that the rows never outgrow their limit, however badly texts take to the coding. */
static void test_long_texts_stay_within_the_limit_of_the_rows(void **state)
{
	(void)state;
	static const char *const letters[] = {"019", "0123456789", "-0123456789"};
	struct batch_head head = sample_head();
	struct signing_key *key = key_number(1);
	for (size_t i = 0; i < 3; i++) {
		struct batch_writer *w = batch_writer_new();
		struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
		enum status status = STATUS_OK;
		assert_non_null(w);
		size_t count = fill_with_texts(w, letters[i], true, SIZE_MAX);
		assert_in_range(count, 1000, LIMIT_BATCH_CHANGES - 1);
		assert_int_equal(batch_seal(w, &head, hub_number(1), key, &sealed), STATUS_OK);
		struct batch *batch = opened_batch(bytes_slice(&sealed), key, &status);
		assert_int_equal(status, STATUS_OK);
		assert_int_equal(batch_get_head(batch)->count, count);
		batch_free(batch);
		bytes_free(&sealed);
		batch_writer_free(w);
	}
	signing_key_free(key);
}

static void test_an_envelope_over_its_limit_is_not_made(void **state)
{
	(void)state;
	struct batch_head head = sample_head();
	struct signing_key *key = key_number(1);
	/* Whether or not there is room for it; with rows up to their limit, and of 400 KB. */
	const size_t rooms[] = {2 * LIMIT_BATCH_SEALED, 8 * LIMIT_BATCH_SEALED};
	const size_t most[] = {SIZE_MAX, 1300};
	for (size_t i = 0; i < 4; i++) {
		struct batch_writer *w = batch_writer_new();
		struct bytes out = bytes_new(rooms[i % 2]);
		assert_non_null(w);
		(void)fill_with_texts(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ.,;:!?+*()=/&%$#@",
				      false, most[i / 2]);
		bytes_put_str(&out, "before");
		assert_int_equal(batch_seal(w, &head, hub_number(1), key, &out), STATUS_LIMIT);
		assert_true(slice_equal(bytes_slice(&out), slice_str("before")));
		bytes_free(&out);
		batch_writer_free(w);
	}
	signing_key_free(key);
}

static void test_a_heartbeat_has_a_head_and_no_changes(void **state)
{
	(void)state;
	struct sample none = sample_new(0);
	struct signing_key *key = key_number(1);
	struct batch_head head = sample_head();
	struct bytes sealed = sealed_sample(&none, &head, key);
	assert_in_range(sealed.len, 1, 220);
	bytes_free(&sealed);
	assert_reads_back(&none, key);
	sample_free(&none);
	signing_key_free(key);
}

static void assert_head_travels(const struct batch_head *head, const struct signing_key *key)
{
	struct sample none = sample_new(0);
	struct bytes sealed = sealed_sample(&none, head, key);
	struct slice payload;
	struct batch_head peeked;
	enum status status = STATUS_OK;
	assert_int_equal(envelope_open(bytes_slice(&sealed), MESSAGE_BATCH, hub_number(1), signing_key_public(key),
				       &payload),
			 STATUS_OK);
	assert_int_equal(batch_peek(payload, &peeked), STATUS_OK);
	struct batch *batch = opened_batch(bytes_slice(&sealed), key, &status);
	assert_int_equal(status, STATUS_OK);
	const struct batch_head *const both[] = {&peeked, batch_get_head(batch)};
	for (size_t i = 0; i < 2; i++) {
		assert_memory_equal(both[i]->device, head->device, DEVICE_ID_LEN);
		assert_int_equal(incarnation_compare(&both[i]->incarnation, &head->incarnation), 0);
		assert_true(both[i]->seq == head->seq);
		assert_memory_equal(both[i]->prev, head->prev, HASH_LEN);
		assert_true(both[i]->sealed_at == head->sealed_at);
		assert_true(both[i]->head_epoch == head->head_epoch);
		assert_true(both[i]->head_counter == head->head_counter);
		assert_true(both[i]->head_time == head->head_time);
		assert_int_equal(both[i]->count, 0);
	}
	batch_free(batch);
	bytes_free(&sealed);
	sample_free(&none);
}

static void test_the_head_travels(void **state)
{
	(void)state;
	struct signing_key *key = key_number(1);
	struct batch_head head = sample_head();
	/* The writer counts by itself. */
	head.count = 17;
	assert_head_travels(&head, key);
	head = (struct batch_head){.incarnation = {INT64_MAX, UINT64_MAX},
				   .seq = INT64_MAX,
				   .sealed_at = TIME_MAX,
				   .head_epoch = INT64_MAX,
				   .head_counter = INT64_MAX,
				   .head_time = TIME_MAX};
	fill(head.device, DEVICE_ID_LEN, 0xf8);
	assert_head_travels(&head, key);
	head = (struct batch_head){.incarnation = {1, 0}, .seq = 1, .sealed_at = TIME_MIN, .head_time = TIME_MIN};
	assert_head_travels(&head, key);
	signing_key_free(key);
}

/* One of everything: all kinds, cleared fields, both parts of a status, a repeated key, texts and extreme values.
 */
static struct sample golden_sample(void)
{
	struct sample s = sample_new(7);
	for (size_t i = 0; i < 7; i++) {
		static const enum kind kinds[] = {KIND_DOSSIER,   KIND_DOSSIER, KIND_DOSSIER,  KIND_EQUIPMENT,
						  KIND_EQUIPMENT, KIND_DOSSIER, KIND_INDICATOR};
		s.changes[i] = change_new(kinds[i]);
		s.changes[i].changed_at = SEALED_AT - 60000 * (7 - (int64_t)i);
		s.changes[i].time_stated = i != 3;
	}
	struct change *c = s.changes;
	c[0].key = slice_str("000.00.42.H06-240522-0007");
	change_set_text(&c[0], FIELD_UNIT, slice_str("01834"));
	change_set_text(&c[0], FIELD_PROCEDURE, slice_str("1.001193"));
	change_set_text(&c[0], FIELD_DOMAIN, slice_str("Hộ tịch"));
	change_set_number(&c[0], FIELD_CHANNEL, CHANNEL_ONLINE);
	change_set_number(&c[0], FIELD_STATUS, DOSSIER_ACCEPTED);
	change_set_number(&c[0], FIELD_RECEIVED_AT, c[0].changed_at);
	change_set_number(&c[0], FIELD_DUE_AT, c[0].changed_at + 86400000);
	change_set_number(&c[0], FIELD_FEE, 900000000000000);
	c[1] = c[0];
	c[1].changed_at += 60001;
	c[1].key = slice_str("000.00.42.H06-240522-0008");
	change_set_number(&c[1], FIELD_FEE, 0);
	change_set_number(&c[1], FIELD_RECEIVED_AT, TIME_MIN);
	c[2].key = c[0].key;
	change_set_number(&c[2], FIELD_STATUS, DOSSIER_DONE);
	change_set_number(&c[2], FIELD_STATUS_AT, TIME_MAX);
	change_set_null(&c[2], FIELD_DUE_AT);
	c[3].key = slice_str("PC-17");
	change_set_number(&c[3], FIELD_STATE, STATE_IN_USE);
	change_set_number(&c[3], FIELD_IN_USE_ON, 19864);
	c[4].key = slice_str("PC-18");
	change_set_number(&c[4], FIELD_IN_USE_ON, -25567);
	change_set_null(&c[4], FIELD_MODEL);
	c[5].key = slice_str("000.00.42.H06-240522-0008");
	change_set_number(&c[5], FIELD_VOID, 1);
	c[6].key = slice_str("01834|2024-Q2|Tỷ lệ");
	change_set_number(&c[6], FIELD_VALUE, 41);
	change_set_number(&c[6], FIELD_OF, 42);
	s.count = 7;
	return s;
}

/* A file of tests/vectors, found from this file's own place; lines beginning with # say what it is. */
static struct bytes vector_bytes(const char *name)
{
	static const char own[] = "unit/protocol/test_batch.c";
	struct bytes path = bytes_new(4096);
	struct bytes out = bytes_new(4096);
	char line[256];
	unsigned byte = 0;
	bytes_put(&path, __FILE__, strlen(__FILE__) - strlen(own));
	bytes_put_str(&path, "vectors/");
	bytes_put(&path, name, strlen(name) + 1);
	assert_int_equal(bytes_status(&path), STATUS_OK);
	FILE *file = fopen((const char *)path.data, "r");
	assert_non_null(file);
	while (fgets(line, sizeof(line), file) != NULL)
		for (size_t i = 0; line[0] != '#' && sscanf(line + i, "%2x", &byte) == 1; i += 2)
			bytes_put_u8(&out, (uint8_t)byte);
	assert_int_equal(fclose(file), 0);
	bytes_free(&path);
	return out;
}

/* What earlier writers sealed must go on being read. */
static void test_every_vector_opens(void **state)
{
	(void)state;
	static const char *const names[] = {"batch-1.hex", "batch-2.hex", "batch-3.hex"};
	struct sample s = golden_sample();
	struct signing_key *key = key_number(1);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bytes expected = vector_bytes(names[i]);
		enum status status = STATUS_OK;
		struct batch *batch = opened_batch(bytes_slice(&expected), key, &status);
		assert_int_equal(status, STATUS_OK);
		assert_holds(batch, &s);
		batch_free(batch);
		bytes_free(&expected);
	}
	sample_free(&s);
	signing_key_free(key);
}

static void test_the_last_vector_is_what_sealing_makes(void **state)
{
	(void)state;
	struct sample s = golden_sample();
	struct signing_key *key = key_number(1);
	struct batch_head head = sample_head();
	head.head_epoch = 1;
	head.head_counter = 1000;
	head.head_time = SEALED_AT - 123;
	struct bytes expected = vector_bytes("batch-3.hex");
	struct bytes sealed = sealed_sample(&s, &head, key);
	assert_int_equal(sealed.len, expected.len);
	assert_memory_equal(sealed.data, expected.data, sealed.len);
	bytes_free(&sealed);
	bytes_free(&expected);
	sample_free(&s);
	signing_key_free(key);
}

static void assert_tampering_refused(struct slice sealed, const struct signing_key *key)
{
	enum status status = STATUS_OK;
	assert_null(opened_batch(sealed, key, &status));
	assert_true(status == STATUS_FORGED || status == STATUS_MALFORMED);
}

static void test_every_truncation_and_every_flipped_bit_of_a_batch_is_refused(void **state)
{
	(void)state;
	struct sample s = golden_sample();
	struct signing_key *key = key_number(1);
	struct batch_head head = sample_head();
	struct bytes sealed = sealed_sample(&s, &head, key);
	for (size_t len = 0; len < sealed.len; len++) {
		uint8_t *copy = exact_copy(slice_of(sealed.data, len));
		assert_tampering_refused(slice_of(copy, len), key);
		free(copy);
	}
	for (size_t bit = 0; bit < sealed.len * 8; bit++) {
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
		assert_tampering_refused(bytes_slice(&sealed), key);
		sealed.data[bit / 8] ^= (uint8_t)(1U << bit % 8);
	}
	bytes_put_u8(&sealed, 0);
	assert_tampering_refused(bytes_slice(&sealed), key);
	bytes_free(&sealed);
	sample_free(&s);
	signing_key_free(key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_random_batches_read_back),
		cmocka_unit_test(test_a_full_batch_reads_back_and_takes_no_more),
		cmocka_unit_test(test_kinds_and_stated_times_are_kept_apart),
		cmocka_unit_test(test_there_is_room_for_256_shapes),
		cmocka_unit_test(test_long_texts_stay_within_the_limit_of_the_rows),
		cmocka_unit_test(test_an_envelope_over_its_limit_is_not_made),
		cmocka_unit_test(test_a_heartbeat_has_a_head_and_no_changes),
		cmocka_unit_test(test_the_head_travels),
		cmocka_unit_test(test_every_vector_opens),
		cmocka_unit_test(test_the_last_vector_is_what_sealing_makes),
		cmocka_unit_test(test_every_truncation_and_every_flipped_bit_of_a_batch_is_refused),
	};
	return cmocka_run_group_tests(tests, start_signing, NULL);
}
