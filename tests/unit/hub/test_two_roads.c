/* L5: the same batches over the line to one hub and by stick to another: the same state, the same numbers. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/totals.h"
#include "hub/verify.h"
#include "tests/unit/hub/courier_fixture.h"

enum { PCS = 3, BATCHES = 30, PER_FILE = 7 };

/* All batches of all PCs, in the order in which they were sealed. */
struct load {
	struct pc pcs[PCS];
	size_t n;
	struct bytes batches[PCS * BATCHES];
	size_t of[PCS * BATCHES]; /* whose */
};

static uint32_t next_random(uint32_t *seed)
{
	*seed = *seed * 1664525 + 1013904223;
	return *seed >> 8;
}

/* Enrolled alike at every hub: the same keys, the same units, in the same order. */
static void enrol_all(struct fixture *f, struct load *load)
{
	static const char *const units[PCS] = {"05801", "05802", "058"};
	for (uint8_t i = 0; i < PCS; i++)
		load->pcs[i] = enrolled_pc(f, (uint8_t)(i + 1), units[i]);
}

static void fill_load(struct fixture *f, struct load *load)
{
	uint32_t seed = 7;
	for (size_t k = 0; k < (size_t)PCS * BATCHES; k++) {
		size_t who = k % PCS;
		struct change changes[4];
		char codes[4][16];
		for (size_t i = 0; i < 4; i++) {
			(void)snprintf(codes[i], sizeof(codes[i]), "A-%u", (unsigned)(next_random(&seed) % 60));
			int64_t at = START - (int64_t)(next_random(&seed) % 40) * DAY;
			changes[i] = dossier(codes[i], at);
			if (next_random(&seed) % 3 == 0) {
				change_set_number(&changes[i], FIELD_STATUS, DOSSIER_DONE);
				change_set_number(&changes[i], FIELD_FINISHED_AT, at + DAY);
			}
		}
		load->of[k] = who;
		load->batches[load->n++] = next_batch(f, &load->pcs[who], changes, 4);
	}
}

static void shuffle(size_t *order, size_t n, uint32_t seed)
{
	for (size_t i = n; i > 1; i--) {
		size_t k = next_random(&seed) % i;
		size_t kept = order[i - 1];
		order[i - 1] = order[k];
		order[k] = kept;
	}
}

static void send_by_line(struct fixture *f, struct load *load)
{
	for (size_t k = 0; k < load->n; k++) {
		const struct bytes twice[] = {load->batches[k], load->batches[k]};
		reply_free(send_batches(f, &load->pcs[load->of[k]], twice, 2));
	}
}

/* Files of a few batches of all PCs, in any order, each twice. What finds no room to wait comes with the next
 * round. */
static void send_by_stick(struct fixture *f, struct load *load)
{
	size_t order[PCS * BATCHES];
	int64_t have = 0;
	for (size_t i = 0; i < load->n; i++)
		order[i] = i;
	for (uint32_t round = 0; have < (int64_t)load->n; round++) {
		assert_true(round < 10);
		shuffle(order, load->n, round + 3);
		for (size_t from = 0; from < load->n; from += PER_FILE) {
			struct bytes some[PER_FILE];
			size_t n = 0;
			for (; n < PER_FILE && from + n < load->n; n++)
				some[n] = load->batches[order[from + n]];
			struct ingested first = ingest_batches(f, &load->pcs[0], some, n);
			struct ingested again = ingest_batches(f, &load->pcs[0], some, n);
			assert_true(first.taken.evidence == 0 && again.taken.joined == 0);
			assert_true(again.taken.known + again.taken.not_kept == (int64_t)n);
		}
		have = number(f->hub, "SELECT count(*) FROM batch");
	}
}

