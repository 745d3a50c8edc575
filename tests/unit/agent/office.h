/*
 * An office for the tests of agent/: a throw-away data directory, a clock that stands still, and a hub in memory
 * that answers as one should, or misbehaves in one way. Included by each test after cmocka.h.
 */
#ifndef MOTCUA_TESTS_OFFICE_H
#define MOTCUA_TESTS_OFFICE_H

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "agent/agent.h"
#include "agent/enroll.h"
#include "agent/queue.h"
#include "config/datadir.h"
#include "protocol/request.h"

enum mood {
	HONEST,
	PAGE_WITH_200,
	REDIRECT,
	WRONG_PIN,
	SILENT,
	WAITING,          /* 403: not confirmed */
	OVERLOADED,       /* 503 with Retry-After */
	OLDER,            /* does not know the version of our batches */
	TAKES_AND_BREAKS, /* keeps the batches, the answer is lost */
	CUT_OFF,          /* the answer's last byte is missing */
	TRAILING_BYTE,
	HEAD_BY_ANOTHER, /* signed with another key */
	HEAD_OF_ANOTHER_NONCE,
	HEAD_OF_ANOTHER_DEVICE,
	HEAD_REPEATED, /* a counter that was seen before */
	RECEIPT_OF_ANOTHER_HASH,
	RECEIPT_BY_ANOTHER,
	RECEIPT_OF_ANOTHER_SEQ,
	RECEIPT_OF_ANOTHER_DEVICE,
	NO_RECEIPT,
	REFUSES_SECOND, /* the change with index 1 */
	REFUSES_BATCH,
	REFUSES_BEYOND, /* an index the batch has not */
	HAS_IT_WAITING, /* the first batch of the life that is asked about, without its receipt */
	HAS_MORE,       /* `have` above anything sealed */
};

enum { HELD_MAX = 256, DIR_TEXT = 64, TAKEN_MAX = 16 };
#define NOON INT64_C(1716350400000) /* 2024-05-22T11:00:00+07:00, a Wednesday */

struct held {
	struct incarnation incarnation;
	uint64_t seq;
	size_t count;
	uint8_t hash[HASH_LEN];
	uint8_t prev[HASH_LEN];
};

struct hub {
	struct transport transport; /* first: the hub is found by it */
	enum mood mood;
	struct signing_key *key;
	struct signing_key *stranger;
	uint8_t id[HUB_ID_LEN];
	uint8_t secret[SECRET_LEN];
	struct bytes document;
	uint8_t device[DEVICE_ID_LEN];
	uint8_t device_key[PUBLIC_KEY_LEN];
	uint8_t device_box[PUBLIC_KEY_LEN];
	enum device_state state; /* of the device */
	uint64_t counter;
	int64_t time;
	int exchanges;
	int unpinned;
	size_t n_held;
	struct held held[HELD_MAX];
	size_t carries;   /* a longer request breaks off before it is here; 0: none does */
	size_t longest;   /* request that was tried */
	size_t n_in_last; /* items in the last request, batches and receipts */
	size_t n_again;   /* batches that came behind the receipt they once had */
	uint64_t seen;    /* the dossiers that came, as bits */
	uint8_t box_seed[SEED_LEN];
};

struct office {
	char dir[DIR_TEXT];
	struct hub hub;
	int64_t now;
	struct agent_world world;
	struct agent *agent;
};

static inline void check_ok(enum status s)
{
	assert_string_equal(status_code(s), "OK");
}

#define assert_status(got, wanted) assert_string_equal(status_code(got), status_code(STATUS_##wanted))

static inline const struct signing_key *signer(const struct hub *hub, enum mood stranger_in)
{
	return hub->mood == stranger_in ? hub->stranger : hub->key;
}

static inline void answer_enrolment(struct hub *hub, const struct uplink_request *request, struct bytes *reply)
{
	struct enrol_request asked;
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	uint8_t mac_key[MAC_LEN];
	check_ok(enrol_open(request->body, hub->id, &asked, &sealed, mac));
	invitation_mac_key(hub->secret, mac_key);
	assert_true(enrol_mac_ok(sealed, mac, mac_key));
	memcpy(hub->device_key, asked.public_key, PUBLIC_KEY_LEN);
	memcpy(hub->device_box, asked.box_key, PUBLIC_KEY_LEN);
	sign_key_id(asked.public_key, hub->device);
	struct enrolled answer = {
		.state = hub->state,
		.hub_time = hub->time,
		.unit = slice_str("01831"),
		.unit_name = slice_str("Phường Một"),
	};
	memcpy(answer.nonce, asked.nonce, NONCE_LEN);
	memcpy(answer.device, hub->device, DEVICE_ID_LEN);
	if (hub->mood == HEAD_OF_ANOTHER_NONCE)
		answer.nonce[0] ^= 1;
	if (hub->mood == HEAD_OF_ANOTHER_DEVICE)
		answer.device[0] ^= 1;
	check_ok(enrolled_seal(&answer, hub->id, signer(hub, HEAD_BY_ANOTHER), reply));
}

