#include "config/datadir.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/sign.h"

char *path_join(const char *dir, const char *name)
{
	size_t dir_len = strlen(dir);
	const char *between = dir_len > 0 && dir[dir_len - 1] != '/' ? "/" : "";
	size_t size = dir_len + strlen(name) + 2;
	char *path = malloc(size);
	if (path != NULL)
		(void)snprintf(path, size, "%s%s%s", dir, between, name); /* size was computed for it */
	return path;
}

char *path_numbered(const char *path, unsigned n)
{
	const char *name = strrchr(path, '/');
	name = name == NULL ? path : name + 1;
	const char *dot = strrchr(name, '.');
	size_t stem = dot == NULL || dot == name ? strlen(path) : (size_t)(dot - path);
	size_t size = strlen(path) + sizeof("-4294967295");
	char *numbered = n == 1 ? strdup(path) : malloc(size);
	if (numbered != NULL && n != 1)
		(void)snprintf(numbered, size, "%.*s-%u%s", (int)stem, path, n, path + stem); /* sized for it */
	return numbered;
}

enum status dir_write(const char *dir, const char *name, struct slice content, unsigned mode)
{
	char *path = path_join(dir, name);
	enum status s = path == NULL ? STATUS_NO_MEMORY : file_write(path, content, mode);
	free(path);
	return s;
}

enum status dir_read(const char *dir, const char *name, struct bytes *out)
{
	char *path = path_join(dir, name);
	enum status s = path == NULL ? STATUS_NO_MEMORY : file_read(path, out);
	free(path);
	return s;
}

enum status dir_read_secret(const char *dir, const char *name, struct bytes *out)
{
	char *path = path_join(dir, name);
	enum status s = path == NULL ? STATUS_NO_MEMORY : file_read_secret(path, out);
	free(path);
	return s;
}

enum status dir_place(const char *dir, const char *name, struct file_place *ret_place)
{
	char *path = path_join(dir, name);
	enum status s = path == NULL ? STATUS_NO_MEMORY : file_place(path, ret_place);
	free(path);
	return s;
}

void secret_free(struct bytes *secret)
{
	if (secret->data != NULL)
		secret_wipe(secret->data, secret->cap);
	bytes_free(secret);
}

char *program_file_beside(const char *name)
{
	char *own = program_directory();
	char *path = own == NULL ? NULL : path_join(own, name);
	free(own);
	return path;
}

char *program_file_shared(const char *name)
{
	char *own = program_directory();
	char *share = own == NULL ? NULL : path_join(own, "../share");
	char *path = share == NULL ? NULL : path_join(share, name);
	free(share);
	free(own);
	return path;
}
