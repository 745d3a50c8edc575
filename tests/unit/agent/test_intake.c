#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "agent/book.h"
#include "agent/intake.h"
#include "agent/rejected.h"
#include "tests/unit/agent/office.h"

enum { FILE_MAX_BYTES = 8 * 1024 * 1024 };

struct text_source {
	const char *text;
	size_t left;
	size_t fail_below; /* the source breaks when fewer bytes are left; 0: never */
};

static enum status read_text(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct text_source *source = context;
	if (source->left < source->fail_below)
		return STATUS_DISK;
	size_t n = len < source->left ? len : source->left;
	n = n > 4096 ? 4096 : n;
	memcpy(buf, source->text, n);
	source->text += n;
	source->left -= n;
	*ret_len = n;
	return STATUS_OK;
}

static enum status take(const struct office *office, const char *text, int64_t changed_at, bool dry_run,
			struct intake_report *report)
{
	struct text_source source = {.text = text, .left = strlen(text)};
	const struct intake_options options = {.changed_at = changed_at, .dry_run = dry_run, .name = "rows.csv"};
	return intake_run(office->agent, &options, read_text, &source, report);
}

static bool database_holds(const struct office *office, const char *text)
{
	struct bytes content = bytes_new(FILE_MAX_BYTES);
	char *path = path_join(office->dir, AGENT_DATABASE);
	bool found = false;
	check_ok(file_read(path, &content));
	size_t len = strlen(text);
	for (size_t i = 0; !found && i + len <= content.len; i++)
		found = memcmp(content.data + i, text, len) == 0;
	free(path);
	bytes_free(&content);
	return found;
}

static const char table[] = "Mã hồ sơ,Chủ hồ sơ,Trạng thái,Hình thức tiếp nhận\n"
			    "A-1,Ông Bí Mật,Được tiếp nhận,Trực tuyến\n"
			    "A-2,Ông Bí Mật,Không Rõ Là Gì,Trực tuyến\n"
			    "A-3,Ông Bí Mật,Được tiếp nhận,Trực tiếp\n";

static void good_rows_are_queued_and_bad_ones_set_aside(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	check_ok(take(office, table, NOON - 1000, false, &report));
	assert_int_equal(report.read, 3);
	assert_int_equal(report.queued, 2);
	assert_int_equal(report.rejected, 1);
	assert_int_equal(report.n_ignored, 1);
	assert_string_equal(report.ignored[0], "Chủ hồ sơ");
	assert_int_equal(waiting(office->agent), 2);
	assert_int_equal(ask(office->agent, "SELECT line FROM rejected WHERE reason = 'unknown-word' AND"
					    " file = 'rows.csv' AND name = 'Trạng thái'"),
			 3);
	assert_int_equal(ask(office->agent, "SELECT queued FROM import WHERE finished_at IS NOT NULL"), 2);
	intake_report_clear(&report);
}

static void what_no_field_knows_never_enters_the_data_directory(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	check_ok(take(office, table, NOON - 1000, false, &report));
	assert_false(database_holds(office, "Bí Mật"));
	assert_false(database_holds(office, "Chủ hồ sơ"));
	assert_true(database_holds(office, "A-3"));
	intake_report_clear(&report);
}

static void the_same_file_again_brings_nothing_new(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	check_ok(take(office, table, NOON - 1000, false, &report));
	intake_report_clear(&report);
	check_ok(take(office, table, NOON - 500, false, &report));
	assert_int_equal(report.queued, 0);
	assert_int_equal(report.unchanged, 2);
	assert_int_equal(report.rejected, 1);
	assert_int_equal(waiting(office->agent), 2);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM rejected"), 1);
	intake_report_clear(&report);
}

static void a_dry_run_keeps_nothing(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	check_ok(take(office, table, NOON - 1000, true, &report));
	assert_int_equal(report.queued, 2);
	assert_int_equal(report.rejected, 1);
	assert_int_equal(report.import, 0);
	assert_int_equal(waiting(office->agent), 0);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM rejected"), 0);
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM import"), 0);
	intake_report_clear(&report);
}

static char *many_rows(int n)
{
	size_t size = 64 + (size_t)n * 32;
	char *text = malloc(size);
	assert_non_null(text);
	size_t at = (size_t)snprintf(text, size, "code,status\n");
	for (int i = 0; i < n; i++)
		at += (size_t)snprintf(text + at, size - at, "B-%d,accepted\n", i);
	return text;
}

