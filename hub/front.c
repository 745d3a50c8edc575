#include "hub/front.h"

#include <stdlib.h>
#include <string.h>

#include "config/log.h"
#include "hub/buckets.h"
#include "hub/log_limit.h"

enum { REFUSED_EVERY_MS = 60 * 1000 };

_Static_assert((int)ADDRESS_LEN + (int)KEY_ID_LEN <= (int)BUCKETS_THING, "an address and a key name a bucket");

struct front {
	struct hub *hub;
	struct writer *writer;
	struct compare_desk *desk;
	struct networks trusted;
	struct log_limit *refused;  /* lines about what an address was refused */
	struct buckets *forged;     /* by address and key */
	struct buckets *enrolments; /* by address */
	struct buckets *compares;   /* by device */
};

struct front *front_new(struct hub *hub, struct writer *writer, struct compare_desk *desk,
			const struct networks *trusted)
{
	struct front *front = calloc(1, sizeof(*front));
	if (front == NULL)
		return NULL;
	front->hub = hub;
	front->writer = writer;
	front->desk = desk;
	front->trusted = *trusted;
	front->refused = log_limit_new(REFUSED_EVERY_MS);
	front->forged = buckets_new(FRONT_FORGED, FRONT_FORGED_MS);
	front->enrolments = buckets_new(FRONT_ENROL, FRONT_ENROL_MS);
	front->compares = buckets_new(FRONT_COMPARE, FRONT_COMPARE_MS);
	if (front->refused != NULL && front->forged != NULL && front->enrolments != NULL && front->compares != NULL)
		return front;
	front_free(front);
	return NULL;
}

void front_free(struct front *front)
{
	if (front == NULL)
		return;
	buckets_free(front->compares);
	buckets_free(front->enrolments);
	buckets_free(front->forged);
	log_limit_free(front->refused);
	free(front);
}

/* Anybody can be refused as often as he likes: the journal hears of it once a minute and address. */
static void note_refusal(struct front *front, const struct http_request *request, enum status s)
{
	if (log_limit_passes(front->refused, slice_str(request->peer), hub_now(front->hub)))
		log_event(LOG_WARNING, "event=refused code=%s address=%s", status_code(s), request->peer);
}

static void refuse(struct front *front, struct http_exchange *exchange, const struct http_request *request,
		   enum status s)
{
	note_refusal(front, request, s);
	writer_refuse(exchange, s);
}

static void hold_back(struct front *front, struct http_exchange *exchange, const struct http_request *request,
		      int64_t wait_ms)
{
	note_refusal(front, request, STATUS_BUSY);
	http_answer(exchange, 503, "text/plain; charset=utf-8", slice_str(status_code(STATUS_BUSY)),
		    (wait_ms + 999) / 1000);
}

/* Whose tries are counted together: a key of ours at an address, or all that is no key of ours there. */
static struct slice name_of(struct front *front, const struct http_request *request, bool has_key,
			    uint8_t key_id[static KEY_ID_LEN], uint8_t ret_name[static BUCKETS_THING])
{
	struct address owner = address_owner(request->from);
	struct device device;
	if (!has_key || registry_find_key(front->hub->registry, key_id, &device) != STATUS_OK)
		memset(key_id, 0, KEY_ID_LEN);
	memcpy(ret_name, owner.at, ADDRESS_LEN);
	memcpy(ret_name + ADDRESS_LEN, key_id, KEY_ID_LEN);
	return slice_of(ret_name, ADDRESS_LEN + KEY_ID_LEN);
}

/* What a stranger can bring about without a key: the token is not given back. */
static bool is_suspicious(enum status s)
{
	return s == STATUS_FORGED || s == STATUS_UNKNOWN_DEVICE || s == STATUS_MALFORMED || s == STATUS_VERSION ||
	       s == STATUS_LIMIT;
}