static inline void hold(struct hub *hub, struct slice envelope)
{
	struct slice payload;
	struct batch *batch = NULL;
	uint8_t hash[HASH_LEN];
	hash_bytes(envelope, hash);
	check_ok(envelope_open(envelope, MESSAGE_BATCH, hub->id, hub->device_key, &payload));
	check_ok(batch_read(payload, &batch));
	const struct batch_head *head = batch_get_head(batch);
	bool known = false;
	for (size_t i = 0; i < hub->n_held; i++)
		known = known || memcmp(hub->held[i].hash, hash, HASH_LEN) == 0;
	if (!known) {
		assert_true(hub->n_held < HELD_MAX);
		struct held *held = &hub->held[hub->n_held++];
		*held = (struct held){.incarnation = head->incarnation, .seq = head->seq, .count = head->count};
		memcpy(held->hash, hash, HASH_LEN);
		memcpy(held->prev, head->prev, HASH_LEN);
	}
	struct change c;
	while (batch_next(batch, &c)) {
		int n = 0;
		char key[LIMIT_KEY + 1];
		(void)snprintf(key, sizeof(key), "%.*s", (int)c.key.len, (const char *)c.key.data);
		if (sscanf(key, "A-%d", &n) == 1 && n >= 0 && n < 64)
			hub->seen |= UINT64_C(1) << n;
	}
	batch_free(batch);
}

static inline void seal_receipt(const struct hub *hub, const struct held *held, struct bytes *sealed)
{
	static const uint32_t second[] = {1};
	static const uint32_t beyond[] = {3};
	static const uint8_t reasons[] = {VERDICT_OTHER_UNIT};
	struct bytes verdicts = bytes_new(LIMIT_REPLY);
	struct receipt r = {.incarnation = held->incarnation, .seq = held->seq, .accepted_at = hub->time};
	memcpy(r.hash, held->hash, HASH_LEN);
	memcpy(r.device, hub->device, DEVICE_ID_LEN);
	if (hub->mood == RECEIPT_OF_ANOTHER_HASH)
		r.hash[5] ^= 1;
	if (hub->mood == RECEIPT_OF_ANOTHER_SEQ)
		r.seq++;
	if (hub->mood == RECEIPT_OF_ANOTHER_DEVICE)
		r.device[0] ^= 1;
	if (hub->mood == REFUSES_SECOND)
		verdicts_put(&verdicts, VERDICT_TAKEN, 1, second, reasons);
	else if (hub->mood == REFUSES_BEYOND)
		verdicts_put(&verdicts, VERDICT_TAKEN, 1, beyond, reasons);
	else
		verdicts_put(&verdicts, hub->mood == REFUSES_BATCH ? VERDICT_UNREADABLE : VERDICT_TAKEN, 0, NULL,
			     NULL);
	r.verdicts = bytes_slice(&verdicts);
	check_ok(receipt_seal(&r, hub->id, signer(hub, RECEIPT_BY_ANOTHER), sealed));
	bytes_free(&verdicts);
}

static inline void put_receipt(const struct hub *hub, const struct held *held, struct bytes *out)
{
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	seal_receipt(hub, held, &sealed);
	cbor_put_bytes(out, sealed.data, sealed.len);
	bytes_free(&sealed);
}

static inline struct chain_head *chain_of(struct head *head, const struct incarnation *incarnation)
{
	for (size_t i = 0; i < head->n_chains; i++)
		if (incarnation_compare(&head->chains[i].incarnation, incarnation) == 0)
			return &head->chains[i];
	struct chain_head *chain = &head->chains[head->n_chains++];
	chain->incarnation = *incarnation;
	return chain;
}

