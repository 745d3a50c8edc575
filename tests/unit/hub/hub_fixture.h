/*
 * A hub of its own in a throw-away directory, with a clock that stands still until it is moved, and PCs that enrol
 * and send. Included by each test after cmocka.h.
 *
 * 27 province · 058 and 059 districts · 05801, 05802 communes of 058 · 05901 commune of 059
 */
#ifndef MOTCUA_TESTS_HUB_FIXTURE_H
#define MOTCUA_TESTS_HUB_FIXTURE_H

#include <dirent.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir.h"
#include "hub/act.h"
#include "hub/enrol.h"
#include "hub/intake.h"
#include "hub/log.h"
#include "hub/state.h"
#include "hub/store.h"
#include "hub/units_file.h"

#define START  INT64_C(1709255400000) /* 2024-03-01T08:10:00+07:00 */
#define MINUTE INT64_C(60000)
#define DAY    (INT64_C(24) * 60 * MINUTE)
enum { START_DAY = 19783, RECEIPTS_MAX = 600 };

static const char UNITS[] = "code,name,level,parent\n"
			    "27,Tinh,province,\n"
			    "058,Huyen A,district,27\n"
			    "059,Huyen B,district,27\n"
			    "05801,Xa A1,commune,058\n"
			    "05802,Xa A2,commune,058\n"
			    "05901,Xa B1,commune,059\n";

struct fixture {
	char dir[64];
	int64_t now;
	struct hub_world world;
	struct hub *hub;
};

static inline int64_t fixture_now(void *context)
{
	const struct fixture *f = context;
	return f->now;
}

static inline struct hub *open_hub(const struct fixture *f)
{
	struct hub *hub = NULL;
	assert_int_equal(hub_open(f->dir, &f->world, true, &hub), STATUS_OK);
	return hub;
}

static inline void reopen_hub(struct fixture *f)
{
	hub_close(f->hub);
	f->hub = open_hub(f);
}

static inline enum status import_units(struct hub *hub, const char *csv, struct units_fault *fault)
{
	int64_t count = 0;
	FILE *file = tmpfile();
	assert_non_null(file);
	assert_int_equal(fwrite(csv, 1, strlen(csv), file), strlen(csv));
	rewind(file);
	enum status s = units_import(hub, file, "tester", &count, fault);
	assert_int_equal(fclose(file), 0);
	return s;
}

/* A directory and a clock, and nothing in it yet. */
static inline int fixture_bare(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	if (f == NULL || sign_start() != STATUS_OK)
		return -1;
	/* In memory where there is such a place: these tests are not about the disk. */
	(void)snprintf(f->dir, sizeof(f->dir), "%s/motcua-hub-XXXXXX",
		       access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	if (mkdtemp(f->dir) == NULL)
		return -1;
	f->now = START;
	f->world = (struct hub_world){.now_ms = fixture_now, .context = f};
	*state = f;
	return 0;
}

static const struct hub_plan PLAN = {.province = "27", .name = "Tinh Thu", .url = "https://hub.test:8443"};

static inline int fixture_up(void **state)
{
	struct units_fault fault;
	if (fixture_bare(state) != 0)
		return -1;
	struct fixture *f = *state;
	if (hub_create(f->dir, &f->world, &PLAN) != STATUS_OK)
		return -1;
	if (hub_open(f->dir, &f->world, true, &f->hub) != STATUS_OK)
		return -1;
	return import_units(f->hub, UNITS, &fault) == STATUS_OK ? 0 : -1;
}

static inline int fixture_down(void **state)
{
	struct fixture *f = *state;
	hub_close(f->hub);
	DIR *dir = opendir(f->dir);
	for (struct dirent *e = dir == NULL ? NULL : readdir(dir); e != NULL; e = readdir(dir)) {
		char *path = path_join(f->dir, e->d_name);
		(void)unlink(path); /* "." and ".." stay */
		free(path);
	}
	if (dir != NULL)
		(void)closedir(dir);
	(void)rmdir(f->dir);
	free(f);
	return 0;
}

/* From here on nothing in the hub's directory can grow: the next commit fails as on a broken disk. */
static inline void break_disk(const struct fixture *f)
{
	struct stat info;
	char *path = path_join(f->dir, "hub.db-wal");
	assert_int_equal(stat(path, &info), 0);
	free(path);
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	assert_true(signal(SIGXFSZ, SIG_IGN) != SIG_ERR);
	limit.rlim_cur = (rlim_t)info.st_size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static inline void mend_disk(void)
{
	struct rlimit limit;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &limit), 0);
	limit.rlim_cur = limit.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &limit), 0);
}

