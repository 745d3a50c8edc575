#include "hub/acts_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir.h"
#include "config/log.h"
#include "hub/backup_note.h"
#include "hub/log.h"
#include "hub/log_limit.h"

enum {
	FILE_VERSION = 1,
	START_ITEMS = 5,
	RECORD_ITEMS = 5,
	FILE_MAX = 256 * 1024 * 1024, /* the acts of many years */
	PATH_ROOM = BACKUP_PATH + 16,
	NAMES_ASIDE = 1000
};
static const char MAGIC[] = "motcua-acts";

/* --- reading --- */

static enum status take_start(struct cbor *r, const uint8_t hub_id[static HUB_ID_LEN], struct acts_start *ret_start)
{
	uint8_t id[HUB_ID_LEN] = {0};
	cbor_array_of(r, START_ITEMS);
	bool ours = slice_equal(cbor_text(r, sizeof(MAGIC)), slice_str(MAGIC));
	ours = cbor_uint(r, UINT32_MAX) == FILE_VERSION && ours;
	cbor_fixed(r, id, HUB_ID_LEN);
	ret_start->n = cbor_int(r, 0, INT64_MAX);
	cbor_fixed(r, ret_start->chain, HASH_LEN);
	return cbor_status(r) == STATUS_OK && ours && memcmp(id, hub_id, HUB_ID_LEN) == 0 ? STATUS_OK
											  : STATUS_FOREIGN;
}

static bool take_record(struct cbor *r, struct acts_record *ret_record)
{
	cbor_array_of(r, RECORD_ITEMS);
	ret_record->n = cbor_int(r, 1, INT64_MAX);
	ret_record->accepted_at = cbor_int(r, TIME_MIN, TIME_MAX);
	cbor_fixed(r, ret_record->chain, HASH_LEN);
	ret_record->sealed = cbor_bytes(r, LIMIT_ACT);
	ret_record->key = cbor_bytes(r, MAC_LEN);
	return cbor_status(r) == STATUS_OK;
}

/* *ret_whole: how many bytes of the file are whole records. */
static enum status read_records(struct cbor *r, const struct identity *hub, acts_each each, void *context,
				const uint8_t **ret_whole)
{
	enum status s = STATUS_OK;
	*ret_whole = r->next;
	while (s == STATUS_OK && r->next < r->end) {
		struct acts_record record = {0};
		if (!take_record(r, &record))
			break;
		record.verified = act_open(record.sealed, hub->hub_id, hub->sign_key, &record.act) == STATUS_OK;
		s = each(context, &record);
		if (s == STATUS_OK)
			*ret_whole = r->next;
	}
	return s;
}

enum status acts_log_read(const char *path, const struct identity *hub, acts_each each, void *context,
			  struct acts_start *ret_start)
{
	struct bytes file = bytes_new(FILE_MAX);
	struct acts_start start = {0};
	const uint8_t *whole = NULL;
	enum status s = file_read(path, &file);
	struct cbor r = cbor_reader(file.data, file.len);
	if (s == STATUS_OK)
		s = take_start(&r, hub->hub_id, &start);
	if (s == STATUS_OK)
		s = read_records(&r, hub, each, context, &whole);
	start.cut = s == STATUS_OK && whole != file.data + file.len;
	bytes_free(&file);
	if (s == STATUS_OK)
		*ret_start = start;
	return s;
}

/* --- following --- */

enum status acts_log_move(struct hub *hub, const char *folder)
{
	char path[PATH_ROOM];
	size_t end = strlen(folder);
	bool closed = end > 0 && folder[end - 1] == '/';
	int len = snprintf(path, sizeof(path), "%s%s%s", folder, closed ? "" : "/", ACTS_LOG_FILE);
	if (len < 0 || (size_t)len >= sizeof(path))
		return STATUS_LIMIT;
	hub->acts_due = true;
	hub->acts_size = 0;
	return hub_note_set(hub, "acts", slice_str(path));
}

static enum status get_path(struct hub *hub, char ret_path[static PATH_ROOM])
{
	struct bytes path = bytes_new(PATH_ROOM - 1);
	enum status s = hub_note_get(hub, "acts", &path);
	if (s == STATUS_OK)
		(void)snprintf(ret_path, PATH_ROOM, "%.*s", (int)path.len, (const char *)path.data); /* fits */
	bytes_free(&path);
	return s;
}