static inline void note_held(struct head *head, const struct held *held)
{
	struct chain_head *chain = chain_of(head, &held->incarnation);
	if (held->seq != chain->have + 1)
		return;
	chain->have = held->seq;
	memcpy(chain->hash, held->hash, HASH_LEN);
}

static inline void seal_head(struct hub *hub, const struct request *asked, struct bytes *sealed)
{
	struct head *head = calloc(1, sizeof(*head));
	assert_non_null(head);
	if (hub->mood != HEAD_REPEATED)
		hub->counter++;
	head->epoch = 1;
	head->counter = hub->counter;
	head->hub_time = hub->time;
	head->policy = 1;
	head->state = hub->state;
	memcpy(head->device, hub->device, DEVICE_ID_LEN);
	memcpy(head->nonce, asked->nonce, NONCE_LEN);
	if (hub->mood == HEAD_OF_ANOTHER_NONCE)
		head->nonce[0] ^= 1;
	if (hub->mood == HEAD_OF_ANOTHER_DEVICE)
		head->device[0] ^= 1;
	for (size_t i = 0; i < hub->n_held; i++)
		note_held(head, &hub->held[i]);
	if (head->n_chains == 0 || hub->mood == HAS_MORE)
		(void)chain_of(head, &asked->chains[0].incarnation);
	if (hub->mood == HAS_MORE)
		chain_of(head, &asked->chains[0].incarnation)->have += 10;
	if (hub->mood == HAS_IT_WAITING && hub->n_held == 0)
		head->pending[head->n_pending++] = (struct chain_gap){asked->chains[0].incarnation, 1};
	for (size_t i = 0; i < head->n_chains; i++)
		head->chains[i].safe = head->chains[i].have;
	check_ok(head_seal(head, hub->id, signer(hub, HEAD_BY_ANOTHER), sealed));
	free(head);
}

static inline void put_head(struct hub *hub, const struct request *asked, struct bytes *out)
{
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	seal_head(hub, asked, &sealed);
	cbor_put_bytes(out, sealed.data, sealed.len);
	bytes_free(&sealed);
}

static inline bool is_asked_for(const struct held *held, const struct request *asked)
{
	return incarnation_compare(&held->incarnation, &asked->chains[0].incarnation) == 0 &&
	       held->seq > asked->chains[0].receipted;
}

/* A batch, and the one that the receipt right before it names. */
static inline void note_again(struct hub *hub, struct slice batch, struct slice named)
{
	uint8_t hash[HASH_LEN];
	hash_bytes(batch, hash);
	hub->n_again += slice_equal(named, slice_of(hash, HASH_LEN));
	hold(hub, batch);
}

static inline void answer_batches(struct hub *hub, const struct uplink_request *request, struct bytes *reply)
{
	struct request *asked = calloc(1, sizeof(*asked));
	assert_non_null(asked);
	struct cbor r = cbor_reader(request->body.data, request->body.len);
	size_t items = cbor_array(&r, LIMIT_ENVELOPES + 1);
	struct slice sealed = cbor_bytes(&r, LIMIT_REQUEST);
	struct slice payload;
	check_ok(envelope_open(sealed, MESSAGE_REQUEST, hub->id, hub->device_key, &payload));
	check_ok(request_read(payload, asked));
	hub->n_in_last = items - 1;
	struct slice before = {0};
	for (size_t i = 1; i < items; i++) {
		struct slice item = cbor_bytes(&r, LIMIT_BATCH_SEALED);
		struct receipt receipt;
		if (receipt_open(item, hub->id, signing_key_public(hub->key), &receipt) == STATUS_OK)
			before = slice_of(receipt.hash, HASH_LEN);
		else
			note_again(hub, item, before);
	}
	check_ok(cbor_end(&r));
	size_t receipts = 0;
	for (size_t i = 0; i < hub->n_held && hub->mood != NO_RECEIPT; i++)
		receipts += is_asked_for(&hub->held[i], asked);
	cbor_put_array(reply, 1 + receipts);
	put_head(hub, asked, reply);
	for (size_t i = 0; i < hub->n_held && hub->mood != NO_RECEIPT; i++) {
		if (is_asked_for(&hub->held[i], asked))
			put_receipt(hub, &hub->held[i], reply);
	}
	free(asked);
}

static inline enum status spoil(const struct hub *hub, struct bytes *reply)
{
	if (hub->mood == CUT_OFF)
		reply->len--;
	if (hub->mood == TRAILING_BYTE)
		bytes_put_u8(reply, 0);
	return hub->mood == TAKES_AND_BREAKS ? STATUS_BROKEN_OFF : STATUS_OK;
}