static inline void sql(struct fixture *f, const char *text)
{
	assert_int_equal(database_script(f->hub->db, text), STATUS_OK);
}

static inline int64_t number(struct hub *hub, const char *literal)
{
	struct query q = query_start(hub->db, literal);
	assert_true(query_row(&q));
	int64_t value = query_get_int(&q, 0);
	assert_int_equal(query_finish(&q), STATUS_OK);
	return value;
}

/* Every row of every derived table, one after the other. */
static inline struct bytes derived_rows(struct hub *hub)
{
	struct bytes all = bytes_new((size_t)16 * 1024 * 1024);
	for (const struct derived_table *t = DERIVED_TABLES; t->name != NULL; t++) {
		int n_columns = 1;
		for (const char *c = t->columns; *c != '\0'; c++)
			n_columns += *c == ',';
		struct query q = query_start(hub->db, t->select);
		while (query_row(&q)) {
			bytes_put_str(&all, t->name);
			for (int i = 0; i < n_columns; i++) {
				struct slice cell = query_get_blob(&q, i);
				cbor_put_bytes(&all, cell.data, cell.len);
			}
		}
		assert_int_equal(query_finish(&q), STATUS_OK);
	}
	assert_int_equal(bytes_status(&all), STATUS_OK);
	return all;
}

static inline void assert_derived(struct hub *hub, const struct bytes *expected)
{
	struct bytes rows = derived_rows(hub);
	assert_true(slice_equal(bytes_slice(&rows), bytes_slice(expected)));
	bytes_free(&rows);
}

/* --- enrolment --- */

struct pc {
	struct signing_key *key;
	uint8_t box_seed[SEED_LEN];
	uint8_t id[DEVICE_ID_LEN];
	struct incarnation incarnation;
	uint64_t seq;           /* of the last batch sealed */
	uint8_t prev[HASH_LEN]; /* and its hash */
	uint64_t receipted;
	int64_t head_time;
	uint8_t nonces;
};

static inline struct pc pc_new(uint8_t number)
{
	struct pc pc = {.incarnation = {.ordinal = 1, .bits = UINT64_C(0xA000000000000000) + number}};
	uint8_t seed[SEED_LEN];
	memset(seed, number, sizeof(seed));
	memset(pc.box_seed, number + 100, sizeof(pc.box_seed));
	pc.key = signing_key_new(seed);
	assert_non_null(pc.key);
	sign_key_id(signing_key_public(pc.key), pc.id);
	return pc;
}

static inline struct invitation invite(struct hub *hub, const char *unit, bool confirm)
{
	struct invite_plan plan = {
		.unit = unit, .host = "hub.test", .port = 8443, .hours = 24, .confirm = confirm, .who = "tester"};
	char code[INVITATION_TEXT];
	int64_t expires = 0;
	struct invitation invitation;
	assert_int_equal(enrol_invite(hub, &plan, code, &expires), STATUS_OK);
	assert_true(expires == hub_now(hub) + DAY);
	assert_int_equal(invitation_parse(code, &invitation), STATUS_OK);
	return invitation;
}

/* The body of POST /v1/enroll of a PC that was given this invitation; box_key NULL: its own. */
static inline struct bytes enrolment_with(const struct fixture *f, const struct pc *pc,
					  const struct invitation *invitation, const uint8_t *box_key)
{
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	uint8_t mac_key[MAC_LEN];
	struct enrol_request request = {
		.incarnation = pc->incarnation, .sent_at = f->now, .version = slice_str("1.0")};
	invitation_id(invitation->secret, request.invitation);
	invitation_mac_key(invitation->secret, mac_key);
	memcpy(request.public_key, signing_key_public(pc->key), PUBLIC_KEY_LEN);
	box_public_key(pc->box_seed, request.box_key);
	if (box_key != NULL)
		memcpy(request.box_key, box_key, PUBLIC_KEY_LEN);
	memset(request.nonce, 5, NONCE_LEN);
	assert_int_equal(enrol_seal(&request, f->hub->identity.hub_id, pc->key, mac_key, &body), STATUS_OK);
	return body;
}

static inline struct bytes enrolment(const struct fixture *f, const struct pc *pc,
				     const struct invitation *invitation)
{
	return enrolment_with(f, pc, invitation, NULL);
}