static void a_dry_run_compares_the_whole_file(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	char *text = many_rows(INTAKE_COMMIT + 1);
	size_t len = strlen(text);
	char *twice = malloc(len + 32);
	assert_non_null(twice);
	(void)snprintf(twice, len + 32, "%sB-0,accepted\n", text); /* fits by its size */
	check_ok(take(office, twice, NOON - 1000, true, &report));
	assert_int_equal(report.queued, INTAKE_COMMIT + 1);
	assert_int_equal(report.unchanged, 1);
	assert_int_equal(waiting(office->agent), 0);
	intake_report_clear(&report);
	free(twice);
	free(text);
}

static void rows_on_void_things_are_counted(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	check_ok(take(office, "code,status,void\nA-1,accepted,1\nA-2,accepted,\n", NOON - 2000, false, &report));
	assert_int_equal(report.on_void, 0);
	intake_report_clear(&report);
	check_ok(take(office, "code,status\nA-1,done\nA-2,done\nA-1,done\n", NOON - 1000, false, &report));
	assert_int_equal(report.on_void, 2);
	assert_int_equal(report.queued, 2);
	intake_report_clear(&report);
}

static void what_was_committed_before_a_failure_stays(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	char *text = many_rows(10000);
	struct text_source source = {.text = text, .left = strlen(text), .fail_below = 1000};
	const struct intake_options options = {.changed_at = NOON - 1000, .name = "rows.csv"};
	assert_status(intake_run(office->agent, &options, read_text, &source, &report), DISK);
	int64_t kept = waiting(office->agent);
	assert_true(kept >= INTAKE_COMMIT && kept < 10000);
	assert_int_equal(kept % INTAKE_COMMIT, 0);
	intake_report_clear(&report);
	check_ok(take(office, text, NOON - 1000, false, &report));
	assert_int_equal(report.unchanged, kept);
	assert_int_equal(report.queued, 10000 - kept);
	assert_int_equal(waiting(office->agent), 10000);
	intake_report_clear(&report);
	free(text);
}

static void a_table_that_cannot_be_read_says_why(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	assert_status(take(office, "code,code\nA,B\n", NOON, false, &report), REFUSED);
	assert_string_equal(report.reason, "header-repeated");
	assert_string_equal(report.column, "code");
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM import"), 0);
	intake_report_clear(&report);
}

static void a_table_without_a_known_heading_is_another_file(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	assert_status(take(office, "Họ tên,Ngày sinh\nA,01/01/1990\nB,\n", NOON, false, &report), REFUSED);
	assert_string_equal(report.reason, "header-unknown");
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM rejected"), 0);
	intake_report_clear(&report);
	assert_status(take(office, "Họ tên,Lĩnh vực,Ngày nhận\nA,Đất đai,01/03/2024\n", NOON, false, &report),
		      REFUSED);
	assert_string_equal(report.reason, "header-no-key");
	intake_report_clear(&report);
	/* A line of NDJSON speaks for itself alone. */
	check_ok(take(office, "{\"name of a person\":\"A\"}\n", NOON, false, &report));
	assert_int_equal(report.rejected, 1);
	intake_report_clear(&report);
}

static void rows_without_a_time_are_of_the_present_where_none_is_given(void **state)
{
	struct office *office = *state;
	struct intake_report report;
	struct book_entry entry;
	check_ok(take(office, "{\"code\":\"A\",\"status\":\"accepted\"}\n", TIME_UNSET, false, &report));
	intake_report_clear(&report);
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	assert_int_equal(entry.thing.origins[0].changed_at, NOON);
	assert_true(entry.thing.origins[0].time_stated);
	book_clear(&entry);
}

static void a_slow_clock_does_not_date_before_the_hub(void **state)
{
	struct office *office = *state;
	struct intake_report report;
	struct book_entry entry;
	office->now = NOON - 3600000;
	check_ok(take(office, "{\"code\":\"A\",\"status\":\"accepted\"}\n", TIME_UNSET, false, &report));
	intake_report_clear(&report);
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	assert_int_equal(entry.thing.origins[0].changed_at, NOON);
	book_clear(&entry);
}