static inline enum status hub_exchange(struct transport *t, const struct uplink_request *request,
				       int *ret_http_status, int64_t *ret_retry_after_s, struct bytes *reply)
{
	struct hub *hub = (struct hub *)t;
	hub->exchanges++;
	transport_meanwhile(t);
	bytes_clear(reply);
	*ret_retry_after_s = -1;
	*ret_http_status = 200;
	hub->longest = request->body.len > hub->longest ? request->body.len : hub->longest;
	if (hub->carries > 0 && request->body.len > hub->carries)
		return STATUS_BROKEN_OFF;
	if (hub->mood == WRONG_PIN)
		return STATUS_PIN;
	if (hub->mood == SILENT)
		return STATUS_UNREACHABLE;
	if (hub->mood == PAGE_WITH_200) {
		bytes_put_str(reply, "<html>Please log in</html>");
		return STATUS_OK;
	}
	if (hub->mood == REDIRECT || hub->mood == WAITING || hub->mood == OLDER || hub->mood == OVERLOADED) {
		*ret_http_status = hub->mood == REDIRECT  ? 302
				   : hub->mood == WAITING ? 403
				   : hub->mood == OLDER   ? 400
							  : 503;
		*ret_retry_after_s = hub->mood == OVERLOADED ? 17 : -1;
		if (hub->mood == WAITING)
			bytes_put_str(reply, "E-DEVICE-WAITING\n");
		if (hub->mood == OLDER)
			bytes_put_str(reply, "E-VERSION\n");
		return STATUS_OK;
	}
	if (slice_equal(request->path, slice_str("/v1/hub"))) {
		assert_false(request->post);
		hub->unpinned += request->n_pins == 0;
		bytes_put(reply, hub->document.data, hub->document.len);
		return STATUS_OK; /* every mood but those above leaves the identity alone */
	}
	assert_true(request->post);
	assert_int_equal(request->n_pins, IDENTITY_PINS);
	if (slice_equal(request->path, slice_str("/v1/enroll")))
		answer_enrolment(hub, request, reply);
	else
		answer_batches(hub, request, reply);
	return spoil(hub, reply);
}

static inline void hub_close(struct transport *t)
{
	(void)t; /* the office owns it */
}

static inline void hub_open(struct hub *hub)
{
	uint8_t seed[SEED_LEN];
	check_ok(sign_start());
	*hub = (struct hub){
		.transport = {.exchange = hub_exchange, .close = hub_close}, .time = NOON, .state = DEVICE_ACTIVE};
	random_fill(seed, SEED_LEN);
	hub->key = signing_key_new(seed);
	seed[0] ^= 1;
	hub->stranger = signing_key_new(seed);
	random_fill(hub->id, HUB_ID_LEN);
	random_fill(hub->secret, SECRET_LEN);
	struct identity identity = {.province = slice_str("06"), .name = slice_str("Tỉnh Thử")};
	memcpy(identity.hub_id, hub->id, HUB_ID_LEN);
	memcpy(identity.sign_key, signing_key_public(hub->key), PUBLIC_KEY_LEN);
	random_fill(hub->box_seed, SEED_LEN);
	box_public_key(hub->box_seed, identity.box_key);
	hub->document = bytes_new(LIMIT_IDENTITY);
	check_ok(identity_seal(&identity, hub->key, &hub->document));
}

static inline void hub_invite(const struct hub *hub, char out[static INVITATION_TEXT])
{
	struct invitation invitation = {.host = "hub.test", .port = 8443};
	memcpy(invitation.secret, hub->secret, SECRET_LEN);
	identity_hash(bytes_slice(&hub->document), invitation.identity_hash);
	invitation_format(&invitation, out);
}

static inline int64_t office_now(void *context)
{
	const struct office *office = context;
	return office->now;
}

/* An office before its enrolment. */
static inline struct office *office_found(void)
{
	struct office *office = calloc(1, sizeof(*office));
	assert_non_null(office);
	(void)snprintf(office->dir, sizeof(office->dir), "/tmp/motcua-office-XXXXXX");
	assert_non_null(mkdtemp(office->dir));
	hub_open(&office->hub);
	office->now = NOON;
	office->world = (struct agent_world){
		.now_ms = office_now,
		.context = office,
		.transport = &office->hub.transport,
	};
	return office;
}

