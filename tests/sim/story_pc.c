#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/courier.h"
#include "agent/enroll.h"
#include "agent/intake.h"
#include "agent/repair.h"
#include "agent/sync.h"
#include "agent/take_back.h"
#include "tests/sim/story_steps.h"

enum { SMALL_FILE = 40, LARGE_FILE = 1300, PAGE = 4096, LINE_MAX_BYTES = 256 };

enum status step_enroll(struct story *story, int pc)
{
	struct enroll_report report;
	enum status s = enroll_run(story->pcs[pc].dir, &story->pcs[pc].world, story->pcs[pc].code, NULL, &report);
	return s == STATUS_EXISTS ? STATUS_OK : s;
}

static void promise_record(struct story *story, int pc, const char *key)
{
	struct promise p = {.kind = PROMISED_RECORD, .pc = pc};
	(void)snprintf(p.key, sizeof(p.key), "%s", key); /* keys are short */
	story_promise(story, &p);
}

/* A record typed in: what a person would type again after a doubt is the same to the letter. */
enum status step_add(struct story *story, int pc)
{
	char key[STORY_KEY];
	char at[INSTANT_TEXT];
	struct row *row = calloc(1, sizeof(*row));
	struct bytes out = bytes_new(LIMIT_KEY);
	struct agent *a = NULL;
	enum row_fault fault = ROW_OK;
	size_t cell = 0;
	enum status s = row == NULL ? STATUS_NO_MEMORY : story_open(story, pc, &a);
	(void)snprintf(key, sizeof(key), "A%d-%04d", pc, story->step); /* it fits */
	(void)time_format(story_step_time(story) - 3600000, at);
	const char *const cells[][2] = {{"code", key},
					{"status", story->step % 2 == 0 ? "accepted" : "returned"},
					{"received_at", at},
					{"changed_at", at}};
	for (size_t i = 0; s == STATUS_OK && i < sizeof(cells) / sizeof(cells[0]); i++)
		row->cells[row->n_cells++] = (struct cell){
			.name = slice_str(cells[i][0]), .type = CELL_TEXT, .text = slice_str(cells[i][1])};
	if (s == STATUS_OK)
		s = intake_add(a, KIND_DOSSIER, row, &out, &fault, &cell);
	if (s == STATUS_OK)
		promise_record(story, pc, key);
	agent_close(a);
	bytes_free(&out);
	free(row);
	return s;
}

/* A file of rows that is made while it is read. */
struct rows {
	const struct story *story;
	int pc;
	int n;
	int next;
	char line[LINE_MAX_BYTES];
	size_t len;
	size_t done;
};

static void put_key(const struct rows *rows, int n, char out[static STORY_KEY])
{
	(void)snprintf(out, STORY_KEY, "F%d-%04d-%04d", rows->pc, rows->story->step, n); /* it fits */
}

static enum status read_rows(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct rows *rows = context;
	char key[STORY_KEY];
	char at[INSTANT_TEXT];
	if (rows->done == rows->len && rows->next < rows->n) {
		put_key(rows, rows->next, key);
		(void)time_format(story_step_time(rows->story) - 7200000 + rows->next, at);
		int n = snprintf(rows->line, sizeof(rows->line),
				 "{\"kind\":\"dossier\",\"code\":\"%s\",\"status\":\"%s\",\"received_at\":\"%s\","
				 "\"changed_at\":\"%s\"}\n",
				 key, rows->next % 3 == 0 ? "in_progress" : "done", at, at);
		rows->len = (size_t)n;
		rows->done = 0;
		rows->next++;
	}
	size_t n = rows->len - rows->done < len ? rows->len - rows->done : len;
	memcpy(buf, rows->line + rows->done, n);
	rows->done += n;
	*ret_len = n;
	return STATUS_OK;
}

static enum status import(struct story *story, int pc, int n_rows)
{
	static const struct intake_options options = {
		.format = FORMAT_NDJSON, .changed_at = TIME_UNSET, .name = "story.ndjson"};
	struct rows rows = {.story = story, .pc = pc, .n = n_rows};
	struct intake_report report;
	struct agent *a = NULL;
	char key[STORY_KEY];
	enum status s = story_open(story, pc, &a);
	if (s != STATUS_OK)
		return s;
	s = intake_run(a, &options, read_rows, &rows, &report);
	for (int i = 0; s == STATUS_OK && i < n_rows; i += 1 + n_rows / 50) {
		put_key(&rows, i, key);
		promise_record(story, pc, key);
	}
	intake_report_clear(&report);
	agent_close(a);
	return s;
}

enum status step_import_small(struct story *story, int pc)
{
	return import(story, pc, SMALL_FILE);
}

/* More than one transaction holds. */
enum status step_import_large(struct story *story, int pc)
{
	return import(story, pc, LARGE_FILE);
}

/* As the list of imports shows it: the last one that brought something in. */
static enum status last_import(const struct agent *a, int64_t *ret_import)
{
	struct query q = query_start(a->db, "SELECT max(id) FROM import WHERE queued > 0 AND about IS NULL");
	if (query_row(&q))
		*ret_import = query_get_int(&q, 0);
	return query_finish(&q);
}