static void a_files_rows_are_dated_by_the_file(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	struct book_entry entry;
	const struct intake_options options = {.changed_at = TIME_UNSET};
	char *path = path_join(office->dir, "x.ndjson");
	check_ok(file_write(path, slice_str("{\"code\":\"A\",\"status\":\"accepted\"}\n"), 0644));
	const struct timespec times[2] = {{.tv_sec = 1700000000}, {.tv_sec = 1700000000, .tv_nsec = 5000000}};
	assert_int_equal(utimensat(AT_FDCWD, path, times, 0), 0);
	check_ok(intake_file(office->agent, path, &options, &report));
	intake_report_clear(&report);
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	assert_int_equal(entry.thing.origins[0].changed_at, INT64_C(1700000000005));
	assert_false(entry.thing.origins[0].time_stated);
	book_clear(&entry);
	free(path);
	assert_status(intake_file(office->agent, "/nonexistent/x", &options, &report), EMPTY);
	assert_status(intake_file(office->agent, office->dir, &options, &report), REFUSED);
	assert_string_equal(report.reason, "not-a-file");
}

static void write_more(void *context, const struct intake_report *so_far)
{
	FILE *file = fopen(context, "a");
	assert_non_null(file);
	assert_true(so_far->read > 0 && fputs("9\n", file) >= 0);
	assert_int_equal(fclose(file), 0);
}

static void the_last_row_of_a_file_that_grows_waits(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	struct book_entry entry;
	char *path = path_join(office->dir, "x.csv");
	char *text = many_rows(10 * INTAKE_COMMIT);
	struct intake_options options = {.changed_at = NOON, .progress = write_more, .context = path};
	struct bytes content = bytes_new(FILE_MAX_BYTES);
	bytes_put_str(&content, text);
	bytes_put_str(&content, "half-");
	check_ok(file_write(path, bytes_slice(&content), 0644));
	assert_status(intake_file(office->agent, path, &options, &report), BUSY);
	assert_int_equal(waiting(office->agent) % INTAKE_COMMIT, 0);
	intake_report_clear(&report);
	options.progress = NULL;
	check_ok(file_write(path, slice_str("code,status\nhalf-9,accepted\n"), 0644));
	check_ok(intake_file(office->agent, path, &options, &report));
	assert_int_equal(report.queued, 1);
	intake_report_clear(&report);
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("half-9"), &entry));
	book_clear(&entry);
	bytes_free(&content);
	free(text);
	free(path);
}

static struct row row_of(size_t n, const char *const (*cells)[2])
{
	struct row row = {.line = 1, .n_cells = n};
	for (size_t i = 0; i < n; i++) {
		row.cells[i].name = slice_str(cells[i][0]);
		row.cells[i].type = CELL_TEXT;
		row.cells[i].text = slice_str(cells[i][1]);
	}
	return row;
}

static void a_dossier_without_a_code_gets_one_no_other_has(void **state)
{
	struct office *office = *state;
	static const char *const cells[][2] = {{"status", "accepted"}};
	const struct row row = row_of(1, cells);
	struct bytes key = bytes_new(LIMIT_KEY);
	enum row_fault fault = ROW_OK;
	size_t cell = 0;
	static const char *const endings[] = {"-1-240522-1", "-1-240522-2", "-1-240523-1", "-1-240523-2"};
	for (size_t i = 0; i < 4; i++) {
		char expected[LIMIT_CODE];
		/* The last one under a clock that was set back. */
		office->now = i == 2 ? NOON + INT64_C(86400000) : NOON;
		check_ok(intake_add(office->agent, KIND_DOSSIER, &row, &key, &fault, &cell));
		(void)snprintf(expected, sizeof(expected), "L-%s%s", office->agent->device_text, endings[i]);
		assert_true(slice_equal(bytes_slice(&key), slice_str(expected)));
	}
	assert_int_equal(waiting(office->agent), 4);
	bytes_free(&key);
}

