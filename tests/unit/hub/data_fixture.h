/* A data directory with one file of an office's own in it, for settings that are looked for there. After cmocka.h.
 */
#ifndef MOTCUA_TESTS_DATA_FIXTURE_H
#define MOTCUA_TESTS_DATA_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir.h"
#include "config/messages.h"

enum { DATA_PATH = 200 };

struct data_directory {
	char path[64];
	char folder[DATA_PATH];
	char file[DATA_PATH];
};

static inline struct data_directory data_directory_new(const char *folder)
{
	struct data_directory d = {.path = "/tmp/motcua-data-XXXXXX"};
	assert_int_equal(messages_open("en"), STATUS_OK);
	assert_non_null(mkdtemp(d.path));
	(void)snprintf(d.folder, sizeof(d.folder), "%s/%s", d.path, folder);
	assert_int_equal(mkdir(d.folder, 0700), 0);
	return d;
}

/* Another text under the same or another name; only the last one is removed at the end. */
static inline void data_directory_put(struct data_directory *d, const char *name, const char *text)
{
	if (d->file[0] != '\0')
		(void)unlink(d->file);
	(void)snprintf(d->file, sizeof(d->file), "%.100s/%.40s.ini", d->folder, name);
	assert_int_equal(file_write(d->file, slice_str(text), 0600), STATUS_OK);
}

static inline void data_directory_free(struct data_directory *d)
{
	(void)unlink(d->file);
	assert_int_equal(rmdir(d->folder), 0);
	assert_int_equal(rmdir(d->path), 0);
}

#endif
