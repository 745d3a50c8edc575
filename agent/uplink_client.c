#include "agent/transport.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "config/child.h"
#include "config/log.h"

enum {
	MARGIN_MS = 2000, /* after the exchange's own deadline motcua-uplink is taken for stuck */
	LEAVE_MS = 2000,  /* to end by itself when its stdin ends */
	SLICE_MS = 10000  /* a sleep of the machine in the middle of an exchange is noticed so soon */
};

static const char PROGRAM[] = "motcua-uplink";
static const char TLS_VARIABLE[] = "GNUTLS_SYSTEM_PRIORITY_FILE=";

/* Invariant: pid > 0 exactly when fd >= 0. */
struct uplink {
	struct transport transport; /* first, so that a transport is its uplink */
	struct uplink_care care;
	struct bytes path; /* of the program, ends with a zero byte */
	struct bytes tls;  /* the variable naming the TLS choices, or empty */
	pid_t pid;
	int fd; /* a socket: the program's stdin and stdout */
	struct bytes frame;
};

/* Counts while the machine sleeps, too: afterwards a deadline is over, as it is for the other side. */
static int64_t now_ms(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail with this clock */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* Waits for events. STATUS_UNREACHABLE at until_ms, STATUS_STOPPED if it shall stop or a signal was handled. */
static enum status wait_for(const struct uplink *u, short events, int64_t until_ms)
{
	struct pollfd watch[] = {{.fd = u->fd, .events = events}, {.fd = (int)u->care.stop, .events = POLLIN}};
	for (;;) {
		int64_t left = until_ms - now_ms();
		int64_t slice = left < 0 ? 0 : least(left, SLICE_MS);
		if (u->care.every_ms > 0)
			slice = least(slice, u->care.every_ms);
		int n = poll(watch, sizeof(watch) / sizeof(watch[0]), (int)slice);
		if (n < 0)
			return errno == EINTR ? STATUS_STOPPED : STATUS_UNREACHABLE;
		if (watch[1].revents != 0)
			return STATUS_STOPPED;
		if (n > 0)
			return STATUS_OK;
		if (left <= 0)
			return STATUS_UNREACHABLE;
		if (u->care.every_ms > 0)
			u->care.alive(u->care.context);
	}
}

static enum status send_all(const struct uplink *u, struct slice data, int64_t until_ms)
{
	while (data.len > 0) {
		ssize_t n = send(u->fd, data.data, data.len, MSG_NOSIGNAL);
		if (n > 0) {
			data = slice_of(data.data + n, data.len - (size_t)n);
			continue;
		}
		if (n < 0 && errno != EAGAIN && errno != EINTR)
			return STATUS_UNREACHABLE;
		enum status s = wait_for(u, POLLOUT, until_ms);
		if (s != STATUS_OK)
			return s;
	}
	return STATUS_OK;
}

static enum status receive_all(const struct uplink *u, uint8_t *data, size_t len, int64_t until_ms)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = recv(u->fd, data + got, len - got, 0);
		if (n > 0) {
			got += (size_t)n;
			continue;
		}
		if (n == 0 || (errno != EAGAIN && errno != EINTR))
			return STATUS_UNREACHABLE;
		enum status s = wait_for(u, POLLIN, until_ms);
		if (s != STATUS_OK)
			return s;
	}
	return STATUS_OK;
}

static enum status receive_frame(struct uplink *u, int64_t until_ms)
{
	uint8_t head[FRAME_HEAD];
	size_t len = 0;
	bytes_clear(&u->frame);
	enum status s = receive_all(u, head, sizeof(head), until_ms);
	if (s == STATUS_OK)
		s = frame_head_take(head, &len);
	if (s != STATUS_OK)
		return s;
	uint8_t *payload = bytes_grow(&u->frame, len);
	return payload == NULL ? bytes_status(&u->frame) : receive_all(u, payload, len, until_ms);
}

static enum status send_frame(struct uplink *u, const struct uplink_request *request, int64_t until_ms)
{
	struct bytes head = bytes_new(FRAME_HEAD);
	bytes_clear(&u->frame);
	uplink_request_put(&u->frame, request);
	frame_head_put(&head, u->frame.len);
	enum status s = bytes_status(&u->frame);
	if (s == STATUS_OK)
		s = bytes_status(&head);
	if (s == STATUS_OK)
		s = send_all(u, bytes_slice(&head), until_ms);
	if (s == STATUS_OK)
		s = send_all(u, bytes_slice(&u->frame), until_ms);
	bytes_free(&head);
	return s;
}

/* Ends and reaps the program; with leave it first gets a moment to end by itself. */
static void end_program(struct uplink *u, bool leave)
{
	if (u->fd < 0)
		return;
	child_end(u->pid, u->fd, leave ? LEAVE_MS : 0);
	u->fd = -1;
	u->pid = 0;
}

/* The program gets an environment of at most the TLS choices. */
static enum status start_program(struct uplink *u)
{
	char *arguments[] = {(char *)u->path.data, NULL};
	char *environment[] = {u->tls.len > 0 ? (char *)u->tls.data : NULL, NULL};
	int error = 0;
	enum status s = child_start(arguments, environment, &u->pid, &u->fd, &error);
	if (s == STATUS_OK)
		return s;
	/* The number: libc's own words come in whatever language the machine has. */
	log_event(LOG_WARNING, "uplink start program=%s errno=%d", arguments[0], error);
	return s == STATUS_SETTINGS ? s : STATUS_UNREACHABLE;
}

/* Between exchanges the program says nothing: whatever can be read then is its end, or nonsense. */
static enum status ensure_program(struct uplink *u)
{
	struct pollfd watch = {.fd = u->fd, .events = POLLIN};
	if (u->fd >= 0 && poll(&watch, 1, 0) != 0)
		end_program(u, false);
	return u->fd >= 0 ? STATUS_OK : start_program(u);
}

