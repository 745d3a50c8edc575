#include "config/named_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "protocol/limits.h"

bool named_file_is_name(const char *name)
{
	size_t len = strlen(name);
	return len > 0 && len <= NAMED_FILE_NAME && strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789_-") == len;
}

enum status named_file_walk(const char *folder, const char *own, named_file_look look, void *context)
{
	enum { BELOW = 64 };
	char below[BELOW];
	(void)snprintf(below, sizeof(below), "motcua/%.32s", folder); /* it fits */
	char *beside = program_file_beside(folder);
	char *shared = program_file_shared(below);
	char *installed = path_join(MOTCUA_SHAREDIR, folder);
	const char *const places[] = {own, beside, shared, installed};
	enum status s = installed == NULL ? STATUS_NO_MEMORY : STATUS_EMPTY;
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]) && s == STATUS_EMPTY; i++)
		if (places[i] != NULL)
			s = look(context, places[i]);
	free(installed);
	free(shared);
	free(beside);
	return s;
}

struct finding {
	const char *name;
	char *path; /* NAMED_FILE_PATH + 1 bytes */
};

static enum status find_in(void *context, const char *dir)
{
	const struct finding *f = context;
	char path[NAMED_FILE_PATH + 1];
	int len = snprintf(path, sizeof(path), "%s/%s.ini", dir, f->name);
	if (len < 0 || len > NAMED_FILE_PATH || !path_exists(path))
		return STATUS_EMPTY;
	memcpy(f->path, path, sizeof(path));
	return STATUS_OK;
}

enum status named_file_find(const char *folder, const char *name, const char *data,
			    char ret_path[static NAMED_FILE_PATH + 1])
{
	struct finding f = {.name = name, .path = ret_path};
	if (!named_file_is_name(name))
		return STATUS_EMPTY;
	char *own = data == NULL ? NULL : path_join(data, folder);
	enum status s = data != NULL && own == NULL ? STATUS_NO_MEMORY : named_file_walk(folder, own, find_in, &f);
	free(own);
	return s;
}

enum status named_file_hash(const char *path, uint8_t ret_hash[static HASH_LEN])
{
	struct bytes content = bytes_new(LIMIT_SETTINGS);
	enum status s = file_read(path, &content);
	if (s == STATUS_OK)
		hash_bytes(bytes_slice(&content), ret_hash);
	bytes_free(&content);
	return s;
}

enum status named_file_say(enum status s, const struct named_file_fault *fault)
{
	/* The exit status follows from what is returned. */
	if (s == STATUS_SETTINGS && fault->settings.line > 0)
		(void)say_error(s, _("%s, line %d: %s"), fault->path, fault->settings.line, fault->settings.what);
	else if (s == STATUS_SETTINGS)
		(void)say_error_advice(s, _("Correct the file, or name another one."), "%s: %s", fault->path,
				       fault->settings.what);
	else
		(void)say_error(s, _("The file %s cannot be read."), fault->path);
	return s;
}
