#include "agent/uplink/frame.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

enum { REQUEST_ITEMS = 10, ANSWER_ITEMS = 5, HTTP_STATUS_MAX = 999 };

static void put_text(struct bytes *out, struct slice text)
{
	cbor_put_text(out, (const char *)text.data, text.len);
}

void uplink_request_put(struct bytes *out, const struct uplink_request *request)
{
	cbor_put_array(out, REQUEST_ITEMS);
	cbor_put_bool(out, request->post);
	put_text(out, request->host);
	cbor_put_uint(out, request->port);
	put_text(out, request->path);
	cbor_put_int(out, request->deadline_ms);
	cbor_put_int(out, request->patience_s);
	cbor_put_array(out, request->n_pins);
	for (size_t i = 0; i < request->n_pins; i++)
		cbor_put_bytes(out, request->pins[i], PIN_LEN);
	put_text(out, request->proxy);
	cbor_put_uint(out, request->max_reply);
	cbor_put_bytes(out, request->body.data, request->body.len);
}

enum status uplink_request_take(struct slice data, struct uplink_request *ret_request)
{
	struct cbor r = cbor_reader(data.data, data.len);
	struct uplink_request request = {0};
	cbor_array_of(&r, REQUEST_ITEMS);
	request.post = cbor_bool(&r);
	request.host = cbor_text(&r, HOST_MAX);
	request.port = (uint16_t)cbor_uint(&r, UINT16_MAX);
	request.path = cbor_text(&r, PATH_MAX_LEN);
	request.deadline_ms = cbor_int(&r, 1, DEADLINE_MAX_MS);
	request.patience_s = cbor_int(&r, 1, LIMIT_PATIENCE_MAX_S);
	request.n_pins = cbor_array(&r, PINS_MAX);
	for (size_t i = 0; i < request.n_pins; i++)
		cbor_fixed(&r, request.pins[i], PIN_LEN);
	request.proxy = cbor_text(&r, PROXY_MAX);
	request.max_reply = (size_t)cbor_uint(&r, LIMIT_REQUEST);
	request.body = cbor_bytes(&r, LIMIT_REQUEST);
	if (cbor_end(&r) != STATUS_OK)
		return STATUS_MALFORMED;
	*ret_request = request;
	return STATUS_OK;
}

void uplink_answer_put(struct bytes *out, const struct uplink_answer *answer)
{
	cbor_put_array(out, ANSWER_ITEMS);
	cbor_put_uint(out, (uint64_t)answer->outcome);
	cbor_put_int(out, answer->http_status);
	cbor_put_int(out, answer->retry_after_s);
	put_text(out, answer->detail);
	cbor_put_bytes(out, answer->body.data, answer->body.len);
}

enum status uplink_answer_take(struct slice data, struct uplink_answer *ret_answer)
{
	struct cbor r = cbor_reader(data.data, data.len);
	struct uplink_answer answer = {0};
	cbor_array_of(&r, ANSWER_ITEMS);
	answer.outcome = (enum uplink_outcome)cbor_uint(&r, OUTCOME_PROXY_LOGIN);
	answer.http_status = (int)cbor_uint(&r, HTTP_STATUS_MAX);
	answer.retry_after_s = cbor_int(&r, -1, RETRY_AFTER_MAX_S);
	answer.detail = cbor_text(&r, DETAIL_MAX);
	answer.body = cbor_bytes(&r, LIMIT_REQUEST);
	if (cbor_end(&r) != STATUS_OK)
		return STATUS_MALFORMED;
	*ret_answer = answer;
	return STATUS_OK;
}

static bool is_digit(uint8_t c)
{
	return c >= '0' && c <= '9';
}

