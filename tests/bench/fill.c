/*
 * Fills a hub's directory with dossiers through the hub core's own intake: every day each of 125 devices sends one
 * signed batch that continues its chain, in the exchange it would make over the wire, some of them to a commit.
 * Goes on where an earlier run ended, so that one directory can grow and be looked at in between.
 *
 * usage: fill DIR DOSSIERS [DAYS]      DOSSIERS: so many there are at the end, in whole days of 10,000
 *                                      DAYS: between two lines of the output (10)
 *
 * Prints a JSON object a line: dossiers so far; changes since the line before, and for these the seconds of the
 * writer (transaction, commit, checkpoint) on the clock and on the processor, and those of verifying and decoding,
 * which other threads do in the program; the bytes of hub.db and its WAL; the most memory this process had.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <time.h>

#include "config/datadir.h"
#include "hub/checkpoint.h"
#include "hub/enrol.h"
#include "hub/intake.h"
#include "hub/spans.h"
#include "hub/units_file.h"

#include "fill_load.h"

enum {
	A_DAY = FILL_DEVICES * FILL_A_DAY,
	GROUP = 10, /* exchanges in a commit: about 2,300 changes */
	DAY_MS = 24 * 3600 * 1000,
	PRINT_DAYS = 10,
	BOX_SEED = 100
};

struct teller {
	struct signing_key *key;
	uint8_t id[DEVICE_ID_LEN];
	struct incarnation incarnation;
	uint64_t have; /* a batch a day, so the days it has told */
	uint8_t hash[HASH_LEN];
};

struct spent {
	double merge_s;
	double merge_cpu_s;
	double open_s;
	int64_t changes;
};

struct filling {
	int64_t now;
	struct hub_world world;
	struct hub *hub;
	struct teller devices[FILL_DEVICES];
	struct spent spent; /* since the last line */
	struct fill_day day;
};

/* One exchange on its way. */
struct exchange {
	struct bytes body;
	struct bytes answer;
	struct arrival *arrival;
	size_t changes;
};

static void require(enum status s, const char *what)
{
	if (s == STATUS_OK)
		return;
	(void)fprintf(stderr, "fill: %s: %s\n", what, status_code(s));
	exit(status_exit(s));
}

