#include "hub/backup_note.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/batch_form.h"

enum { PIECE = 1 << 16 };
enum { NOTE_VERSION = 1, NOTE_ITEMS = 7, NOTE_MAX = BACKUP_PATH + 200 };

static enum status read_note(const struct bytes *content, struct backup_note *ret_note)
{
	struct backup_note note = {0};
	struct cbor r = cbor_reader(content->data, content->len);
	cbor_array_of(&r, NOTE_ITEMS);
	if (cbor_uint(&r, UINT32_MAX) != NOTE_VERSION)
		cbor_fail(&r);
	note.at = cbor_int(&r, TIME_MIN, TIME_MAX);
	note.entry = cbor_int(&r, 0, INT64_MAX);
	cbor_fixed(&r, note.chain, HASH_LEN);
	note.bytes = cbor_int(&r, 0, INT64_MAX);
	cbor_fixed(&r, note.digest, HASH_LEN);
	struct slice path = cbor_bytes(&r, BACKUP_PATH);
	if (cbor_end(&r) != STATUS_OK)
		return STATUS_CORRUPT;
	if (path.len > 0)
		memcpy(note.path, path.data, path.len);
	*ret_note = note;
	return STATUS_OK;
}

enum status backup_note_get(struct hub *hub, struct backup_note *ret_note)
{
	struct bytes content = bytes_new(NOTE_MAX);
	enum status s = hub_note_get(hub, "backup", &content);
	if (s == STATUS_OK)
		s = read_note(&content, ret_note);
	bytes_free(&content);
	return s;
}

static enum status put_note(struct hub *hub, const struct backup_note *note)
{
	struct bytes content = bytes_new(NOTE_MAX);
	cbor_put_array(&content, NOTE_ITEMS);
	cbor_put_uint(&content, NOTE_VERSION);
	cbor_put_int(&content, note->at);
	cbor_put_int(&content, note->entry);
	cbor_put_bytes(&content, note->chain, HASH_LEN);
	cbor_put_int(&content, note->bytes);
	cbor_put_bytes(&content, note->digest, HASH_LEN);
	cbor_put_bytes(&content, (const uint8_t *)note->path, strlen(note->path));
	enum status s = bytes_status(&content);
	if (s == STATUS_OK)
		s = hub_note_set(hub, "backup", bytes_slice(&content));
	bytes_free(&content);
	return s;
}

static enum status put_safe(struct hub *hub, struct query *chain)
{
	struct query q =
		query_start(hub->db, "INSERT INTO safe (device, ordinal, bits, have) VALUES (?1, ?2, ?3, ?4)");
	query_blob(&q, 1, query_get_blob(chain, 0));
	query_int(&q, 2, query_get_int(chain, 1));
	query_blob(&q, 3, query_get_blob(chain, 2));
	query_int(&q, 4, query_get_int(chain, 3));
	return query_run(&q);
}

enum status backup_note_set(struct hub *hub, const struct backup_note *note, struct hub *copy)
{
	enum status s = database_script(hub->db, "DELETE FROM safe");
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(copy->db, "SELECT device, ordinal, bits, have FROM chain");
	while (s == STATUS_OK && query_row(&q))
		s = put_safe(hub, &q);
	enum status end = query_finish(&q);
	if (s == STATUS_OK)
		s = end;
	return s == STATUS_OK ? put_note(hub, note) : s;
}

enum status backup_note_expected(struct hub *hub, bool *ret_expected)
{
	struct bytes content = bytes_new(NOTE_MAX);
	enum status s = hub_note_get(hub, "backups", &content);
	bytes_free(&content);
	*ret_expected = s == STATUS_OK;
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

enum status backup_note_expect(struct hub *hub, bool expected)
{
	if (!expected)
		return database_script(hub->db, "DELETE FROM note WHERE name = 'backups'");
	return hub_note_set(hub, "backups", slice_str("on"));
}

enum status backup_note_digest(struct backup_note *note, const char *path)
{
	uint8_t *piece = malloc(PIECE);
	struct hash_stream *h = hash_stream_new();
	FILE *file = fopen(path, "rb");
	enum status s = piece == NULL || h == NULL ? STATUS_NO_MEMORY : file == NULL ? STATUS_DISK : STATUS_OK;
	size_t n = 1;
	note->bytes = 0;
	while (s == STATUS_OK && n > 0) {
		n = fread(piece, 1, PIECE, file);
		hash_stream_put(h, slice_of(piece, n));
		note->bytes += (int64_t)n;
	}
	if (s == STATUS_OK && ferror(file) != 0)
		s = STATUS_DISK;
	hash_stream_end(h, note->digest);
	if (file != NULL)
		(void)fclose(file); /* opened for reading */
	free(piece);
	return s;
}

enum status backup_note_set_made(struct database *copy, int64_t at)
{
	struct query q = query_start(copy, "INSERT OR REPLACE INTO note (name, value) VALUES ('made', ?1)");
	uint8_t stored[8];
	bits_put((uint64_t)at, stored);
	query_blob(&q, 1, slice_of(stored, sizeof(stored)));
	return query_run(&q);
}

enum status backup_note_made(struct hub *copy, int64_t *ret_at)
{
	struct bytes stored = bytes_new(NOTE_MAX);
	enum status s = hub_note_get(copy, "made", &stored);
	if (s == STATUS_OK && stored.len != 8)
		s = STATUS_CORRUPT;
	if (s == STATUS_OK)
		*ret_at = (int64_t)bits_take(stored.data);
	bytes_free(&stored);
	return s;
}
