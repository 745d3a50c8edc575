#include "agent/answer.h"

#include <string.h>

enum {
	SLOWEST_BYTES_S = 64, /* a line of 0.5 kbit/s still gets a request through */
	CODE_MAX = 40,
};

/* What a hub says in words of the status table when it does not take a request. */
static const enum status refusals[] = {
	STATUS_UNKNOWN_DEVICE, STATUS_WAITING_DEVICE, STATUS_SUSPENDED, STATUS_INVITATION, STATUS_FORGED,
	STATUS_FORK,           STATUS_LIMIT,          STATUS_MALFORMED, STATUS_VERSION,    STATUS_BUSY,
};

static struct slice trimmed(struct slice text)
{
	while (text.len > 0 && (text.data[text.len - 1] == '\n' || text.data[text.len - 1] == '\r'))
		text.len--;
	return text;
}

enum status answer_status(int http_status, struct slice body)
{
	if (http_status == 200)
		return STATUS_OK;
	if (http_status < 400)
		return STATUS_PORTAL;
	struct slice code = trimmed(body);
	for (size_t i = 0; code.len <= CODE_MAX && i < sizeof(refusals) / sizeof(refusals[0]); i++) {
		if (slice_equal(code, slice_str(status_code(refusals[i]))))
			return refusals[i];
	}
	return http_status == 429 || http_status == 503 ? STATUS_BUSY : STATUS_UNREACHABLE;
}

static int64_t deadline_of(int64_t patience_s, size_t body_len)
{
	int64_t deadline_ms = (patience_s + (int64_t)(body_len / SLOWEST_BYTES_S)) * 1000;
	int64_t longest_ms = (int64_t)LIMIT_REQUEST_MAX_S * 1000;
	return deadline_ms < longest_ms ? deadline_ms : longest_ms;
}

struct uplink_request answer_request(const struct agent_world *world, const char *host, uint16_t port,
				     const char *path, struct slice body, size_t max_reply)
{
	const int64_t patience_s = world->patience_s > 0 ? world->patience_s : LIMIT_PATIENCE_S;
	return (struct uplink_request){
		.post = body.len > 0,
		.host = slice_str(host),
		.port = port,
		.path = slice_str(path),
		.deadline_ms = deadline_of(patience_s, body.len),
		.patience_s = patience_s,
		.proxy = world->proxy,
		.max_reply = max_reply,
		.body = body,
	};
}

void answer_pin(struct uplink_request *request, const struct identity *hub)
{
	_Static_assert((int)PINS_MAX == (int)IDENTITY_PINS && (int)PIN_LEN == (int)HASH_LEN, "a pin is a hash");
	request->n_pins = IDENTITY_PINS;
	memcpy(request->pins, hub->pins, sizeof(request->pins));
}

enum status answer_to_post(const struct agent *a, const char *path, struct slice body, size_t max_reply,
			   struct bytes *reply, int64_t *ret_retry_after_s)
{
	*ret_retry_after_s = -1;
	struct transport *t = a->world.transport;
	if (t == NULL || a->host[0] == '\0')
		return STATUS_UNREACHABLE;
	struct uplink_request request = answer_request(&a->world, a->host, a->port, path, body, max_reply);
	answer_pin(&request, &a->hub);
	int http_status = 0;
	int64_t retry_after_s = -1;
	enum status s = t->exchange(t, &request, &http_status, &retry_after_s, reply);
	if (s != STATUS_OK)
		return s;
	*ret_retry_after_s = retry_after_s;
	return answer_status(http_status, bytes_slice(reply));
}