/* Whether an entry of this log has this chain hash. */
static enum status stands_here(struct hub *hub, int64_t n, const uint8_t chain[static HASH_LEN], bool *ret_stands)
{
	struct query q = query_start(hub->db, "SELECT 1 FROM log WHERE n = ?1 AND chain = ?2");
	query_int(&q, 1, n);
	query_blob(&q, 2, slice_of(chain, HASH_LEN));
	*ret_stands = n == 0 || query_row(&q);
	return query_finish(&q);
}

/* Where a file ends, as far as it is whole and of this log's past. */
struct acts_end {
	bool ours;
	int64_t n;    /* of its last record, or of its start */
	int64_t size; /* bytes that are whole */
};

static enum status find_end(struct hub *hub, const char *path, struct acts_end *ret_end)
{
	struct bytes file = bytes_new(FILE_MAX);
	struct acts_end end = {0};
	struct acts_start start = {0};
	enum status s = file_read(path, &file);
	struct cbor r = cbor_reader(file.data, file.len);
	if (s == STATUS_OK && take_start(&r, hub->identity.hub_id, &start) == STATUS_OK) {
		struct acts_record record;
		uint8_t chain[HASH_LEN];
		end.n = start.n;
		end.size = (int64_t)(r.next - file.data);
		memcpy(chain, start.chain, HASH_LEN);
		while (r.next < r.end && take_record(&r, &record)) {
			end.n = record.n;
			end.size = (int64_t)(r.next - file.data);
			memcpy(chain, record.chain, HASH_LEN);
		}
		/* The chain is that of all entries before it. */
		s = stands_here(hub, end.n, chain, &end.ours);
	}
	bytes_free(&file);
	*ret_end = end;
	return s == STATUS_EMPTY || s == STATUS_LIMIT ? STATUS_OK : s;
}

/* What stands there is of another life of this hub, or of somebody else. */
static enum status put_aside(const char *path)
{
	for (int i = 1; i < NAMES_ASIDE; i++) {
		char aside[PATH_ROOM + 8];
		(void)snprintf(aside, sizeof(aside), "%s.%d", path, i); /* fits */
		if (!path_exists(aside)) {
			enum status s = file_move(path, aside);
			if (s == STATUS_OK)
				log_event(LOG_WARNING, "event=acts-log-put-aside as=%s", aside);
			return s;
		}
	}
	return STATUS_EXISTS;
}

static void put_start(const struct hub *hub, const struct backup_note *from, struct bytes *out)
{
	cbor_put_array(out, START_ITEMS);
	cbor_put_text(out, MAGIC, sizeof(MAGIC) - 1);
	cbor_put_uint(out, FILE_VERSION);
	cbor_put_bytes(out, hub->identity.hub_id, HUB_ID_LEN);
	cbor_put_int(out, from->entry);
	cbor_put_bytes(out, from->chain, HASH_LEN);
}

/* It begins where the last backup ends. */
static enum status begin_file(struct hub *hub, const char *path, struct acts_end *ret_end)
{
	struct backup_note from = {0};
	struct bytes start = bytes_new(FILE_MAX);
	enum status s = path_exists(path) ? put_aside(path) : STATUS_OK;
	if (s == STATUS_OK)
		s = backup_note_get(hub, &from);
	if (s == STATUS_EMPTY)
		s = STATUS_OK; /* from the log's first entry on */
	if (s == STATUS_OK) {
		put_start(hub, &from, &start);
		s = bytes_status(&start);
	}
	if (s == STATUS_OK)
		s = file_write(path, bytes_slice(&start), 0600);
	*ret_end = (struct acts_end){.ours = true, .n = from.entry, .size = (int64_t)start.len};
	bytes_free(&start);
	return s;
}

/* What a code proves is in no log: without it the invitation could not be used any more. */
static enum status put_key(struct hub *hub, const struct act *act, struct bytes *out)
{
	struct cbor r = cbor_reader(act->body.data, act->body.len);
	uint8_t id[KEY_ID_LEN] = {0};
	struct slice key = {0};
	(void)cbor_array(&r, RECORD_ITEMS);
	cbor_fixed(&r, id, KEY_ID_LEN);
	struct query q = query_start(hub->db, "SELECT mac_key FROM invitation WHERE id = ?1");
	query_blob(&q, 1, slice_of(id, KEY_ID_LEN));
	if (act->type == ACT_INVITE && query_row(&q))
		key = query_get_blob(&q, 0);
	cbor_put_bytes(out, key.data, key.len);
	return query_finish(&q);
}

