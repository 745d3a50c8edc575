#include "vectors.h"

#include <stdio.h>
#include <string.h>

#include "protocol/deflate.h"

enum { MINUTE = 60 * 1000, HOUR = 60 * MINUTE, SUMMER = 19865 /* 2024-05-22 as a local date */ };

static struct batch_head head_of(uint64_t seq)
{
	struct batch_head head = {.incarnation = {1, 0x0123456789abcdef}, .seq = seq, .sealed_at = SEALED_AT};
	the_device(head.device);
	return head;
}

/* Seals the changes; count 0 is a heartbeat. */
static void seal(struct vectors *v, const char *name, const char *why, const struct batch_head *head,
		 const struct change *changes, size_t count)
{
	struct batch_writer *w = batch_writer_new();
	if (w == NULL)
		die("no writer");
	for (size_t i = 0; i < count; i++) {
		must(change_check(&changes[i], NULL), name);
		must(batch_writer_add(w, &changes[i]), name);
	}
	must(batch_seal(w, head, the_hub(), the_key(SEED_DEVICE),
			vector_message(v, true, MESSAGE_BATCH, name, why)),
	     name);
	batch_writer_free(w);
}

static struct change change_of(enum kind kind, const char *key, int64_t changed_at)
{
	struct change c = change_new(kind);
	c.key = slice_str(key);
	c.changed_at = changed_at;
	c.time_stated = true;
	return c;
}

static void set_instants(struct change *c)
{
	change_set_number(c, FIELD_STATUS_AT, c->changed_at - MINUTE);
	change_set_number(c, FIELD_SUBMITTED_AT, c->changed_at - 72 * INT64_C(3600000) - 123);
	change_set_number(c, FIELD_RECEIVED_AT, c->changed_at - 70 * INT64_C(3600000));
	change_set_number(c, FIELD_FINISHED_AT, c->changed_at - 2 * HOUR);
	change_set_number(c, FIELD_RETURNED_AT, c->changed_at - HOUR);
	change_set_number(c, FIELD_DUE_AT, c->changed_at + 17 * HOUR);
}

static struct change full_dossier(void)
{
	struct change c = change_of(KIND_DOSSIER, "000.00.17.H26-240522-0001", SEALED_AT - 10 * MINUTE);
	change_set_text(&c, FIELD_UNIT, slice_str("01842"));
	change_set_number(&c, FIELD_VOID, 0);
	change_set_text(&c, FIELD_DECIDED_BY, slice_str("H26.17"));
	change_set_text(&c, FIELD_PROCEDURE, slice_str("1.004884.000.00.00.H26"));
	change_set_text(&c, FIELD_DOMAIN, slice_str("Hộ tịch"));
	change_set_number(&c, FIELD_CHANNEL, CHANNEL_COUNTER);
	change_set_number(&c, FIELD_RETURN_CHANNEL, CHANNEL_ONLINE);
	change_set_number(&c, FIELD_STATUS, DOSSIER_DONE);
	set_instants(&c);
	change_set_number(&c, FIELD_INPUT_DIGITISED, 1);
	change_set_number(&c, FIELD_RESULT_DIGITISED, 1);
	change_set_number(&c, FIELD_REUSED, 0);
	change_set_number(&c, FIELD_FEE, INT64_C(900000000000000));
	change_set_number(&c, FIELD_PAID, 3);
	change_set_number(&c, FIELD_RATING, 5);
	change_set_text(&c, FIELD_LINKED_TO, slice_str("000.00.17.H26-240520-0044"));
	change_set_text(&c, FIELD_REPLACED_BY, slice_str("000.00.17.H26-240522-0002"));
	return c;
}

static struct change full_equipment(void)
{
	struct change c = change_of(KIND_EQUIPMENT, "TB-0017", SEALED_AT - 3 * HOUR);
	change_set_text(&c, FIELD_UNIT, slice_str("01842"));
	change_set_number(&c, FIELD_VOID, 1);
	change_set_number(&c, FIELD_TYPE, 2);
	change_set_number(&c, FIELD_STATE, 5);
	change_set_number(&c, FIELD_CONDITION, 2);
	change_set_text(&c, FIELD_MODEL, slice_str("Máy quét A4 漢 😀"));
	change_set_text(&c, FIELD_SERIAL, slice_str("00123456789012345678901234567890"));
	change_set_number(&c, FIELD_INSTALLED_ON, SUMMER - 30);
	change_set_number(&c, FIELD_IN_USE_ON, SUMMER);
	change_set_number(&c, FIELD_RETIRED_ON, date_from(9999, 12, 31));
	change_set_number(&c, FIELD_WARRANTY_UNTIL, date_from(1900, 1, 1));
	change_set_number(&c, FIELD_CHECKED_AT, SEALED_AT);
	return c;
}

