#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "tests/unit/agent/office.h"

#include "agent/intake.h"
#include "agent/sync.h"
#include "protocol/fold.h"

/*
 * Files in any order, in parts, again and again bring what taking everything in once brings. Every case is two sets
 * of dossiers of which the same is said, once whole and in its order, once in pieces over many imports.
 */
enum { CASES = 2000, CODES = 2, STATED = 6, LISTINGS = 3, KINDS = LISTINGS + 1, ROUNDS = 12, DAYS = 30 };
enum { ROW_ROOM = 256, FILE_ROOM = 64 * 1024 * 1024 };

#define DAY  (INT64_C(24) * 3600 * 1000)
#define BASE (NOON - 60 * DAY)

struct source {
	const struct bytes *bytes;
	size_t at;
};

static enum status read_bytes(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct source *s = context;
	size_t n = s->bytes->len - s->at < len ? s->bytes->len - s->at : len;
	if (n > 0)
		memcpy(buf, s->bytes->data + s->at, n);
	s->at += n;
	*ret_len = n;
	return STATUS_OK;
}

static uint64_t drawn;

static unsigned below(unsigned n)
{
	drawn ^= drawn << 13;
	drawn ^= drawn >> 7;
	drawn ^= drawn << 17;
	return (unsigned)(drawn % n);
}

/* What is said: rows without their code and, of a listing, without a time. */
struct said {
	unsigned code[KINDS][STATED];
	char row[KINDS][STATED][ROW_ROOM];
	unsigned rows[KINDS];
};

static void say_row(struct said *s, unsigned kind, unsigned code, int64_t changed_at)
{
	static const char *const statuses[] = {"accepted", "need_docs", "stopped", "withdrawn", "done", "returned"};
	static const char *const fields[] = {"received_at", "due_at", "finished_at"};
	char *out = s->row[kind][s->rows[kind]];
	char at[INSTANT_TEXT];
	int used = snprintf(out, ROW_ROOM, ",\"status\":\"%s\"", statuses[below(6)]);
	for (size_t f = 0; f < 3; f++) {
		if (below(2) == 0)
			continue;
		bool cleared = kind == 0 && below(4) == 0;
		used += snprintf(
			out + used, ROW_ROOM - (size_t)used, ",\"%s\":%s%s%s", fields[f], cleared ? "" : "\"",
			cleared ? "null" : time_format(BASE + (int64_t)below(DAYS) * DAY, at), cleared ? "" : "\"");
	}
	if (changed_at != TIME_UNSET)
		(void)snprintf(out + used, ROW_ROOM - (size_t)used, ",\"changed_at\":\"%s\"",
			       time_format(changed_at, at));
	s->code[kind][s->rows[kind]++] = code;
}

/* Times differ: of two words at one moment the one told last stands, and order then matters by right. */
static struct said say(void)
{
	struct said s = {0};
	for (unsigned i = 0; i < STATED; i++)
		say_row(&s, 0, below(CODES), BASE + (int64_t)below(DAYS) * DAY + 1000 * (int64_t)(i + 1));
	for (unsigned kind = 1; kind < KINDS; kind++)
		for (unsigned code = 0; code < CODES; code++)
			say_row(&s, kind, code, TIME_UNSET);
	return s;
}

static void put_row(struct bytes *file, char set, unsigned number, const struct said *s, unsigned kind,
		    unsigned row)
{
	char head[64];
	(void)snprintf(head, sizeof(head), "{\"kind\":\"dossier\",\"code\":\"%c-%u-%u\"", set, number,
		       s->code[kind][row]);
	bytes_put_str(file, head);
	bytes_put_str(file, s->row[kind][row]);
	bytes_put_str(file, "}\n");
}

static void take_in(const struct office *office, const struct bytes *file, unsigned kind)
{
	struct source source = {.bytes = file};
	struct intake_report report;
	const struct intake_options options = {
		.format = FORMAT_NDJSON,
		.changed_at = kind == 0 ? TIME_UNSET : BASE + (int64_t)kind * 8 * DAY + 500,
		.name = "rows.ndjson",
	};
	check_ok(bytes_status(file));
	check_ok(intake_run(office->agent, &options, read_bytes, &source, &report));
	assert_int_equal(report.rejected, 0);
	intake_report_clear(&report);
}

static void take_whole(const struct office *office, const struct said *said)
{
	struct bytes file = bytes_new(FILE_ROOM);
	for (unsigned kind = 0; kind < KINDS; kind++) {
		bytes_clear(&file);
		for (unsigned i = 0; i < CASES; i++)
			for (unsigned row = 0; row < said[i].rows[kind]; row++)
				put_row(&file, 'W', i, &said[i], kind, row);
		take_in(office, &file, kind);
	}
	bytes_free(&file);
}