static enum status status_of(enum uplink_outcome outcome)
{
	switch (outcome) {
	case OUTCOME_ANSWERED:
		return STATUS_OK;
	case OUTCOME_UNREACHABLE:
		return STATUS_UNREACHABLE;
	case OUTCOME_PIN:
		return STATUS_PIN;
	case OUTCOME_TOO_LARGE:
		return STATUS_LIMIT;
	case OUTCOME_REFUSED:
		return STATUS_SETTINGS;
	case OUTCOME_NO_NAME:
		return STATUS_NO_NAME;
	case OUTCOME_BROKEN_OFF:
		return STATUS_BROKEN_OFF;
	case OUTCOME_PROXY:
		return STATUS_PROXY;
	case OUTCOME_PROXY_LOGIN:
		return STATUS_PROXY_LOGIN;
	}
	return STATUS_UNREACHABLE;
}

static enum status run_program(struct uplink *u, const struct uplink_request *request,
			       struct uplink_answer *ret_answer)
{
	int64_t until_ms = now_ms() + request->deadline_ms + MARGIN_MS;
	enum status s = send_frame(u, request, until_ms);
	if (s == STATUS_OK)
		transport_meanwhile(&u->transport);
	if (s == STATUS_OK)
		s = receive_frame(u, until_ms);
	if (s == STATUS_OK)
		s = uplink_answer_take(bytes_slice(&u->frame), ret_answer);
	if (s == STATUS_OK)
		return STATUS_OK;
	/* Half a request or half an answer may be under way: only a new program is in step again. */
	end_program(u, s == STATUS_STOPPED);
	if (s == STATUS_STOPPED)
		return s;
	log_event(LOG_WARNING, "uplink broken status=%s", status_code(s));
	return s == STATUS_NO_MEMORY ? s : STATUS_UNREACHABLE;
}

static bool shall_stop(const struct uplink *u)
{
	struct pollfd watch = {.fd = (int)u->care.stop, .events = POLLIN};
	return poll(&watch, 1, 0) > 0;
}

static enum status exchange(struct transport *t, const struct uplink_request *request, int *ret_http_status,
			    int64_t *ret_retry_after_s, struct bytes *ret_body)
{
	struct uplink *u = (struct uplink *)t;
	struct uplink_answer answer;
	bytes_clear(ret_body);
	if (!uplink_request_allowed(request))
		return STATUS_SETTINGS;
	if (request->body.len > LIMIT_REQUEST)
		return STATUS_LIMIT;
	enum status s = shall_stop(u) ? STATUS_STOPPED : ensure_program(u);
	if (s == STATUS_OK)
		s = run_program(u, request, &answer);
	if (s != STATUS_OK)
		return s;
	s = status_of(answer.outcome);
	if (s != STATUS_OK) {
		log_event(LOG_NOTICE, "exchange failed path=%.*s status=%s detail=\"%.*s\"", (int)request->path.len,
			  (const char *)request->path.data, status_code(s), (int)answer.detail.len,
			  (const char *)answer.detail.data);
		return s;
	}
	bytes_put(ret_body, answer.body.data, answer.body.len);
	s = bytes_status(ret_body);
	if (s != STATUS_OK)
		return s;
	*ret_http_status = answer.http_status;
	*ret_retry_after_s = answer.retry_after_s;
	return STATUS_OK;
}

static void close_uplink(struct transport *t)
{
	struct uplink *u = (struct uplink *)t;
	end_program(u, true);
	bytes_free(&u->frame);
	bytes_free(&u->tls);
	bytes_free(&u->path);
	free(u);
}

/* The folder a program lies in, with the slash. */
static struct slice folder_of(struct slice path)
{
	while (path.len > 0 && path.data[path.len - 1] != '/')
		path.len--;
	return path;
}

/* config/uplink-tls.conf lies beside the programs in the build tree, else where it was installed. */
static void put_tls(struct bytes *out, struct slice folder)
{
	static const char *const places[] = {"uplink-tls.conf", "../share/motcua/uplink-tls.conf"};
	for (size_t i = 0; i < sizeof(places) / sizeof(places[0]); i++) {
		bytes_clear(out);
		bytes_put_str(out, TLS_VARIABLE);
		bytes_put(out, folder.data, folder.len);
		bytes_put_str(out, places[i]);
		bytes_put_u8(out, '\0');
		if (bytes_status(out) == STATUS_OK &&
		    access((const char *)out->data + sizeof(TLS_VARIABLE) - 1, R_OK) == 0)
			return;
	}
	bytes_clear(out);
}

struct transport *uplink_transport_new(const char *path, const struct uplink_care *care)
{
	struct uplink *u = calloc(1, sizeof(*u));
	if (u == NULL)
		return NULL;
	u->transport = (struct transport){.exchange = exchange, .close = close_uplink};
	u->care = care == NULL ? (struct uplink_care){.stop = -1, .every_ms = -1} : *care;
	u->fd = -1;
	u->path = bytes_new(CHILD_PATH);
	u->tls = bytes_new(CHILD_PATH + 64);
	u->frame = bytes_new(FRAME_MAX);
	if (path == NULL) {
		child_beside(PROGRAM, &u->path);
	} else {
		bytes_put_str(&u->path, path);
		bytes_put_u8(&u->path, '\0');
	}
	if (u->path.len > 0 && bytes_status(&u->path) == STATUS_OK) {
		put_tls(&u->tls, folder_of(bytes_slice(&u->path)));
		return &u->transport;
	}
	close_uplink(&u->transport);
	return NULL;
}