static struct change full_indicator(void)
{
	struct change c = change_of(KIND_INDICATOR, "01842|2024-Q2|Tỷ lệ hài lòng", SEALED_AT);
	c.time_stated = false;
	change_set_number(&c, FIELD_VOID, 0);
	change_set_number(&c, FIELD_VALUE, 94);
	change_set_number(&c, FIELD_OF, 100);
	return c;
}

static void one_of_each_kind(struct vectors *v)
{
	struct batch_head head = head_of(2);
	const struct change all[] = {full_dossier(), full_equipment(), full_indicator()};
	seal(v, "batch-dossier", "one dossier with every field", &head, &all[0], 1);
	seal(v, "batch-equipment", "one piece of equipment with every field", &head, &all[1], 1);
	seal(v, "batch-indicator", "one indicator with every field, its time not stated", &head, &all[2], 1);
	seal(v, "batch-kinds", "three shapes, one of each kind", &head, all, 3);
}

static void cleared(struct vectors *v)
{
	struct batch_head head = head_of(3);
	struct change c[3] = {full_dossier(), full_equipment(), full_indicator()};
	for (size_t i = 0; i < 3; i++)
		for (unsigned f = 0; f < FIELD_COUNT; f++)
			if (c[i].fields[f].state != VALUE_ABSENT)
				change_set_null(&c[i], (enum field)f);
	seal(v, "batch-cleared", "every field of every kind cleared: there is no column at all", &head, c, 3);
}

/* The heads at their limits. */
static void heads(struct vectors *v)
{
	struct batch_head head = head_of(1);
	const struct change c = full_indicator();
	seal(v, "batch-heartbeat", "no changes: a head alone", &head, NULL, 0);
	head.incarnation = (struct incarnation){INT64_MAX, UINT64_MAX};
	head.seq = INT64_MAX;
	memset(head.prev, 0xff, HASH_LEN);
	head.sealed_at = TIME_MAX;
	head.head_epoch = INT64_MAX;
	head.head_counter = INT64_MAX;
	head.head_time = TIME_MIN;
	seal(v, "batch-head-greatest", "every number of the head at its limit", &head, &c, 1);
}

/* A morning of a counter: codes that count up, whole seconds, some words again and again. */
static struct change of_morning(int i, char key[static LIMIT_CODE])
{
	static const char *const domains[] = {"Hộ tịch", "Chứng thực", "Đất đai"};
	(void)snprintf(key, LIMIT_CODE, "000.00.17.H26-240522-%04d", i / 2 + 1);
	struct change c = change_of(KIND_DOSSIER, key, SEALED_AT - (INT64_C(200) - i) * 97 * 1000);
	if (i % 2 == 0) {
		change_set_text(&c, FIELD_UNIT, slice_str("01842"));
		change_set_text(&c, FIELD_DOMAIN, slice_str(domains[i % 3]));
		change_set_number(&c, FIELD_CHANNEL, 1 + i % 3);
		change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
		change_set_number(&c, FIELD_RECEIVED_AT, c.changed_at);
		change_set_number(&c, FIELD_DUE_AT, date_start(SUMMER + i % 7) + 17 * HOUR);
	} else {
		change_set_number(&c, FIELD_STATUS, DOSSIER_DONE);
		change_set_number(&c, FIELD_STATUS_AT, c.changed_at - i * 1000);
		change_set_number(&c, FIELD_FEE, i % 5 * 1000);
	}
	return c;
}

static void a_hundred(struct vectors *v)
{
	enum { COUNT = 100 };
	static char keys[COUNT][LIMIT_CODE];
	struct change c[COUNT];
	struct batch_head head = head_of(4);
	for (int i = 0; i < COUNT; i++)
		c[i] = of_morning(i, keys[i]);
	seal(v, "batch-hundred", "100 changes: columns in all three forms, due dates by day, keys again", &head, c,
	     COUNT);
	for (int i = 0; i < COUNT; i++) {
		c[i].changed_at += i % 11;
		change_set_number(&c[i], FIELD_STATUS, 1 + i % 10);
		if (c[i].fields[FIELD_STATUS_AT].state != VALUE_ABSENT)
			change_set_number(&c[i], FIELD_STATUS_AT, c[i].changed_at);
	}
	seal(v, "batch-milliseconds", "100 changes whose times are no whole seconds", &head, c, COUNT);
}