/* One transaction around enrol_take, as the writer makes it. */
static inline enum status take_enrolment(struct hub *hub, struct slice body, struct bytes *out)
{
	struct hub_transaction t;
	bytes_clear(out);
	assert_int_equal(hub_begin(hub, &t), STATUS_OK);
	enum status s = enrol_take(hub, body, out);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	return s;
}

static inline struct pc enrolled_pc(struct fixture *f, uint8_t number, const char *unit)
{
	struct pc pc = pc_new(number);
	struct invitation invitation = invite(f->hub, unit, false);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(take_enrolment(f->hub, bytes_slice(&body), &out), STATUS_OK);
	bytes_free(&out);
	bytes_free(&body);
	return pc;
}

/* --- batches --- */

static inline struct change dossier(const char *code, int64_t changed_at)
{
	struct change c = change_new(KIND_DOSSIER);
	c.time_stated = true;
	c.changed_at = changed_at;
	c.key = slice_str(code);
	change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
	change_set_number(&c, FIELD_RECEIVED_AT, changed_at);
	return c;
}

static inline struct change dossier_of(const char *code, int64_t changed_at, const char *unit)
{
	struct change c = dossier(code, changed_at);
	change_set_text(&c, FIELD_UNIT, slice_str(unit));
	return c;
}

static inline struct batch_head next_head(const struct fixture *f, const struct pc *pc)
{
	struct batch_head head = {.incarnation = pc->incarnation,
				  .seq = pc->seq + 1,
				  .sealed_at = f->now,
				  .head_time = pc->head_time};
	memcpy(head.device, pc->id, DEVICE_ID_LEN);
	memcpy(head.prev, pc->prev, HASH_LEN);
	return head;
}

static inline struct bytes seal_batch(const struct fixture *f, const struct signing_key *key,
				      const struct batch_head *head, const struct change *changes, size_t count)
{
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	struct batch_writer *w = batch_writer_new();
	assert_non_null(w);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(batch_writer_add(w, &changes[i]), STATUS_OK);
	assert_int_equal(batch_seal(w, head, f->hub->identity.hub_id, key, &sealed), STATUS_OK);
	batch_writer_free(w);
	return sealed;
}

/* The next batch of the PC's chain. */
static inline struct bytes next_batch(const struct fixture *f, struct pc *pc, const struct change *changes,
				      size_t count)
{
	struct batch_head head = next_head(f, pc);
	struct bytes sealed = seal_batch(f, pc->key, &head, changes, count);
	hash_bytes(bytes_slice(&sealed), pc->prev);
	pc->seq++;
	return sealed;
}

/* The next batch, with one dossier of the given code. */
static inline struct bytes dossier_batch(const struct fixture *f, struct pc *pc, const char *code)
{
	struct change c = dossier(code, f->now - DAY);
	return next_batch(f, pc, &c, 1);
}

/* The next batch of the chain with rows that do not inflate: the signature holds, what it signs is rubbish. */
static inline struct bytes unreadable_batch(const struct fixture *f, struct pc *pc)
{
	struct change c = dossier("X-unreadable", f->now);
	struct batch_head head = next_head(f, pc);
	struct bytes sealed = seal_batch(f, pc->key, &head, &c, 1);
	struct envelope e;
	assert_int_equal(envelope_peek(bytes_slice(&sealed), &e), STATUS_OK);
	struct bytes payload = bytes_new(LIMIT_BATCH_SEALED);
	bytes_put(&payload, e.payload.data, e.payload.len);
	memset(payload.data + payload.len - 8, 0xFF, 8);
	bytes_clear(&sealed);
	assert_int_equal(
		envelope_seal(MESSAGE_BATCH, f->hub->identity.hub_id, pc->key, bytes_slice(&payload), &sealed),
		STATUS_OK);
	bytes_free(&payload);
	hash_bytes(bytes_slice(&sealed), pc->prev);
	pc->seq++;
	return sealed;
}

/* --- exchanges --- */

struct reply {
	struct bytes body;
	struct head head;
	size_t n_receipts;
	struct receipt receipts[RECEIPTS_MAX];
	struct slice sealed[RECEIPTS_MAX]; /* the receipts as they came */
};

static inline void reply_free(struct reply *r)
{
	bytes_free(&r->body);
	free(r);
}

static inline struct request request_of(const struct fixture *f, struct pc *pc)
{
	struct request request = {.n_chains = 1, .sent_at = f->now, .version = slice_str("1.0")};
	memcpy(request.device, pc->id, DEVICE_ID_LEN);
	memset(request.nonce, ++pc->nonces, NONCE_LEN);
	request.chains[0].incarnation = pc->incarnation;
	request.chains[0].receipted = pc->receipted;
	return request;
}

