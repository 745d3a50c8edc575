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

/* STATUS_EMPTY if the folder is not known or does not hold the file. */
static enum status find_in(const char *root, const char *folder, const char *name,
			   char ret_path[static NAMED_FILE_PATH + 1])
{
	char path[NAMED_FILE_PATH + 1];
	int len = root == NULL ? -1 : snprintf(path, sizeof(path), "%s%s%s.ini", root, folder, name);
	if (len < 0 || len > NAMED_FILE_PATH || !path_exists(path))
		return STATUS_EMPTY;
	memcpy(ret_path, path, sizeof(path));
	return STATUS_OK;
}

enum status named_file_find(const char *folder, const char *name, const char *data,
			    char ret_path[static NAMED_FILE_PATH + 1])
{
	enum { FOLDER = 32 };
	char inside[FOLDER + 3];
	char below[FOLDER + 8];
	if (!named_file_is_name(name))
		return STATUS_EMPTY;
	(void)snprintf(inside, sizeof(inside), "/%.*s/", FOLDER, folder);
	(void)snprintf(below, sizeof(below), "motcua/%.*s", FOLDER, folder);
	char *beside = program_file_beside(folder);
	char *shared = program_file_shared(below);
	enum status s = find_in(data, inside, name, ret_path);
	if (s == STATUS_EMPTY)
		s = find_in(beside, "/", name, ret_path);
	if (s == STATUS_EMPTY)
		s = find_in(shared, "/", name, ret_path);
	if (s == STATUS_EMPTY)
		s = find_in(MOTCUA_SHAREDIR, inside, name, ret_path);
	free(shared);
	free(beside);
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