/* Each kind has its rounds; every row comes in at least one of them, in the last if in no other. */
static void take_parts(const struct office *office, const struct said *said)
{
	struct bytes file = bytes_new(FILE_ROOM);
	static bool came[CASES][KINDS][STATED];
	for (unsigned round = 0; round < ROUNDS; round++) {
		unsigned kind = (round * 7 + round / KINDS) % KINDS;
		bool last = round + KINDS >= ROUNDS;
		bytes_clear(&file);
		for (unsigned i = 0; i < CASES; i++) {
			for (unsigned row = 0; row < said[i].rows[kind]; row++) {
				bool comes = below(3) == 0 || (last && !came[i][kind][row]);
				if (comes)
					put_row(&file, 'P', i, &said[i], kind, row);
				came[i][kind][row] = came[i][kind][row] || comes;
			}
		}
		take_in(office, &file, kind);
	}
	for (unsigned i = 0; i < CASES; i++)
		for (unsigned kind = 0; kind < KINDS; kind++)
			for (unsigned row = 0; row < said[i].rows[kind]; row++)
				assert_true(came[i][kind][row]);
	bytes_free(&file);
}

/* What would travel, folded: [whole or parts][dossier]. No field here has text, so nothing is borrowed. */
static struct thing travelled[2][CASES * CODES];

static void fold_queue(const struct office *office)
{
	struct query q = query_start(office->agent->db, "SELECT id, record FROM change ORDER BY id");
	while (query_row(&q)) {
		struct change c;
		char code[64];
		char set = 0;
		unsigned number = 0;
		unsigned which = 0;
		bool fresh = false;
		check_ok(change_decode(query_get_blob(&q, 1), &c));
		(void)snprintf(code, sizeof(code), "%.*s", (int)c.key.len, (const char *)c.key.data);
		assert_int_equal(sscanf(code, "%c-%u-%u", &set, &number, &which), 3);
		struct origin origin = {.incarnation = {.ordinal = 1},
					.seq = (uint64_t)query_get_int(&q, 0),
					.time_stated = c.time_stated,
					.changed_at = c.changed_at,
					.accepted_at = NOON};
		struct thing *t = &travelled[set == 'P'][number * CODES + which];
		t->kind = KIND_DOSSIER;
		check_ok(thing_add(t, &origin, &c, &fresh));
	}
	check_ok(query_finish(&q));
}

static struct slice some_unit(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day)
{
	(void)context;
	(void)device;
	(void)day;
	return slice_str("01");
}

static bool covers(const void *context, const uint8_t device[static DEVICE_ID_LEN], int32_t day, struct slice unit)
{
	(void)context;
	(void)device;
	(void)day;
	return unit.len > 0;
}

static int64_t status_on(const struct resolved *r, int32_t day)
{
	struct history_entry *entries = NULL;
	size_t n = 0;
	int64_t status = 0;
	check_ok(fold_history(r, FIELD_STATUS, &entries, &n));
	for (size_t i = 0; i < n && entries[i].day <= day; i++)
		status = entries[i].write->value.number;
	free(entries);
	return status;
}

static void assert_same(const struct thing *whole, const struct thing *parts)
{
	const struct scope scope = {.device_unit = some_unit, .covers = covers};
	struct resolved a;
	struct resolved b;
	check_ok(fold_resolve(whole, &scope, &a));
	check_ok(fold_resolve(parts, &scope, &b));
	for (enum field f = 0; f < FIELD_COUNT; f++) {
		assert_int_equal(a.winner[f] == NULL, b.winner[f] == NULL);
		if (a.winner[f] != NULL)
			assert_true(value_equal(&a.winner[f]->value, &b.winner[f]->value));
	}
	assert_true(resolved_status_at(&a) == resolved_status_at(&b));
	for (int32_t day = -2; day < DAYS + 2; day++)
		assert_int_equal(status_on(&a, date_of(BASE) + day), status_on(&b, date_of(BASE) + day));
	resolved_free(&a);
	resolved_free(&b);
}

static void any_order_parts_and_repetition_bring_the_same(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	drawn = 20260301;
	/* The hub's time must be known: before it nothing counts as confirmed. */
	check_ok(sync_run(office->agent, true, &report));
	struct said *said = calloc(CASES, sizeof(*said));
	assert_non_null(said);
	for (unsigned i = 0; i < CASES; i++)
		said[i] = say();
	take_whole(office, said);
	take_parts(office, said);
	fold_queue(office);
	for (unsigned i = 0; i < CASES * CODES; i++) {
		assert_same(&travelled[0][i], &travelled[1][i]);
		thing_free(&travelled[0][i]);
		thing_free(&travelled[1][i]);
	}
	free(said);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(any_order_parts_and_repetition_bring_the_same, office_set_up,
						office_tear_down),
	};
	check_ok(sign_start());
	return cmocka_run_group_tests(tests, NULL, NULL);
}