/* All derived tables as text, but for what tells when the hub took a batch. */
static struct bytes told(struct hub *hub)
{
	static const char *const queries[] = {
		"SELECT hex(code) || name || level || parent FROM unit ORDER BY code",
		"SELECT hex(id) || unit || state || heard_day || held FROM device ORDER BY id",
		"SELECT hex(device) || ordinal || hex(bits) || seq || hex(hash) FROM batch ORDER BY 1",
		"SELECT hex(device) || ordinal || hex(bits) || have || hex(hash) FROM chain ORDER BY 1",
		"SELECT unit || day FROM heard ORDER BY 1",
		"SELECT hex(writes) || kind || key FROM thing ORDER BY kind, key",
		("SELECT code || '|' || unit || '|' || procedure || '|' || status || '|' || ifnull(received, '') "
		 "|| '|' || "
		 "ifnull(finished, '') || '|' || flags || '|' || hex(history) FROM dossier ORDER BY code"),
		"SELECT code || reasons FROM conflict ORDER BY code",
	};
	struct bytes all = bytes_new((size_t)16 * 1024 * 1024);
	for (size_t i = 0; i < sizeof(queries) / sizeof(queries[0]); i++) {
		struct query q = query_start(hub->db, queries[i]);
		while (query_row(&q)) {
			struct slice row = query_get_text(&q, 0);
			bytes_put(&all, row.data, row.len);
			bytes_put_str(&all, "\n");
		}
		assert_int_equal(query_finish(&q), STATUS_OK);
	}
	assert_int_equal(bytes_status(&all), STATUS_OK);
	return all;
}

static void assert_verifies(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
}

/* The same hub in another directory: what is signed for one verifies at the other. */
static struct fixture *copy_of(struct fixture *f)
{
	static const char *const names[] = {"hub.db", "hub.db-wal", "hub.key"};
	void *other = NULL;
	assert_int_equal(fixture_bare(&other), 0);
	struct fixture *copy = other;
	hub_close(f->hub);
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct bytes content = bytes_new((size_t)16 * 1024 * 1024);
		char *from = path_join(f->dir, names[i]);
		char *to = path_join(copy->dir, names[i]);
		assert_int_equal(file_read(from, &content), STATUS_OK);
		assert_int_equal(file_write(to, bytes_slice(&content), 0600), STATUS_OK);
		free(from);
		free(to);
		bytes_free(&content);
	}
	f->hub = open_hub(f);
	copy->hub = open_hub(copy);
	return copy;
}

static struct totals totals_of(struct fixture *f)
{
	struct totals_query query = {.period = {.from = START_DAY - 30, .to = START_DAY},
				     .today = START_DAY,
				     .unit = registry_province(f->hub->registry),
				     .by = TOTALS_BY_UNIT,
				     .rule = &COUNT_FORM06};
	struct totals totals;
	assert_int_equal(totals_compute(f->hub->db, f->hub->registry, &query, &totals), STATUS_OK);
	return totals;
}

static void assert_same_totals(struct fixture *a, struct fixture *b)
{
	struct totals one = totals_of(a);
	struct totals two = totals_of(b);
	assert_memory_equal(&one.total.cells, &two.total.cells, sizeof(one.total.cells));
	assert_true(one.total.cells.received > 10 && one.total.cells.done > 5);
	assert_int_equal(one.n_groups, two.n_groups);
	assert_true(one.total.units_reporting == two.total.units_reporting);
	for (size_t i = 0; i < one.n_groups; i++)
		assert_memory_equal(&one.groups[i].cells, &two.groups[i].cells, sizeof(one.total.cells));
	totals_clear(&one);
	totals_clear(&two);
}

static void test_two_roads_one_truth(void **state)
{
	struct fixture *line = *state;
	struct load *load = calloc(1, sizeof(*load));
	assert_non_null(load);
	enrol_all(line, load);
	struct fixture *stick = copy_of(line);
	fill_load(line, load);
	send_by_line(line, load);
	send_by_stick(stick, load);
	struct bytes by_line = told(line->hub);
	struct bytes by_stick = told(stick->hub);
	assert_true(slice_equal(bytes_slice(&by_line), bytes_slice(&by_stick)));
	assert_true(number(line->hub, "SELECT count(*) FROM dossier") > 30);
	assert_same_totals(line, stick);
	assert_verifies(line);
	assert_verifies(stick);
	bytes_free(&by_line);
	bytes_free(&by_stick);
	free_all(load->batches, load->n);
	for (size_t i = 0; i < PCS; i++)
		signing_key_free(load->pcs[i].key);
	free(load);
	void *other = stick;
	(void)fixture_down(&other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_two_roads_one_truth, fixture_up, fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