static inline enum status office_enroll(struct office *office)
{
	char code[INVITATION_TEXT];
	struct enroll_report report;
	hub_invite(&office->hub, code);
	return enroll_run(office->dir, &office->world, code, NULL, &report);
}

static inline void office_reopen(struct office *office)
{
	agent_close(office->agent);
	office->agent = NULL;
	check_ok(agent_open(office->dir, &office->world, &office->agent));
}

static inline int office_set_up(void **state)
{
	struct office *office = office_found();
	check_ok(office_enroll(office));
	office_reopen(office);
	*state = office;
	return 0;
}

static inline int office_found_up(void **state)
{
	*state = office_found();
	return 0;
}

static inline void remove_below(const char *dir)
{
	DIR *listing = opendir(dir);
	assert_non_null(listing);
	for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		char *path = path_join(dir, entry->d_name);
		if (unlink(path) != 0)
			remove_below(path);
		free(path);
	}
	(void)closedir(listing);
	(void)rmdir(dir);
}

/* Copies the files of a directory: into a new one, or over those of an old one in place. */
static inline void office_copy_files(const char *from, const char *to)
{
	struct bytes content = bytes_new(64 * 1024 * 1024);
	DIR *listing = opendir(from);
	assert_non_null(listing);
	for (struct dirent *entry = readdir(listing); entry != NULL; entry = readdir(listing)) {
		if (entry->d_name[0] == '.')
			continue;
		char *source = path_join(from, entry->d_name);
		char *target = path_join(to, entry->d_name);
		check_ok(file_read(source, &content));
		FILE *file = fopen(target, "wb");
		assert_non_null(file);
		assert_int_equal(fwrite(content.data, 1, content.len, file), content.len);
		assert_int_equal(fclose(file), 0);
		assert_int_equal(chmod(target, 0600), 0);
		free(target);
		free(source);
	}
	(void)closedir(listing);
	bytes_free(&content);
}

static inline void office_copy(const char *from, const char *to)
{
	check_ok(datadir_create(to));
	office_copy_files(from, to);
}

/* As `cp` does it: the files stay, their content is another. */
static inline void office_copy_back(const char *from, const char *to)
{
	office_copy_files(from, to);
}

static inline int office_tear_down(void **state)
{
	struct office *office = *state;
	agent_close(office->agent);
	signing_key_free(office->hub.key);
	signing_key_free(office->hub.stranger);
	bytes_free(&office->hub.document);
	remove_below(office->dir);
	free(office);
	return 0;
}

/* --- what the tests put in and ask --- */

static inline struct change dossier(const char *code, int64_t at, int64_t status)
{
	struct change c = change_new(KIND_DOSSIER);
	c.key = slice_str(code);
	c.changed_at = at;
	c.time_stated = true;
	change_set_number(&c, FIELD_STATUS, status);
	return c;
}

static inline bool queue_one(const struct agent *a, const struct change *c)
{
	const struct queue_source source = {0};
	bool queued = false;
	check_ok(database_begin(a->db));
	check_ok(queue_append(a, &source, c, &queued));
	check_ok(database_commit(a->db));
	return queued;
}

/* Queues n dossiers A-1 … A-n. */
static inline void queue_many(const struct agent *a, int n)
{
	const struct queue_source source = {0};
	bool queued = false;
	check_ok(database_begin(a->db));
	for (int i = 1; i <= n; i++) {
		char code[LIMIT_CODE];
		(void)snprintf(code, sizeof(code), "A-%d", i);
		struct change c = dossier(code, NOON - 60000 + i, DOSSIER_ACCEPTED);
		check_ok(queue_append(a, &source, &c, &queued));
	}
	check_ok(database_commit(a->db));
}

static inline int64_t waiting(const struct agent *a)
{
	struct queue_counts counts;
	check_ok(queue_count(a, &counts));
	return counts.waiting;
}

static inline int64_t ask(const struct agent *a, const char *sql)
{
	struct query q = query_start(a->db, sql);
	int64_t value = query_row(&q) ? query_get_int(&q, 0) : -1;
	check_ok(query_finish(&q));
	return value;
}

/* A test in an office that is enrolled, and in one that is not yet. */
#define WITH_OFFICE(test)       cmocka_unit_test_setup_teardown(test, office_set_up, office_tear_down)
#define WITH_OFFICE_FOUND(test) cmocka_unit_test_setup_teardown(test, office_found_up, office_tear_down)

#endif
