/*
 * How the agent and motcua-uplink talk over a pipe: 4 bytes big-endian length, then one CBOR array. A request is
 * [post, host, port, path, deadline_ms, patience_s, [pin…], proxy, max_reply, body]; an answer [outcome,
 * http_status, retry_after_s, detail, body]. motcua-uplink refuses a request without a pin unless it is
 * GET /v1/hub (L12).
 */
#ifndef MOTCUA_AGENT_UPLINK_FRAME_H
#define MOTCUA_AGENT_UPLINK_FRAME_H

#include "protocol/bytes.h"
#include "protocol/cbor.h"
#include "protocol/limits.h"

enum {
	PIN_LEN = 32,  /* SHA-256 of the TLS key's SubjectPublicKeyInfo (RFC 7469 section 2.4) */
	PINS_MAX = 2,  /* current and next */
	HOST_MAX = 253,
	PATH_MAX_LEN = 64,
	PROXY_MAX = HOST_MAX + 8, /* brackets, colon, port */
	DETAIL_MAX = 200,
	DEADLINE_MAX_MS = LIMIT_REQUEST_MAX_S * 1000,
	RETRY_AFTER_MAX_S = 24 * 60 * 60, /* a longer one is cut to this */
	FRAME_HEAD = 4,
	FRAME_MAX = LIMIT_REQUEST + 4096
};

struct uplink_request {
	bool post;                 /* POST, else GET */
	struct slice host;         /* name or address, no brackets */
	uint16_t port;
	struct slice path;         /* "/v1/batches" */
	int64_t deadline_ms;       /* for the whole exchange */
	int64_t patience_s;        /* half of it to connect; twice as long a line may carry next to nothing */
	size_t n_pins;
	uint8_t pins[PINS_MAX][PIN_LEN];
	struct slice proxy;        /* "host:port", empty: none (the environment is never asked) */
	size_t max_reply;          /* bytes of body to accept */
	struct slice body;
};

enum uplink_outcome {
	OUTCOME_ANSWERED = 0,  /* an HTTP answer came over a pinned connection; http_status and body count */
	OUTCOME_UNREACHABLE,   /* no connection, or no TLS on it */
	OUTCOME_PIN,           /* the other end shows another key */
	OUTCOME_TOO_LARGE,     /* the answer is over max_reply */
	OUTCOME_REFUSED,       /* the request itself is not allowed (no pin, bad host) */
	OUTCOME_NO_NAME,       /* the host's name was not found, or not in time */
	OUTCOME_BROKEN_OFF,    /* cut off, stalled or out of time after the request had begun to leave */
	OUTCOME_PROXY,         /* the proxy cannot be reached, or does not connect */
	OUTCOME_PROXY_LOGIN    /* the proxy wants a name and a password (407) */
};

struct uplink_answer {
	enum uplink_outcome outcome;
	int http_status;
	int64_t retry_after_s;     /* -1: none */
	struct slice detail;       /* curl's sentence, for the log */
	struct slice body;
};

/*
 * Whether motcua-uplink carries this request out at all: plain host, path and proxy, a deadline, no body with GET,
 * and a pin, or else GET /v1/hub for at most LIMIT_IDENTITY bytes (L12).
 */
bool uplink_request_allowed(const struct uplink_request *request);

/* Encoding appends the payload without the 4-byte length; decoding borrows from data. STATUS_MALFORMED. */
void uplink_request_put(struct bytes *out, const struct uplink_request *request);
MUST_CHECK enum status uplink_request_take(struct slice data, struct uplink_request *ret_request);
void uplink_answer_put(struct bytes *out, const struct uplink_answer *answer);
MUST_CHECK enum status uplink_answer_take(struct slice data, struct uplink_answer *ret_answer);

/* The 4 bytes before a payload. STATUS_LIMIT if they announce more than FRAME_MAX. */
void frame_head_put(struct bytes *out, size_t payload_len);
MUST_CHECK enum status frame_head_take(const uint8_t head[static FRAME_HEAD], size_t *ret_payload_len);

/* One frame over a blocking descriptor, length first; reading clears out. STATUS_EMPTY at a clean end,
 * STATUS_UNREACHABLE when the other side broke off (SIGPIPE is the caller's to ignore), STATUS_LIMIT. */
MUST_CHECK enum status frame_write(int fd, struct slice payload);
MUST_CHECK enum status frame_read(int fd, struct bytes *out);

#endif
