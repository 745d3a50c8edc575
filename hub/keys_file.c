#include "hub/keys_file.h"

#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"

enum {
	FILE_VERSION = 1,
	FILE_ITEMS = 4,
	N_KEY_FILES = 5,
	NAME_MAX_BYTES = 20,
	SECRET_MAX = N_KEY_FILES * (LIMIT_SETTINGS + 64)
};
static const char MAGIC[] = "motcua-keys";

const char *const KEY_FILES[] = {"hub.key", "tls.key", "tls.crt", "tls-next.key", "tls-next.crt", NULL};

/* Room for all of it at once, so that no copy of a key is left behind by growing. */
static struct bytes secret_new(void)
{
	struct bytes secret = bytes_new(SECRET_MAX);
	if (bytes_grow(&secret, SECRET_MAX) != NULL)
		secret.len = 0;
	return secret;
}

static enum status put_file(const char *dir, const char *name, struct bytes *out)
{
	struct bytes content = bytes_new(LIMIT_SETTINGS);
	enum status s = dir_read_secret(dir, name, &content);
	cbor_put_array(out, 2);
	cbor_put_text(out, name, strlen(name));
	cbor_put_bytes(out, content.data, content.len);
	secret_free(&content);
	return s == STATUS_EMPTY ? STATUS_LOST_DATA : s;
}

enum status keys_export(struct hub *hub, const char *path, struct slice passphrase)
{
	struct bytes secret = secret_new();
	struct bytes sealed = bytes_new(SECRET_MAX + 200);
	struct bytes file = bytes_new(SECRET_MAX + 400);
	enum status s = path_exists(path) ? STATUS_EXISTS : bytes_status(&secret);
	cbor_put_array(&secret, N_KEY_FILES);
	for (int i = 0; KEY_FILES[i] != NULL && s == STATUS_OK; i++)
		s = put_file(hub->dir, KEY_FILES[i], &secret);
	if (s == STATUS_OK)
		s = bytes_status(&secret);
	if (s == STATUS_OK)
		s = passphrase_seal(passphrase, bytes_slice(&secret), &sealed);
	cbor_put_array(&file, FILE_ITEMS);
	cbor_put_text(&file, MAGIC, sizeof(MAGIC) - 1);
	cbor_put_uint(&file, FILE_VERSION);
	cbor_put_bytes(&file, hub->identity.hub_id, HUB_ID_LEN);
	cbor_put_bytes(&file, sealed.data, sealed.len);
	if (s == STATUS_OK)
		s = bytes_status(&file);
	if (s == STATUS_OK)
		s = file_write_checked(path, bytes_slice(&file), 0600);
	secret_free(&secret);
	bytes_free(&sealed);
	bytes_free(&file);
	return s;
}

/* A key that lies there is never written over (L9). */
static enum status put_back(const char *dir, const char *name, struct slice content)
{
	struct bytes there = bytes_new(LIMIT_SETTINGS);
	enum status s = dir_read_secret(dir, name, &there);
	if (s == STATUS_OK)
		s = slice_equal(bytes_slice(&there), content) ? STATUS_OK : STATUS_EXISTS;
	else if (s == STATUS_EMPTY)
		s = dir_write(dir, name, content, 0600);
	secret_free(&there);
	return s;
}

static enum status put_all_back(const char *dir, const struct bytes *secret)
{
	struct cbor r = cbor_reader(secret->data, secret->len);
	enum status s = STATUS_OK;
	cbor_array_of(&r, N_KEY_FILES);
	for (int i = 0; KEY_FILES[i] != NULL && s == STATUS_OK; i++) {
		cbor_array_of(&r, 2);
		struct slice name = cbor_text(&r, NAME_MAX_BYTES);
		struct slice content = cbor_bytes(&r, LIMIT_SETTINGS);
		/* The names are ours: nothing in the file says where it goes. */
		if (cbor_status(&r) != STATUS_OK || !slice_equal(name, slice_str(KEY_FILES[i])))
			return STATUS_MALFORMED;
		s = put_back(dir, KEY_FILES[i], content);
	}
	return s;
}

enum status keys_import(const char *dir, const char *path, struct slice passphrase)
{
	uint8_t hub_id[HUB_ID_LEN];
	struct bytes file = bytes_new(SECRET_MAX + 400);
	struct bytes secret = secret_new();
	enum status s = file_read(path, &file);
	struct cbor r = cbor_reader(file.data, file.len);
	cbor_array_of(&r, FILE_ITEMS);
	bool ours = slice_equal(cbor_text(&r, sizeof(MAGIC)), slice_str(MAGIC));
	ours = cbor_uint(&r, UINT32_MAX) == FILE_VERSION && ours;
	cbor_fixed(&r, hub_id, HUB_ID_LEN);
	struct slice sealed = cbor_bytes(&r, SECRET_MAX + 200);
	if (s == STATUS_OK && (cbor_end(&r) != STATUS_OK || !ours))
		s = STATUS_MALFORMED;
	if (s == STATUS_OK)
		s = passphrase_open(passphrase, sealed, &secret);
	if (s == STATUS_OK)
		s = datadir_create(dir);
	if (s == STATUS_OK)
		s = put_all_back(dir, &secret);
	secret_free(&secret);
	bytes_free(&file);
	return s == STATUS_LIMIT ? STATUS_MALFORMED : s;
}