/* Forms a writer of ours does not choose and a reader takes all the same. */
static void by_hand(struct vectors *v)
{
	static const struct {
		const char *name;
		const char *rows;
		const char *why;
		uint64_t version; /* the first that has these forms */
	} cases[] = {
		{"batch-columns-long",
		 "a7 01 81 84 01 19 04 80 00 01 02 42 00 00 03 44 cf0f cf0f 04 42 00 00"
		 "05 83 81 62 41 01 42 00 00 81 42 02 02 06 a2 07 42 04 04 0a 42 00 00 07 a0",
		 "columns of equal values written value by value", 1},
		{"batch-columns-scaled",
		 "a7 01 81 84 01 19 04 80 00 01 02 00 03 82 02 44 e707 e707 04 00"
		 "05 83 81 62 41 01 00 81 01 06 a2 07 02 0a 82 1a 000f4240 42 00 02 07 a0",
		 "columns scaled by 2 and by 1,000,000", 1},
		{"batch-columns-signless",
		 "a7 01 81 84 01 19 04 80 00 01 02 00 03 82 39 03e7 44 e707 e807 04 00"
		 "05 83 81 62 41 01 00 81 01 06 a2 07 02 0a 82 20 43 03 c801 07 a0",
		 "columns of which only the first value may be below 0", 2},
		{"batch-by-day",
		 "a8 01 81 84 01 19 04 00 00 01 02 00 03 39 03 e7 04 00 05 83 81 62 41 01 00 81 01"
		 "06 a0 07 a0 08 a1 0a 1a 03a5d680",
		 "an instant by day, key 8 of the rows", 1},
		{"batch-instants-by-day",
		 "a8 01 82 84 01 19 3f80 00 01 84 02 1a 80000000 00 01 02 42 0002 03 00 04 00"
		 "05 83 81 62 41 01 00 81 01 06 a1 07 02 07 a0"
		 "08 a7 08 00 09 00 0a 00 0b 00 0c 00 0d 00 18 1f 00",
		 "every field of instants by day", 1},
		{"batch-instants",
		 "a7 01 82 84 01 19 3f80 00 01 84 02 1a 80000000 00 01 02 42 0002 03 00 04 00"
		 "05 83 81 62 41 01 00 81 01"
		 "06 a8 07 02 08 00 09 00 0a 00 0b 00 0c 00 0d 00 18 1f 00 07 a0",
		 "every field of instants, none by day", 1},
		{"batch-shape-unused",
		 "a7 01 82 84 01 18 80 00 01 84 01 18 20 00 01 02 00 03 00 04 00"
		 "05 83 81 62 41 01 00 81 01 06 a1 07 02 07 a0",
		 "a shape that no change has: its field has no column", 1},
		{"batch-digits-in-pattern",
		 "a7 01 81 84 01 18 80 00 01 02 00 03 00 04 00"
		 "05 83 82 62 41 31 62 41 01 42 00 02 81 02 06 a1 07 02 07 a0",
		 "a digit that stands for itself in a pattern", 1},
		{"batch-words-none",
		 "a7 01 81 84 01 18 80 00 01 02 00 03 00 04 00"
		 "05 83 82 62 41 01 62 42 01 00 82 01 40 06 a1 07 02 07 a0",
		 "a pattern without words: its numbers are the empty byte string", 1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct form form = form_of(MESSAGE_BATCH);
		struct batch_form batch = {cases[i].version, -1, 1, 5, 2};
		struct bytes rows = bytes_new(LIMIT_BATCH_RAW);
		struct bytes payload = bytes_new(LIMIT_BATCH_RAW);
		put_hex(&rows, cases[i].rows);
		put_batch_payload(&payload, &batch, bytes_slice(&rows));
		put_envelope(vector_message(v, true, MESSAGE_BATCH, cases[i].name, cases[i].why), &form,
			     bytes_slice(&payload));
		bytes_free(&payload);
		bytes_free(&rows);
	}
}

void good_batches(struct vectors *v)
{
	heads(v);
	one_of_each_kind(v);
	cleared(v);
	a_hundred(v);
	by_hand(v);
}