enum status step_take_back(struct story *story, int pc)
{
	struct take_back_report report;
	struct agent *a = NULL;
	int64_t import = 0;
	enum status s = story_open(story, pc, &a);
	if (s == STATUS_OK)
		s = last_import(a, &import);
	if (s == STATUS_OK)
		s = take_back_import(a, import, false, &report);
	agent_close(a);
	return s;
}

enum status step_sync_now(struct story *story, int pc)
{
	struct sync_report report;
	struct agent *a = NULL;
	enum status s = story_open(story, pc, &a);
	if (s == STATUS_OK)
		s = sync_run(a, true, &report);
	agent_close(a);
	return s;
}

/* What `reidentify` does. */
enum status step_reidentify(struct story *story, int pc)
{
	const char *dir = story->pcs[pc].dir;
	const struct agent_world *world = &story->pcs[pc].world;
	struct repair_report report;
	struct agent *a = NULL;
	enum status s = STATUS_OK;
	switch (repair_find(dir, world, &a, &s)) {
	case REPAIR_NONE:
		s = repair_sound(a, &report);
		break;
	case REPAIR_DATABASE:
		s = repair_lost(dir, world, &report);
		break;
	case REPAIR_DAMAGED:
		s = repair_damaged(dir, world, &report);
		break;
	case REPAIR_UNSEEN:
	case REPAIR_KEY:
	case REPAIR_NOT_ENROLLED:
		break;
	}
	agent_close(a);
	const struct promise settled = {.kind = STORY_SETTLED, .pc = pc};
	if (s == STATUS_OK)
		story_promise(story, &settled);
	return s;
}

enum status step_copy_database(struct story *story, int pc)
{
	char *path = path_join(story->pcs[pc].dir, AGENT_DATABASE);
	enum status s = path == NULL ? STATUS_NO_MEMORY : file_read(path, &story->pcs[pc].copy);
	free(path);
	return s;
}

enum status step_put_back(struct story *story, int pc)
{
	const struct promise from_here = {.kind = STORY_PUT_BACK, .pc = pc};
	char *path = path_join(story->pcs[pc].dir, AGENT_DATABASE);
	story_promise(story, &from_here);
	enum status s = path == NULL ? STATUS_NO_MEMORY : file_write(path, bytes_slice(&story->pcs[pc].copy), 0600);
	free(path);
	return s;
}

/* The sync after it finds out, and begins a new life. */
enum status step_sync_put_back(struct story *story, int pc)
{
	const struct promise settled = {.kind = STORY_SETTLED, .pc = pc};
	enum status s = step_sync_now(story, pc);
	if (s == STATUS_OK)
		story_promise(story, &settled);
	return s;
}

static enum status lose(struct story *story, int pc, const char *name)
{
	const struct promise from_here = {.kind = STORY_PUT_BACK, .pc = pc};
	char *path = path_join(story->pcs[pc].dir, name);
	story_promise(story, &from_here);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	(void)remove(path); /* done again, it is gone already */
	free(path);
	return STATUS_OK;
}

enum status step_lose_database(struct story *story, int pc)
{
	return lose(story, pc, AGENT_DATABASE);
}

enum status step_lose_key(struct story *story, int pc)
{
	return lose(story, pc, AGENT_KEY);
}

enum status step_enroll_again(struct story *story, int pc)
{
	const struct promise settled = {.kind = STORY_SETTLED, .pc = pc};
	enum status s = step_enroll(story, pc);
	if (s == STATUS_OK)
		story_promise(story, &settled);
	return s;
}

/* A page in the middle of the database is no page any more. */
enum status step_spoil(struct story *story, int pc)
{
	const struct promise from_here = {.kind = STORY_PUT_BACK, .pc = pc};
	struct bytes content = bytes_new((size_t)16 << 20);
	char *path = path_join(story->pcs[pc].dir, AGENT_DATABASE);
	story_promise(story, &from_here);
	enum status s = path == NULL ? STATUS_NO_MEMORY : file_read(path, &content);
	size_t middle = content.len / PAGE / 2 * PAGE;
	if (s == STATUS_OK) {
		memset(content.data + middle, 0x55, PAGE);
		s = file_write(path, bytes_slice(&content), 0600);
	}
	free(path);
	bytes_free(&content);
	return s;
}

enum status step_export_stick(struct story *story, int pc)
{
	char path[STORY_PATH];
	struct courier_export done;
	struct agent *a = NULL;
	(void)snprintf(path, sizeof(path), STICK, pc); /* it fits */
	enum status s = story_open(story, pc, &a);
	if (s == STATUS_OK)
		s = courier_export(a, path, &done);
	agent_close(a);
	return s;
}

enum status step_receive(struct story *story, int pc)
{
	struct courier_receipts receipts;
	struct agent *a = NULL;
	enum status s = story_open(story, pc, &a);
	if (s == STATUS_OK)
		s = courier_receive(a, STICK_BACK, &receipts);
	agent_close(a);
	return s;
}
