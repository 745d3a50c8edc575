#include "config/foreign_table.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "config/child.h"

enum {
	CHUNK = 64 * 1024,
	PATIENCE_MS = 4 * 60 * 1000 /* motcua-tables, which counts its own time, has ended before */
};

/* A file whose beginning was looked at, and is read again. */
struct looked_at {
	reader_source source;
	void *context;
	uint8_t *head;
	size_t len;
	size_t given; /* of the head, handed out again */
	bool ended;
	int64_t total;
};

/* What is under way to motcua-tables, whose answer is the source of rows. */
struct translation {
	struct looked_at *file;
	pid_t pid;
	int fd;
	uint8_t piece[CHUNK];
	size_t len;
	size_t sent;
	bool ended; /* nothing more goes there */
};

static enum status look_at(struct looked_at *file)
{
	while (file->len < CHUNK && !file->ended) {
		size_t got = 0;
		enum status s = file->source(file->context, file->head + file->len, CHUNK - file->len, &got);
		if (s != STATUS_OK)
			return s;
		file->ended = got == 0;
		file->len += got;
	}
	return STATUS_OK;
}

static enum status read_again(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct looked_at *file = context;
	size_t left = file->len - file->given;
	if (left > 0) {
		*ret_len = left < len ? left : len;
		memcpy(buf, file->head + file->given, *ret_len);
		file->given += *ret_len;
		return STATUS_OK;
	}
	*ret_len = 0;
	return file->ended ? STATUS_OK : file->source(file->context, buf, len, ret_len);
}

/* Sends on what there is; the program may have had enough of it, which is no fault of ours. */
static enum status send_some(struct translation *t)
{
	if (t->sent == t->len) {
		enum status s = read_again(t->file, t->piece, sizeof(t->piece), &t->len);
		t->sent = 0;
		if (s != STATUS_OK)
			return s;
		t->file->total += (int64_t)t->len;
		t->ended = t->len == 0;
		if (t->ended)
			(void)shutdown(t->fd, SHUT_WR); /* fails only where the other side has ended */
		if (t->ended)
			return STATUS_OK;
	}
	if (t->file->total > LIMIT_IMPORT_BYTES)
		return STATUS_LIMIT;
	ssize_t n = send(t->fd, t->piece + t->sent, t->len - t->sent, MSG_NOSIGNAL);
	if (n > 0)
		t->sent += (size_t)n;
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		t->ended = true;
	return STATUS_OK;
}

/* Both ways at once: the program answers while it is still being told. */
static enum status receive_some(void *context, void *buf, size_t len, size_t *ret_len)
{
	struct translation *t = context;
	*ret_len = 0;
	for (;;) {
		struct pollfd watch = {.fd = t->fd, .events = POLLIN};
		if (!t->ended)
			watch.events = POLLIN | POLLOUT;
		int n_ready = poll(&watch, 1, PATIENCE_MS);
		if (n_ready < 0 && errno != EINTR)
			return STATUS_BUSY;
		if (n_ready == 0)
			return STATUS_OK;
		if ((watch.revents & (POLLIN | POLLHUP | POLLERR)) != 0) {
			ssize_t n = recv(t->fd, buf, len, 0);
			if (n >= 0) {
				*ret_len = (size_t)n;
				return STATUS_OK;
			}
			/* Killed in the middle: the end that it did not say is missed further on. */
			if (errno != EAGAIN && errno != EINTR)
				return STATUS_OK;
		}
		enum status s = (watch.revents & POLLOUT) != 0 && !t->ended ? send_some(t) : STATUS_OK;
		if (s != STATUS_OK)
			return s;
	}
}

static enum status refuse(struct reader_report *report, enum table_format format, const char *reason)
{
	*report = (struct reader_report){.format = format, .reason = reason};
	return STATUS_REFUSED;
}

static enum status start(struct translation *t, const char *program, enum table_format format)
{
	static char option[] = "--format";
	static char xlsx[] = "xlsx";
	static char html[] = "html";
	struct bytes path = bytes_new(CHILD_PATH);
	char *environment[] = {NULL};
	int error = 0;
	if (program == NULL) {
		child_beside("motcua-tables", &path);
	} else {
		bytes_put_str(&path, program);
		bytes_put_u8(&path, '\0');
	}
	enum status s = path.len > 0 ? bytes_status(&path) : STATUS_SETTINGS;
	char *arguments[] = {(char *)path.data, option, format == FORMAT_XLSX ? xlsx : html, NULL};
	if (s == STATUS_OK)
		s = child_start(arguments, environment, &t->pid, &t->fd, &error);
	bytes_free(&path);
	return s;
}

static enum status translate(struct reader_form form, const char *program, struct looked_at *file, reader_row row,
			     void *row_context, struct reader_report *ret_report)
{
	struct translation *t = malloc(sizeof(*t));
	if (t == NULL)
		return STATUS_NO_MEMORY;
	*t = (struct translation){.file = file, .fd = -1};
	enum status s = start(t, program, form.format);
	if (s == STATUS_OK) {
		form.translated = true;
		s = reader_run_form(form, receive_some, t, row, row_context, ret_report);
		child_end(t->pid, t->fd, 0);
	} else if (s == STATUS_SETTINGS) {
		s = refuse(ret_report, form.format, "no-reader");
	}
	free(t);
	return s;
}

static bool is_foreign(enum table_format format)
{
	return format == FORMAT_XLSX || format == FORMAT_HTML;
}

static enum status read_looked_at(struct reader_form form, const char *program, struct looked_at *file,
				  reader_row row, void *row_context, struct reader_report *ret_report)
{
	const char *reason = NULL;
	enum table_format seen = reader_sniff(slice_of(file->head, file->len), &reason);
	if (form.format == FORMAT_AUTO && reason == NULL)
		form.format = seen;
	if (!is_foreign(form.format))
		return reader_run_form(form, read_again, file, row, row_context, ret_report);
	if (seen != form.format)
		return refuse(ret_report, form.format, reason != NULL ? reason : "other-format");
	return translate(form, program, file, row, row_context, ret_report);
}

enum status foreign_table_run(struct reader_form form, const char *program, reader_source source,
			      void *source_context, reader_row row, void *row_context,
			      struct reader_report *ret_report)
{
	struct looked_at file = {.source = source, .context = source_context, .head = malloc(CHUNK)};
	*ret_report = (struct reader_report){.format = form.format};
	if (file.head == NULL)
		return STATUS_NO_MEMORY;
	enum status s = look_at(&file);
	if (s == STATUS_OK)
		s = read_looked_at(form, program, &file, row, row_context, ret_report);
	free(file.head);
	return s;
}

enum status foreign_table_format(const char *word, enum table_format *ret_format)
{
	static const char *const words[] = {"auto", "ndjson", "csv", "xlsx", "html"};
	static const enum table_format formats[] = {FORMAT_AUTO, FORMAT_NDJSON, FORMAT_CSV, FORMAT_XLSX,
						    FORMAT_HTML};
	for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
		if (strcmp(word, words[i]) == 0) {
			*ret_format = formats[i];
			return STATUS_OK;
		}
	}
	return STATUS_USAGE;
}