static double seconds(clockid_t clock)
{
	struct timespec now = {0};
	(void)clock_gettime(clock, &now); /* cannot fail with these clocks */
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* The load's own time: a day takes as long as its changes do. */
static int64_t virtual_now(void *context)
{
	return ((const struct filling *)context)->now;
}

static void make_device(struct teller *d, int number)
{
	uint8_t seed[SEED_LEN] = {(uint8_t)number, 1};
	d->key = signing_key_new(seed);
	require(d->key == NULL ? STATUS_NO_MEMORY : STATUS_OK, "key");
	sign_key_id(signing_key_public(d->key), d->id);
	d->incarnation = (struct incarnation){.ordinal = 1, .bits = UINT64_C(0xF111) + (uint64_t)number};
}

/* --- a hub and who may write to it --- */

static void import_units(struct hub *hub)
{
	struct units_fault fault;
	int64_t count = 0;
	FILE *list = tmpfile();
	require(list == NULL ? STATUS_DISK : STATUS_OK, "list of units");
	(void)fprintf(list, "code,name,level,parent\n06,Tỉnh 06,province,\n");
	for (int i = 0; i < FILL_DEVICES; i++) {
		char unit[FILL_UNIT];
		fill_unit(i, unit);
		(void)fprintf(list, "%s,Đơn vị %s,%s,06\n", unit, unit,
			      i < FILL_COMMUNES ? "commune" : "department");
	}
	rewind(list);
	require(units_import(hub, list, "bench", &count, &fault), "list of units");
	(void)fclose(list);
}

static void enrol(struct filling *f, int number)
{
	struct teller *d = &f->devices[number];
	char unit[FILL_UNIT];
	char code[INVITATION_TEXT];
	uint8_t mac_key[MAC_LEN];
	uint8_t box_seed[SEED_LEN] = {(uint8_t)number, BOX_SEED};
	int64_t expires = 0;
	struct invitation invitation;
	struct hub_transaction t;
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	struct bytes out = bytes_new(LIMIT_REPLY);
	fill_unit(number, unit);
	const struct invite_plan plan = {
		.unit = unit, .host = "hub.bench", .port = 8443, .hours = 24, .who = "bench"};
	require(enrol_invite(f->hub, &plan, code, &expires), "invite");
	require(invitation_parse(code, &invitation), "invitation");
	struct enrol_request request = {
		.incarnation = d->incarnation, .sent_at = f->now, .version = slice_str("bench")};
	invitation_id(invitation.secret, request.invitation);
	invitation_mac_key(invitation.secret, mac_key);
	memcpy(request.public_key, signing_key_public(d->key), PUBLIC_KEY_LEN);
	box_public_key(box_seed, request.box_key);
	require(enrol_seal(&request, f->hub->identity.hub_id, d->key, mac_key, &body), "enrolment");
	require(hub_begin(f->hub, &t), "enrol");
	require(hub_end(&t, enrol_take(f->hub, bytes_slice(&body), &out)), "enrol");
	bytes_free(&body);
	bytes_free(&out);
}

static void make_hub(struct filling *f, const char *dir)
{
	const struct hub_plan plan = {.province = "06", .name = "Growth", .url = "https://hub.bench:8443"};
	enum status s = hub_create(dir, &f->world, &plan);
	if (s != STATUS_EXISTS)
		require(s, "make the hub");
	bool fresh = s == STATUS_OK;
	require(hub_open(dir, &f->world, true, &f->hub), "open the hub");
	if (fresh)
		import_units(f->hub);
	for (int i = 0; i < FILL_DEVICES; i++) {
		make_device(&f->devices[i], i);
		if (fresh)
			enrol(f, i);
	}
}

/* Where each device's chain ends: that is the next day it has to tell of. */
static void read_chains(struct filling *f)
{
	struct query q = query_start(f->hub->db, "SELECT device, have, hash FROM chain");
	while (query_row(&q)) {
		struct slice id = query_get_blob(&q, 0);
		struct slice hash = query_get_blob(&q, 2);
		for (int i = 0; i < FILL_DEVICES; i++) {
			struct teller *d = &f->devices[i];
			if (!slice_equal(id, slice_of(d->id, DEVICE_ID_LEN)) || hash.len != HASH_LEN)
				continue;
			d->have = (uint64_t)query_get_int(&q, 1);
			memcpy(d->hash, hash.data, HASH_LEN);
		}
	}
	require(query_finish(&q), "chains");
}

/* --- what a device does --- */

static struct bytes seal_day(struct filling *f, const struct teller *d)
{
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	struct batch_writer *w = batch_writer_new();
	require(w == NULL ? STATUS_NO_MEMORY : STATUS_OK, "batch");
	struct batch_head head = {.incarnation = d->incarnation,
				  .seq = d->have + 1,
				  .sealed_at = f->now,
				  .head_epoch = f->hub->epoch,
				  .head_time = d->have > 0 ? f->now - DAY_MS : 0};
	memcpy(head.device, d->id, DEVICE_ID_LEN);
	memcpy(head.prev, d->hash, HASH_LEN);
	for (size_t i = 0; i < f->day.count; i++) {
		require(change_check(&f->day.changes[i].change, NULL), "a change");
		require(batch_writer_add(w, &f->day.changes[i].change), "batch");
	}
	require(batch_seal(w, &head, f->hub->identity.hub_id, d->key, &sealed), "batch");
	batch_writer_free(w);
	return sealed;
}

static void ask(struct filling *f, int number, int32_t day, struct exchange *e)
{
	struct teller *d = &f->devices[number];
	struct bytes asked = bytes_new(LIMIT_REQUEST);
	*e = (struct exchange){.body = bytes_new(LIMIT_REQUEST), .answer = bytes_new(LIMIT_REPLY)};
	fill_load(number, day, &f->day);
	e->changes = f->day.count;
	struct bytes batch = seal_day(f, d);
	struct request request = {.n_chains = 1, .sent_at = f->now, .version = slice_str("bench")};
	memcpy(request.device, d->id, DEVICE_ID_LEN);
	memcpy(request.nonce, &d->have, sizeof(d->have));
	request.chains[0].incarnation = d->incarnation;
	request.chains[0].receipted = d->have;
	require(request_seal(&request, f->hub->identity.hub_id, d->key, &asked), "request");
	cbor_put_array(&e->body, 2);
	cbor_put_bytes(&e->body, asked.data, asked.len);
	cbor_put_bytes(&e->body, batch.data, batch.len);
	require(bytes_status(&e->body), "request");
	hash_bytes(bytes_slice(&batch), d->hash);
	d->have++;
	bytes_free(&asked);
	bytes_free(&batch);
}

/* --- what the hub does --- */

static void merge(struct filling *f, struct exchange *exchanges, size_t n)
{
	struct hub_transaction t;
	require(hub_begin(f->hub, &t), "begin");
	for (size_t i = 0; i < n; i++)
		require(intake_take(f->hub, exchanges[i].arrival, &exchanges[i].answer), "take");
	require(hub_commit(&t), "commit");
	if (checkpoint_due(f->hub))
		checkpoint(f->hub);
}

/* Fast and wrong is no result. */
static void check_taken(const struct exchange *e)
{
	struct taken taken = intake_taken(e->arrival);
	if (taken.joined != 1 || taken.changes != (int64_t)e->changes || taken.refused != 0)
		require(STATUS_DIFFERENT, "not everything was taken");
}

static void take(struct filling *f, struct exchange *exchanges, size_t n)
{
	double start = seconds(CLOCK_MONOTONIC);
	for (size_t i = 0; i < n; i++)
		require(intake_open(f->hub, bytes_slice(&exchanges[i].body), &exchanges[i].arrival), "open");
	double opened = seconds(CLOCK_MONOTONIC);
	double cpu = seconds(CLOCK_PROCESS_CPUTIME_ID);
	merge(f, exchanges, n);
	f->spent.open_s += opened - start;
	f->spent.merge_s += seconds(CLOCK_MONOTONIC) - opened;
	f->spent.merge_cpu_s += seconds(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	for (size_t i = 0; i < n; i++) {
		check_taken(&exchanges[i]);
		f->spent.changes += (int64_t)exchanges[i].changes;
		intake_free(exchanges[i].arrival);
		bytes_free(&exchanges[i].body);
		bytes_free(&exchanges[i].answer);
	}
}

static void fill_one_day(struct filling *f, int32_t day)
{
	struct exchange exchanges[GROUP];
	size_t n = 0;
	f->now = date_start(fill_first_day() + day + 1);
	for (int i = 0; i < FILL_DEVICES; i++) {
		if (f->devices[i].have > (uint64_t)day)
			continue;
		ask(f, i, day, &exchanges[n++]);
		if (n == GROUP) {
			take(f, exchanges, n);
			n = 0;
		}
	}
	if (n > 0)
		take(f, exchanges, n);
}

static int64_t file_bytes(const char *dir, const char *name)
{
	struct stat info = {0};
	char *path = path_join(dir, name);
	require(path == NULL ? STATUS_NO_MEMORY : STATUS_OK, name);
	int64_t size = stat(path, &info) == 0 ? (int64_t)info.st_size : 0;
	free(path);
	return size;
}

static void print_line(struct filling *f, const char *dir, int32_t days)
{
	struct rusage usage = {0};
	(void)getrusage(RUSAGE_SELF, &usage); /* cannot fail with these arguments */
	(void)printf(
		"{\"dossiers\": %" PRId64 ", \"changes\": %" PRId64 ", \"merge_s\": %.3f, \"merge_cpu_s\": %.3f,"
		" \"open_s\": %.3f, \"db_bytes\": %" PRId64 ", \"wal_bytes\": %" PRId64 ", \"peak_kib\": %ld}\n",
		(int64_t)days * A_DAY, f->spent.changes, f->spent.merge_s, f->spent.merge_cpu_s, f->spent.open_s,
		file_bytes(dir, "hub.db"), file_bytes(dir, "hub.db-wal"), usage.ru_maxrss);
	(void)fflush(stdout);
	f->spent = (struct spent){0};
}

/* As a serving hub does when it is quiet. */
static void count_again(struct filling *f)
{
	double start = seconds(CLOCK_MONOTONIC);
	require(spans_refresh_all(f->hub), "count again");
	(void)printf("{\"counted_s\": %.3f}\n", seconds(CLOCK_MONOTONIC) - start);
}

int main(int argc, char **argv)
{
	if (argc < 3)
		return EXIT_WRONG_USE;
	const int32_t days = (int32_t)((strtoll(argv[2], NULL, 10) + A_DAY - 1) / A_DAY);
	const int32_t every = argc > 3 ? (int32_t)strtol(argv[3], NULL, 10) : PRINT_DAYS;
	if (every < 1)
		return EXIT_WRONG_USE;
	struct filling *f = calloc(1, sizeof(*f));
	require(f == NULL ? STATUS_NO_MEMORY : sign_start(), "start");
	f->now = date_start(fill_first_day());
	f->world = (struct hub_world){.now_ms = virtual_now, .context = f};
	make_hub(f, argv[1]);
	read_chains(f);
	for (int32_t day = 0; day < days; day++) {
		fill_one_day(f, day);
		if (f->spent.changes > 0 && ((day + 1) % every == 0 || day + 1 == days))
			print_line(f, argv[1], day + 1);
	}
	count_again(f);
	checkpoint(f->hub);
	hub_close(f->hub);
	for (int i = 0; i < FILL_DEVICES; i++)
		signing_key_free(f->devices[i].key);
	free(f);
	return 0;
}
