#include "tests/sim/fail_memory.h"

#include <errno.h>
#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

static struct {
	enum memory which;
	int64_t nth;
	bool forever;
	int64_t n;
	int64_t failed;
	int64_t held;
	sqlite3_mem_methods sqlite;
} state;

static bool fails(enum memory which)
{
	if (state.which != which)
		return false;
	state.n++;
	bool now = state.n == state.nth || (state.forever && state.n > state.nth);
	state.failed += now;
	if (now)
		errno = ENOMEM;
	return now;
}

void *__real_malloc(size_t size);
void *__real_calloc(size_t count, size_t size);
void *__real_realloc(void *old, size_t size);
char *__real_strdup(const char *text);
char *__real_strndup(const char *text, size_t len);
void *__wrap_malloc(size_t size);
void *__wrap_calloc(size_t count, size_t size);
void *__wrap_realloc(void *old, size_t size);
char *__wrap_strdup(const char *text);
char *__wrap_strndup(const char *text, size_t len);

void *__wrap_malloc(size_t size)
{
	return fails(MEMORY_OURS) ? NULL : __real_malloc(size);
}

void *__wrap_calloc(size_t count, size_t size)
{
	return fails(MEMORY_OURS) ? NULL : __real_calloc(count, size);
}

void *__wrap_realloc(void *old, size_t size)
{
	return fails(MEMORY_OURS) ? NULL : __real_realloc(old, size);
}

char *__wrap_strdup(const char *text)
{
	return fails(MEMORY_OURS) ? NULL : __real_strdup(text);
}

char *__wrap_strndup(const char *text, size_t len)
{
	return fails(MEMORY_OURS) ? NULL : __real_strndup(text, len);
}

static void *give(int size)
{
	void *memory = fails(MEMORY_SQLITE) ? NULL : state.sqlite.xMalloc(size);
	state.held += memory != NULL;
	return memory;
}

static void *give_more(void *old, int size)
{
	return fails(MEMORY_SQLITE) ? NULL : state.sqlite.xRealloc(old, size);
}

static void take_back(void *memory)
{
	state.held -= memory != NULL;
	state.sqlite.xFree(memory);
}

void fail_memory_begin(void)
{
	sqlite3_mem_methods ours;
	(void)sqlite3_config(SQLITE_CONFIG_GETMALLOC, &state.sqlite); /* nothing was opened yet */
	ours = state.sqlite;
	ours.xMalloc = give;
	ours.xRealloc = give_more;
	ours.xFree = take_back;
	(void)sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
}

void fail_memory(enum memory which, int64_t nth, bool forever)
{
	state.which = which;
	state.nth = nth;
	state.forever = forever;
	state.n = 0;
	state.failed = 0;
}

int64_t fail_memory_failed(void)
{
	return state.failed;
}

int64_t fail_memory_held(void)
{
	return state.held;
}
