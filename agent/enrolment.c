#include "agent/enrolment.h"
#include "config/datadir.h"

#include <stdlib.h>
#include <string.h>

enum { FILE_VERSION = 1, FILE_ITEMS = 6, FILE_MAX = 1024 };

enum status enrolment_load(const struct agent *a, struct enrolment *ret_enrolment)
{
	struct enrolment e = {.port = a->port};
	memcpy(e.host, a->host, sizeof(e.host));
	memcpy(e.unit, a->unit, sizeof(e.unit));
	enum status s = store_number(a->db, STORE_ENROLLED_AT, TIME_UNSET, &e.enrolled_at);
	if (s == STATUS_OK)
		s = store_string(a->db, STORE_UNIT_NAME, e.unit_name, sizeof(e.unit_name));
	if (s == STATUS_OK)
		*ret_enrolment = e;
	return s;
}

enum status enrolment_store(struct database *db, const struct enrolment *e)
{
	enum status s = store_set_text(db, STORE_UNIT, slice_str(e->unit));
	if (s == STATUS_OK)
		s = store_set_text(db, STORE_UNIT_NAME, slice_str(e->unit_name));
	if (s == STATUS_OK)
		s = store_set_text(db, STORE_HOST, slice_str(e->host));
	if (s == STATUS_OK)
		s = store_set_number(db, STORE_PORT, e->port);
	return s == STATUS_OK ? store_set_number(db, STORE_ENROLLED_AT, e->enrolled_at) : s;
}

static void take_text(struct cbor *r, char *out, size_t size)
{
	struct slice text = cbor_text(r, size - 1);
	if (text.len > 0)
		memcpy(out, text.data, text.len);
	out[text.len] = '\0';
}

enum status enrolment_read(const char *dir, struct enrolment *ret_enrolment)
{
	struct bytes content = bytes_new(FILE_MAX);
	struct enrolment e = {0};
	enum status s = dir_read(dir, ENROLMENT_FILE, &content);
	if (s == STATUS_OK) {
		struct cbor r = cbor_reader(content.data, content.len);
		cbor_array_of(&r, FILE_ITEMS);
		if (cbor_uint(&r, FILE_VERSION) != FILE_VERSION)
			cbor_fail(&r);
		take_text(&r, e.host, sizeof(e.host));
		e.port = (uint16_t)cbor_uint(&r, UINT16_MAX);
		take_text(&r, e.unit, sizeof(e.unit));
		take_text(&r, e.unit_name, sizeof(e.unit_name));
		e.enrolled_at = cbor_int(&r, TIME_MIN, TIME_MAX);
		s = cbor_end(&r) == STATUS_OK && (e.port > 0) == (e.host[0] != '\0') ? STATUS_OK : STATUS_CORRUPT;
	} else if (s == STATUS_LIMIT) {
		s = STATUS_CORRUPT;
	}
	if (s == STATUS_OK)
		*ret_enrolment = e;
	bytes_free(&content);
	return s;
}

enum status enrolment_write(const char *dir, const struct enrolment *e)
{
	struct bytes content = bytes_new(FILE_MAX);
	cbor_put_array(&content, FILE_ITEMS);
	cbor_put_uint(&content, FILE_VERSION);
	cbor_put_text(&content, e->host, strlen(e->host));
	cbor_put_uint(&content, e->port);
	cbor_put_text(&content, e->unit, strlen(e->unit));
	cbor_put_text(&content, e->unit_name, strlen(e->unit_name));
	cbor_put_int(&content, e->enrolled_at);
	enum status s = bytes_status(&content);
	if (s == STATUS_OK)
		s = dir_write(dir, ENROLMENT_FILE, bytes_slice(&content), 0600);
	bytes_free(&content);
	return s;
}

enum status enrolment_confirm(const struct agent *a)
{
	struct enrolment e;
	enum status s = enrolment_load(a, &e);
	if (s == STATUS_OK)
		s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	/* Another value in between: SQLite does not write what is there already. */
	s = store_set_number(a->db, STORE_ENROLLED_AT, TIME_UNSET);
	if (s == STATUS_OK)
		s = enrolment_store(a->db, &e);
	s = database_end(a->db, s);
	/* It is enrolled all the same. */
	return s == STATUS_DISK_FULL || s == STATUS_DISK_READ_ONLY ? STATUS_OK : s;
}

enum status enrolment_keep(const struct agent *a)
{
	char *path = path_join(a->dir, ENROLMENT_FILE);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	bool kept = path_exists(path);
	free(path);
	if (kept)
		return STATUS_OK;
	struct enrolment e;
	enum status s = enrolment_load(a, &e);
	return s == STATUS_OK ? enrolment_write(a->dir, &e) : s;
}