static bool is_alnum(uint8_t c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* Letters, digits and the given marks: nothing that could end a header line or change the meaning of an URL. */
static bool is_plain(struct slice text, const char *marks)
{
	for (size_t i = 0; i < text.len; i++) {
		uint8_t c = text.data[i];
		if (!is_alnum(c) && (c == '\0' || strchr(marks, c) == NULL))
			return false;
	}
	return true;
}

static bool host_allowed(struct slice host)
{
	return host.len > 0 && host.len <= HOST_MAX && is_plain(host, ".-:") && host.data[0] != '-';
}

static bool path_allowed(struct slice path)
{
	return path.len > 0 && path.len <= PATH_MAX_LEN && path.data[0] == '/' && is_plain(path, "/-_.");
}

static bool proxy_allowed(struct slice proxy)
{
	return proxy.len <= PROXY_MAX && is_plain(proxy, ".-:[]");
}

/* The one question that may be asked without knowing the hub's key: who are you? */
static bool is_identity_request(const struct uplink_request *request)
{
	return !request->post && slice_equal(request->path, slice_str("/v1/hub"));
}

bool uplink_request_allowed(const struct uplink_request *request)
{
	if (!host_allowed(request->host) || request->port == 0 || !path_allowed(request->path))
		return false;
	if (!proxy_allowed(request->proxy) || request->max_reply == 0)
		return false;
	if (request->deadline_ms <= 0 || request->deadline_ms > DEADLINE_MAX_MS)
		return false;
	if (request->patience_s <= 0 || request->patience_s > LIMIT_PATIENCE_MAX_S)
		return false;
	if (!request->post && request->body.len > 0)
		return false;
	if (request->n_pins > 0)
		return request->n_pins <= PINS_MAX;
	return is_identity_request(request) && request->max_reply <= LIMIT_IDENTITY;
}

void frame_head_put(struct bytes *out, size_t payload_len)
{
	for (unsigned shift = 32; shift > 0; shift -= 8)
		bytes_put_u8(out, (uint8_t)(payload_len >> (shift - 8)));
}

enum status frame_head_take(const uint8_t head[static FRAME_HEAD], size_t *ret_payload_len)
{
	uint32_t len = 0;
	for (size_t i = 0; i < FRAME_HEAD; i++)
		len = len << 8 | head[i];
	if (len > FRAME_MAX)
		return STATUS_LIMIT;
	*ret_payload_len = len;
	return STATUS_OK;
}

static enum status write_all(int fd, struct slice data)
{
	while (data.len > 0) {
		ssize_t n = write(fd, data.data, data.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return STATUS_UNREACHABLE;
		data = slice_of(data.data + n, data.len - (size_t)n);
	}
	return STATUS_OK;
}

enum status frame_write(int fd, struct slice payload)
{
	if (payload.len > FRAME_MAX)
		return STATUS_LIMIT;
	struct bytes head = bytes_new(FRAME_HEAD);
	frame_head_put(&head, payload.len);
	enum status s = bytes_status(&head);
	if (s == STATUS_OK)
		s = write_all(fd, bytes_slice(&head));
	if (s == STATUS_OK)
		s = write_all(fd, payload);
	bytes_free(&head);
	return s;
}

/* STATUS_EMPTY if the stream ended before the first byte. */
static enum status read_all(int fd, uint8_t *data, size_t len)
{
	for (size_t got = 0; got < len;) {
		ssize_t n = read(fd, data + got, len - got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return STATUS_UNREACHABLE;
		if (n == 0)
			return got == 0 ? STATUS_EMPTY : STATUS_UNREACHABLE;
		got += (size_t)n;
	}
	return STATUS_OK;
}

enum status frame_read(int fd, struct bytes *out)
{
	bytes_clear(out);
	uint8_t head[FRAME_HEAD];
	enum status s = read_all(fd, head, sizeof(head));
	if (s != STATUS_OK)
		return s;
	size_t len = 0;
	s = frame_head_take(head, &len);
	if (s != STATUS_OK || len == 0)
		return s;
	uint8_t *payload = bytes_grow(out, len);
	if (payload == NULL)
		return bytes_status(out);
	s = read_all(fd, payload, len);
	if (s == STATUS_OK)
		return STATUS_OK;
	bytes_clear(out);
	return STATUS_UNREACHABLE;
}