static enum status put_records(struct hub *hub, int64_t above, struct bytes *out)
{
	struct query q = query_start(hub->db, "SELECT n, accepted_at, chain, body FROM log WHERE n > ?1"
					      " AND type = ?2 ORDER BY n");
	query_int(&q, 1, above);
	query_int(&q, 2, LOG_ACT);
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct slice chain = query_get_blob(&q, 2);
		struct slice body = query_get_blob(&q, 3);
		struct act act;
		cbor_put_array(out, RECORD_ITEMS);
		cbor_put_int(out, query_get_int(&q, 0));
		cbor_put_int(out, query_get_int(&q, 1));
		cbor_put_bytes(out, chain.data, chain.len);
		cbor_put_bytes(out, body.data, body.len);
		s = act_open(body, hub->identity.hub_id, hub->identity.sign_key, &act);
		if (s == STATUS_OK)
			s = put_key(hub, &act, out);
	}
	enum status end = query_finish(&q);
	if (s == STATUS_OK)
		s = end;
	return s == STATUS_OK ? bytes_status(out) : s;
}

/* What a power cut left behind the last whole record goes. */
static enum status append(const char *path, int64_t at, struct slice records)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
	if (fd < 0)
		return status_of_errno(errno);
	enum status s = ftruncate(fd, (off_t)at) == 0 ? STATUS_OK : status_of_errno(errno);
	for (size_t done = 0; s == STATUS_OK && done < records.len;) {
		ssize_t n = pwrite(fd, records.data + done, records.len - done, (off_t)at + (off_t)done);
		if (n < 0 && errno != EINTR)
			s = status_of_errno(errno);
		done += n > 0 ? (size_t)n : 0;
	}
	if (s == STATUS_OK && fsync(fd) != 0)
		s = status_of_errno(errno);
	if (close(fd) != 0 && s == STATUS_OK)
		s = status_of_errno(errno);
	return s;
}

/* As this process left it, if nobody has written to it since. */
static bool is_as_left(const struct hub *hub, const char *path)
{
	struct stat info;
	return hub->acts_size > 0 && stat(path, &info) == 0 && info.st_size == hub->acts_size &&
	       info.st_ino == hub->acts_file;
}

static void note_left(struct hub *hub, const char *path)
{
	struct stat info;
	if (stat(path, &info) != 0)
		return; /* looked at anew next time */
	hub->acts_n = hub->last_entry;
	hub->acts_size = info.st_size;
	hub->acts_file = info.st_ino;
}

static enum status follow(struct hub *hub, const char *path)
{
	struct acts_end end = {.ours = true, .n = hub->acts_n, .size = hub->acts_size};
	struct bytes records = bytes_new(FILE_MAX);
	enum status s = is_as_left(hub, path) ? STATUS_OK : find_end(hub, path, &end);
	hub->acts_size = 0;
	if (s == STATUS_OK && !end.ours)
		s = begin_file(hub, path, &end);
	if (s == STATUS_OK)
		s = put_records(hub, end.n, &records);
	if (s == STATUS_OK)
		s = append(path, end.size, bytes_slice(&records));
	if (s == STATUS_OK)
		note_left(hub, path);
	bytes_free(&records);
	return s;
}

enum status acts_log_follow(struct hub *hub)
{
	char path[PATH_ROOM] = "";
	enum status s = get_path(hub, path);
	bool nowhere = s == STATUS_EMPTY;
	if (s == STATUS_OK)
		s = follow(hub, path);
	if (s == STATUS_OK || nowhere) {
		hub->acts_due = false;
		s = STATUS_OK;
	}
	if (s != STATUS_OK && log_limit_passes(hub->remarks, slice_str(ACTS_LOG_FILE), hub_now(hub)))
		log_event(LOG_ERROR, "event=acts-log-behind code=%s path=%s", status_code(s), path);
	return s;
}

enum status acts_log_look(struct hub *hub, struct bytes *ret_path, int64_t *ret_behind)
{
	char path[PATH_ROOM];
	struct acts_end end = {0};
	enum status s = get_path(hub, path);
	bytes_clear(ret_path);
	*ret_behind = 0;
	if (s != STATUS_OK)
		return s == STATUS_EMPTY ? STATUS_OK : s;
	bytes_put_str(ret_path, path);
	s = find_end(hub, path, &end);
	if (s != STATUS_OK || !end.ours) {
		*ret_behind = -1;
		return bytes_status(ret_path);
	}
	struct query q = query_start(hub->db, "SELECT count(*) FROM log WHERE n > ?1 AND type = ?2");
	query_int(&q, 1, end.n);
	query_int(&q, 2, LOG_ACT);
	if (query_row(&q))
		*ret_behind = query_get_int(&q, 0);
	s = query_finish(&q);
	return s == STATUS_OK ? bytes_status(ret_path) : s;
}
