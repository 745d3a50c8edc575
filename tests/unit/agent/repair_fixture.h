/*
 * An office whose data directory suffers: files that go, bits that flip. Included by each test after cmocka.h.
 */
#ifndef MOTCUA_TESTS_REPAIR_FIXTURE_H
#define MOTCUA_TESTS_REPAIR_FIXTURE_H

#include "agent/repair.h"
#include "tests/unit/agent/office.h"

enum { PAGE = 4096, DOSSIERS = 40 };

static inline void close_agent(struct office *office)
{
	agent_close(office->agent);
	office->agent = NULL;
}

static inline void delete_file(const struct office *office, const char *name)
{
	char *path = path_join(office->dir, name);
	assert_int_equal(unlink(path), 0);
	free(path);
}

static inline bool has_file(const struct office *office, const char *name)
{
	char *path = path_join(office->dir, name);
	bool found = path_exists(path);
	free(path);
	return found;
}

static inline enum repair_case judged(struct office *office)
{
	struct agent *a = NULL;
	enum status s = STATUS_OK;
	enum repair_case found = repair_find(office->dir, &office->world, &a, &s);
	if (found == REPAIR_NONE)
		agent_close(a);
	return found;
}

static inline void queue_numbers(const struct agent *a, int from, int to)
{
	check_ok(database_begin(a->db));
	for (int i = from; i <= to; i++) {
		const struct queue_source source = {0};
		bool queued = false;
		char code[LIMIT_CODE];
		(void)snprintf(code, sizeof(code), "A-%d", i);
		struct change c = dossier(code, NOON - 60000 + i, DOSSIER_ACCEPTED);
		check_ok(queue_append(a, &source, &c, &queued));
		assert_true(queued);
	}
	check_ok(database_commit(a->db));
}

/* One bit of a page of the database. */
static inline void flip(const struct office *office, long page, int byte)
{
	char *path = path_join(office->dir, AGENT_DATABASE);
	FILE *file = fopen(path, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, page * PAGE + byte, SEEK_SET), 0);
	int old = fgetc(file);
	assert_int_equal(fseek(file, page * PAGE + byte, SEEK_SET), 0);
	assert_int_equal(fputc(old ^ 0x10, file), old ^ 0x10);
	assert_int_equal(fclose(file), 0);
	free(path);
}

static inline long pages_of(const struct office *office)
{
	struct stat info;
	char *path = path_join(office->dir, AGENT_DATABASE);
	assert_int_equal(stat(path, &info), 0);
	free(path);
	return (long)info.st_size / PAGE;
}

#endif