static inline struct bytes body_of(const struct fixture *f, const struct pc *pc, const struct request *request,
				   const struct bytes *batches, size_t count)
{
	struct bytes body = bytes_new(LIMIT_REQUEST);
	struct bytes sealed = bytes_new(LIMIT_REQUEST);
	assert_int_equal(request_seal(request, f->hub->identity.hub_id, pc->key, &sealed), STATUS_OK);
	cbor_put_array(&body, count + 1);
	cbor_put_bytes(&body, sealed.data, sealed.len);
	for (size_t i = 0; i < count; i++)
		cbor_put_bytes(&body, batches[i].data, batches[i].len);
	assert_int_equal(bytes_status(&body), STATUS_OK);
	bytes_free(&sealed);
	return body;
}

/* What the front and the writer do with a body. */
static inline enum status exchange(struct hub *hub, struct slice body, struct bytes *out)
{
	struct arrival *arrival = NULL;
	struct hub_transaction t;
	enum status s = intake_open(hub, body, &arrival);
	if (s != STATUS_OK) {
		assert_null(arrival);
		return s;
	}
	assert_int_equal(hub_begin(hub, &t), STATUS_OK);
	s = intake_take(hub, arrival, out);
	if (s == STATUS_OK)
		s = hub_commit(&t);
	else
		hub_rollback(&t);
	intake_free(arrival);
	return s;
}

/* Takes the answer apart; everything in it must verify. */
static inline struct reply *read_reply(const struct hub *hub, struct bytes *body)
{
	struct reply *r = calloc(1, sizeof(*r));
	assert_non_null(r);
	r->body = *body;
	struct cbor in = cbor_reader(r->body.data, r->body.len);
	size_t items = cbor_array(&in, RECEIPTS_MAX + 1);
	struct slice head = cbor_bytes(&in, LIMIT_REPLY);
	assert_int_equal(head_open(head, hub->identity.hub_id, hub->identity.sign_key, &r->head), STATUS_OK);
	r->n_receipts = items - 1;
	for (size_t i = 0; i < r->n_receipts; i++) {
		r->sealed[i] = cbor_bytes(&in, LIMIT_REPLY);
		assert_int_equal(
			receipt_open(r->sealed[i], hub->identity.hub_id, hub->identity.sign_key, &r->receipts[i]),
			STATUS_OK);
	}
	assert_int_equal(cbor_end(&in), STATUS_OK);
	return r;
}

/* Sends batches through any handle of the hub; the answer to be freed. */
static inline struct reply *send_through(struct fixture *f, struct hub *hub, struct pc *pc,
					 const struct bytes *batches, size_t count)
{
	struct request request = request_of(f, pc);
	struct bytes body = body_of(f, pc, &request, batches, count);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(exchange(hub, bytes_slice(&body), &out), STATUS_OK);
	bytes_free(&body);
	struct reply *r = read_reply(hub, &out);
	assert_memory_equal(r->head.nonce, request.nonce, NONCE_LEN);
	assert_memory_equal(r->head.device, pc->id, DEVICE_ID_LEN);
	pc->head_time = r->head.hub_time;
	return r;
}

static inline struct reply *send_batches(struct fixture *f, struct pc *pc, const struct bytes *batches,
					 size_t count)
{
	return send_through(f, f->hub, pc, batches, count);
}

/* Sends one batch, frees it, forgets the answer. */
static inline void deliver(struct fixture *f, struct pc *pc, struct bytes batch)
{
	struct reply *r = send_batches(f, pc, &batch, 1);
	reply_free(r);
	bytes_free(&batch);
}

/* What the hub answers to these batches when it takes none of them. */
static inline enum status refusal(struct fixture *f, struct pc *pc, const struct bytes *batches, size_t count)
{
	struct request request = request_of(f, pc);
	struct bytes body = body_of(f, pc, &request, batches, count);
	struct bytes out = bytes_new(LIMIT_REPLY);
	int64_t before = number(f->hub, "SELECT count(*) FROM log");
	enum status s = exchange(f->hub, bytes_slice(&body), &out);
	assert_int_not_equal(s, STATUS_OK);
	assert_int_equal(out.len, 0);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == before);
	bytes_free(&out);
	bytes_free(&body);
	return s;
}

/* A test on a hub of its own. */
#define HUB_TEST(test) cmocka_unit_test_setup_teardown(test, fixture_up, fixture_down)

#endif