static void a_stated_time_is_kept_even_if_it_is_this_moment(void **state)
{
	struct office *office = *state;
	static const char *const cells[][2] = {
		{"code", "A"}, {"fee", "1"}, {"changed_at", "2024-05-22T11:00:00+07:00"}};
	struct row row = row_of(3, cells);
	struct bytes key = bytes_new(LIMIT_KEY);
	enum row_fault fault = ROW_OK;
	size_t cell = 0;
	struct book_entry entry;
	struct intake_report report;
	check_ok(intake_add(office->agent, KIND_DOSSIER, &row, &key, &fault, &cell));
	check_ok(take(office, "{\"code\":\"A\",\"fee\":2,\"changed_at\":\"2024-05-22T11:00:00+07:00\"}\n",
		      TIME_UNSET, false, &report));
	intake_report_clear(&report);
	row.cells[1].text = slice_str("3");
	check_ok(intake_add(office->agent, KIND_DOSSIER, &row, &key, &fault, &cell));
	check_ok(book_load(office->agent, KIND_DOSSIER, slice_str("A"), &entry));
	assert_int_equal(entry.thing.n_origins, 3);
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(entry.thing.origins[i].changed_at, NOON);
	book_clear(&entry);
	bytes_free(&key);
}

static void a_mistake_on_the_command_line_is_named_and_nothing_kept(void **state)
{
	const struct office *office = *state;
	static const char *const word[][2] = {{"code", "A"}, {"status", "soon"}};
	static const char *const name[][2] = {{"code", "A"}, {"status", "done"}, {"owner", "x"}};
	static const char *const nothing_else[][2] = {{"code", "A"}, {"recieved_at", "22/05/2024"}};
	struct row row = row_of(2, word);
	struct bytes key = bytes_new(LIMIT_KEY);
	enum row_fault fault = ROW_OK;
	size_t cell = 0;
	assert_status(intake_add(office->agent, KIND_DOSSIER, &row, &key, &fault, &cell), REFUSED);
	assert_int_equal(fault, ROW_UNKNOWN_WORD);
	assert_int_equal(cell, 1);
	row = row_of(3, name);
	assert_status(intake_add(office->agent, KIND_DOSSIER, &row, &key, &fault, &cell), REFUSED);
	assert_int_equal(fault, ROW_UNKNOWN_FIELD);
	assert_int_equal(cell, 2);
	row = row_of(2, nothing_else);
	assert_status(intake_add(office->agent, KIND_DOSSIER, &row, &key, &fault, &cell), REFUSED);
	assert_int_equal(fault, ROW_UNKNOWN_FIELD);
	assert_int_equal(cell, 1);
	assert_int_equal(waiting(office->agent), 0);
	bytes_free(&key);
}

static enum status count_rejected(void *context, const struct rejection *r)
{
	int64_t *id = context;
	assert_string_equal(r->reason, "unknown-word");
	assert_true(r->record.len > 0);
	*id = r->id;
	return STATUS_OK;
}

static void a_refusal_can_be_read_and_discarded(void **state)
{
	const struct office *office = *state;
	struct intake_report report;
	int64_t id = 0;
	int64_t count = 0;
	check_ok(take(office, table, NOON - 1000, false, &report));
	intake_report_clear(&report);
	check_ok(rejected_each(office->agent->db, 0, count_rejected, &id));
	assert_true(id > 0);
	assert_status(rejected_discard(office->agent->db, id + 1), EMPTY);
	check_ok(rejected_discard(office->agent->db, id));
	check_ok(rejected_count(office->agent->db, &count));
	assert_int_equal(count, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(good_rows_are_queued_and_bad_ones_set_aside),
		WITH_OFFICE(what_no_field_knows_never_enters_the_data_directory),
		WITH_OFFICE(the_same_file_again_brings_nothing_new),
		WITH_OFFICE(a_dry_run_keeps_nothing),
		WITH_OFFICE(a_dry_run_compares_the_whole_file),
		WITH_OFFICE(rows_on_void_things_are_counted),
		WITH_OFFICE(what_was_committed_before_a_failure_stays),
		WITH_OFFICE(a_table_that_cannot_be_read_says_why),
		WITH_OFFICE(a_table_without_a_known_heading_is_another_file),
		WITH_OFFICE(rows_without_a_time_are_of_the_present_where_none_is_given),
		WITH_OFFICE(a_slow_clock_does_not_date_before_the_hub),
		WITH_OFFICE(a_files_rows_are_dated_by_the_file),
		WITH_OFFICE(the_last_row_of_a_file_that_grows_waits),
		WITH_OFFICE(a_dossier_without_a_code_gets_one_no_other_has),
		WITH_OFFICE(a_stated_time_is_kept_even_if_it_is_this_moment),
		WITH_OFFICE(a_mistake_on_the_command_line_is_named_and_nothing_kept),
		WITH_OFFICE(a_refusal_can_be_read_and_discarded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