static void take_batches(struct front *front, struct http_exchange *exchange, const struct http_request *request)
{
	struct arrival *arrival = NULL;
	uint8_t room[BUCKETS_THING];
	uint8_t key_id[KEY_ID_LEN] = {0};
	bool has_key = intake_key(request->body, key_id) == STATUS_OK;
	struct slice name = name_of(front, request, has_key, key_id, room);
	int64_t wait_ms = 0;
	if (!buckets_take(front->forged, name, hub_now(front->hub), &wait_ms)) {
		hold_back(front, exchange, request, wait_ms);
		return;
	}
	enum status s = intake_open(front->hub, request->body, &arrival);
	if (!is_suspicious(s))
		buckets_give_back(front->forged, name);
	if (s == STATUS_OK)
		s = writer_push(front->writer, exchange, arrival, (struct slice){0});
	if (s != STATUS_OK)
		refuse(front, exchange, request, s);
}

/* A verified question of a device that may send; forged ones are counted like forged batches. */
static enum status open_question(struct front *front, const struct http_request *request, struct device *ret_device,
				 struct comparison_question *ret_question, int64_t *ret_wait_ms)
{
	uint8_t room[BUCKETS_THING];
	uint8_t key_id[KEY_ID_LEN] = {0};
	struct envelope e;
	bool has_key = envelope_peek(request->body, &e) == STATUS_OK;
	if (has_key)
		memcpy(key_id, e.key_id, KEY_ID_LEN);
	struct slice name = name_of(front, request, has_key, key_id, room);
	if (!buckets_take(front->forged, name, hub_now(front->hub), ret_wait_ms))
		return STATUS_BUSY;
	enum status s = request->body.len > FRONT_QUESTION ? STATUS_LIMIT : STATUS_OK;
	if (s == STATUS_OK)
		s = compare_open(front->hub, request->body, ret_device, ret_question);
	if (!is_suspicious(s))
		buckets_give_back(front->forged, name);
	if (s == STATUS_OK)
		s = device_check(ret_device);
	struct slice id = slice_of(ret_device->id, DEVICE_ID_LEN);
	if (s == STATUS_OK && !buckets_take(front->compares, id, hub_now(front->hub), ret_wait_ms))
		s = STATUS_BUSY;
	return s;
}

static void take_question(struct front *front, struct http_exchange *exchange, const struct http_request *request)
{
	struct comparison_question question;
	struct device device;
	int64_t wait_ms = (int64_t)DESK_RETRY_AFTER_S * 1000;
	enum status s = open_question(front, request, &device, &question, &wait_ms);
	if (s == STATUS_OK)
		s = compare_desk_push(front->desk, exchange, &question);
	if (s == STATUS_BUSY)
		hold_back(front, exchange, request, wait_ms);
	else if (s != STATUS_OK)
		refuse(front, exchange, request, s);
}

static void take_enrolment(struct front *front, struct http_exchange *exchange, const struct http_request *request)
{
	struct address owner = address_owner(request->from);
	int64_t wait_ms = 0;
	if (!networks_hold(&front->trusted, request->from) &&
	    !buckets_take(front->enrolments, slice_of(owner.at, ADDRESS_LEN), hub_now(front->hub), &wait_ms)) {
		hold_back(front, exchange, request, wait_ms);
		return;
	}
	enum status s = request->body.len > LIMIT_IDENTITY ? STATUS_LIMIT : STATUS_OK;
	if (s == STATUS_OK)
		s = writer_push(front->writer, exchange, NULL, request->body);
	if (s != STATUS_OK)
		refuse(front, exchange, request, s);
}

void front_route(void *context, struct http_exchange *exchange, const struct http_request *request)
{
	struct front *front = context;
	bool post = strcmp(request->method, "POST") == 0;
	const char *path = request->path;
	if (post && (strcmp(path, "/v1/batches") == 0 || strcmp(path, "/v1/head") == 0))
		take_batches(front, exchange, request);
	else if (post && strcmp(path, "/v1/enroll") == 0)
		take_enrolment(front, exchange, request);
	else if (post && strcmp(path, "/v1/digest") == 0)
		take_question(front, exchange, request);
	else if (!post && strcmp(path, "/v1/hub") == 0)
		http_answer(exchange, 200, "application/cbor", bytes_slice(&front->hub->identity_doc), -1);
	else if (!post && strcmp(path, "/healthz") == 0)
		http_answer(exchange, 200, "text/plain; charset=utf-8", slice_str("ok\n"), -1);
	else
		http_answer(exchange, 404, "text/plain; charset=utf-8", slice_str(status_code(STATUS_EMPTY)), -1);
}
