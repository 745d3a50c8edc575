#include "hub/courier.h"

#include <stdlib.h>
#include <string.h>

#include "hub/chain.h"
#include "hub/checkpoint.h"
#include "hub/compare_carried.h"
#include "hub/courier_file.h"
#include "hub/enrol.h"
#include "hub/epoch.h"
#include "hub/intake.h"
#include "hub/seen.h"
#include "protocol/courier.h"

/* One transaction: as much as an exchange over the line may bring. */
enum { GROUP_ITEMS = 64, GROUP_BYTES = LIMIT_REQUEST };

/* An envelope of the file, verified before the transaction begins. */
struct item {
	struct bytes sealed;
	struct bytes receipt; /* that came right before it */
	struct device device;
	bool is_request;
	struct request request;
	struct arrived in;
};

struct ingest {
	struct hub *hub;
	size_t n_items;
	size_t n_bytes; /* of the items */
	struct item items[GROUP_ITEMS];
	struct bytes receipt; /* of the batch that comes next, if any */
	size_t n_waiting;
	size_t cap_waiting;
	struct batch_head *waiting; /* places of batches that were kept waiting */
	bool held_here;             /* the file at hand is what shows that this device contradicts itself: */
	uint8_t held_device[DEVICE_ID_LEN];
};

struct ingest *ingest_new(struct hub *hub)
{
	struct ingest *run = calloc(1, sizeof(*run));
	if (run == NULL)
		return NULL;
	run->hub = hub;
	run->receipt = bytes_new(COURIER_CONTENT_MAX);
	return run;
}

static void clear_group(struct ingest *run)
{
	for (size_t i = 0; i < run->n_items; i++) {
		arrived_clear(&run->items[i].in);
		bytes_free(&run->items[i].sealed);
		bytes_free(&run->items[i].receipt);
	}
	run->n_items = 0;
	run->n_bytes = 0;
}

void ingest_free(struct ingest *run)
{
	if (run == NULL)
		return;
	clear_group(run);
	bytes_free(&run->receipt);
	free(run->waiting);
	free(run);
}

static enum status note_waiting(struct ingest *run, const struct batch_head *head)
{
	if (run->n_waiting == run->cap_waiting) {
		size_t cap = run->cap_waiting == 0 ? LIMIT_PENDING : 2 * run->cap_waiting;
		struct batch_head *grown = realloc(run->waiting, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		run->waiting = grown;
		run->cap_waiting = cap;
	}
	run->waiting[run->n_waiting++] = *head;
	return STATUS_OK;
}

enum status ingest_waiting(struct ingest *run, int64_t *ret_count)
{
	enum status s = STATUS_OK;
	int64_t count = 0;
	for (size_t i = 0; i < run->n_waiting && s == STATUS_OK; i++) {
		bool there = false;
		s = pending_find(run->hub->db, &run->waiting[i], &there);
		count += there ? 1 : 0;
	}
	if (s == STATUS_OK)
		*ret_count = count;
	return s;
}

/* What a file brings and is not taken; the rest of it is. */
static void note_refused(struct ingested *out, enum status why)
{
	if (out->refused_frames == 0)
		out->refused_status = why;
	out->refused_frames++;
}

static void note_device(struct ingested *out, const uint8_t device[static DEVICE_ID_LEN])
{
	memcpy(out->device, device, DEVICE_ID_LEN);
	out->has_device = true;
}

/* Trouble of this machine ends a run; all else is what the envelope itself is like. */
static bool is_trouble(enum status s)
{
	int end = status_exit(s);
	return s != STATUS_OK && s != STATUS_WAITING_DEVICE && (end == EXIT_DISK || end == EXIT_LATER);
}

static enum status open_batch(struct hub *hub, struct item *item)
{
	struct envelope e;
	enum status s = envelope_peek(bytes_slice(&item->sealed), &e);
	if (s == STATUS_OK)
		s = registry_find_key(hub->registry, e.key_id, &item->device);
	return s == STATUS_OK ? arrived_open(hub, &item->device, bytes_slice(&item->sealed),
					     bytes_slice(&item->receipt), &item->in)
			      : s;
}

static enum status open_item(struct hub *hub, enum courier_kind kind, struct item *item)
{
	item->is_request = kind == COURIER_REQUEST;
	if (kind == COURIER_BATCH)
		return open_batch(hub, item);
	if (kind == COURIER_REQUEST)
		return intake_open_request(hub, bytes_slice(&item->sealed), &item->device, &item->request);
	return STATUS_VERSION; /* a kind of a later version */
}

/* The transaction has brought the registry up to date with what the operator did. */
static enum status look_up_device(const struct ingest *run, const struct item *item, struct device *ret_device)
{
	enum status s = registry_find_device(run->hub->registry, item->device.id, ret_device);
	if (s == STATUS_OK)
		s = device_check(ret_device);
	/* What shows the contradiction is taken to its end, as over the line. */
	bool shown = run->held_here && memcmp(run->held_device, item->device.id, DEVICE_ID_LEN) == 0;
	return s == STATUS_FORK && shown ? STATUS_OK : s;
}

static enum status take_batch(struct ingest *run, const struct device *device, const struct item *item,
			      struct ingested *out)
{
	enum fate fate = FATE_KNOWN;
	int64_t evidence = out->taken.evidence;
	enum status s = arrived_take(run->hub, device, &item->in, &out->taken, &fate);
	if (s == STATUS_OK && out->taken.evidence > evidence) {
		run->held_here = true;
		memcpy(run->held_device, device->id, DEVICE_ID_LEN);
	}
	return s == STATUS_OK && fate == FATE_WAITS ? note_waiting(run, &item->in.head) : s;
}

static enum status take_item(struct ingest *run, struct item *item, struct ingested *out)
{
	struct device now;
	enum status s = look_up_device(run, item, &now);
	if (s != STATUS_OK) {
		if (!is_trouble(s))
			note_refused(out, s);
		return is_trouble(s) ? s : STATUS_OK;
	}
	if (!item->is_request)
		return take_batch(run, &now, item, out);
	s = epoch_follow(run->hub, &item->request);
	return s == STATUS_OK ? seen_put(run->hub, &item->request, ROAD_COURIER) : s;
}

/* All that was gathered, in one transaction; what it did is told only once it is durable. */
static enum status take_group(struct ingest *run, struct ingested *out)
{
	struct hub_transaction t;
	struct ingested after = *out;
	if (run->n_items == 0)
		return STATUS_OK;
	enum status s = hub_begin(run->hub, &t);
	if (s == STATUS_OK) {
		for (size_t i = 0; i < run->n_items && s == STATUS_OK; i++)
			s = take_item(run, &run->items[i], &after);
		s = hub_end(&t, s);
	}
	if (s == STATUS_OK)
		*out = after;
	clear_group(run);
	if (s == STATUS_OK && checkpoint_due(run->hub))
		checkpoint(run->hub);
	return s;
}

/* What came before goes first; what follows may well be of this very device. */
static enum status take_enrolment(struct ingest *run, struct slice body, struct ingested *out)
{
	struct device device;
	bool fresh = false;
	enum status s = take_group(run, out);
	if (s == STATUS_OK)
		s = enrol_take_carried(run->hub, body, &device, &fresh);
	if (s != STATUS_OK) {
		if (!is_trouble(s))
			note_refused(out, s);
		return is_trouble(s) ? s : STATUS_OK;
	}
	note_device(out, device.id);
	if (fresh) {
		out->enrolled++;
		out->enrolled_as = device.state;
	}
	return STATUS_OK;
}

/* A question stands behind the batches it is about: they are taken first, and the answer goes with the receipts. */
static enum status take_question(struct ingest *run, struct slice sealed, struct ingested *out)
{
	struct hub_transaction t;
	uint8_t device[DEVICE_ID_LEN];
	enum status s = take_group(run, out);
	if (s == STATUS_OK)
		s = hub_begin(run->hub, &t);
	if (s != STATUS_OK)
		return s;
	s = compare_note_question(run->hub, sealed, device);
	enum status end = hub_end(&t, s);
	if (end == STATUS_OK)
		note_device(out, device);
	else if (!is_trouble(end))
		note_refused(out, end);
	return is_trouble(end) ? end : STATUS_OK;
}

static enum status add_item(struct ingest *run, const struct courier_frame *frame, struct ingested *out)
{
	struct item *item = &run->items[run->n_items];
	*item = (struct item){.sealed = bytes_new(COURIER_CONTENT_MAX), .receipt = run->receipt};
	run->receipt = bytes_new(COURIER_CONTENT_MAX);
	bytes_put(&item->sealed, frame->content.data, frame->content.len);
	enum status s = bytes_status(&item->sealed);
	if (s == STATUS_OK)
		s = open_item(run->hub, frame->kind, item);
	if (s != STATUS_OK) {
		bytes_free(&item->sealed);
		bytes_free(&item->receipt);
		if (!is_trouble(s))
			note_refused(out, s);
		return is_trouble(s) ? s : STATUS_OK;
	}
	note_device(out, item->device.id);
	run->n_items++;
	run->n_bytes += frame->content.len;
	bool full = run->n_items == GROUP_ITEMS || run->n_bytes >= GROUP_BYTES;
	return full ? take_group(run, out) : STATUS_OK;
}

static enum status add_frame(struct ingest *run, const struct courier_frame *frame, struct ingested *out)
{
	if (frame->kind == COURIER_RECEIPT) {
		bytes_clear(&run->receipt);
		bytes_put(&run->receipt, frame->content.data, frame->content.len);
		return bytes_status(&run->receipt);
	}
	if (frame->kind != COURIER_BATCH)
		bytes_clear(&run->receipt);
	if (frame->kind == COURIER_ENROL)
		return take_enrolment(run, frame->content, out);
	if (frame->kind == COURIER_COMPARE)
		return take_question(run, frame->content, out);
	return add_item(run, frame, out);
}

/* Why no frame opens: the start, unsigned as it is, explains it best. */
static void explain_nothing(const struct hub *hub, struct slice file, struct ingested *out)
{
	struct courier_start start;
	enum status s = courier_start_read(file, &start);
	if (s == STATUS_VERSION)
		out->fault = INGEST_VERSION;
	else if (s != STATUS_OK)
		out->fault = INGEST_NOT_COURIER;
	else if (memcmp(start.hub_id, hub->identity.hub_id, HUB_ID_LEN) != 0)
		out->fault = INGEST_OTHER_HUB;
	else if (start.direction == COURIER_TO_DEVICE)
		out->fault = INGEST_FOR_DEVICE;
	else
		out->fault = INGEST_ALL_DAMAGED;
	out->status = s == STATUS_VERSION ? STATUS_VERSION : STATUS_MALFORMED;
	if (out->fault == INGEST_OTHER_HUB || out->fault == INGEST_FOR_DEVICE)
		out->status = STATUS_REFUSED;
}

static void count_damage(const struct courier_reader *r, struct ingested *out)
{
	if (courier_is_whole(r))
		return;
	out->damaged = (int64_t)r->damaged;
	if (!r->ended)
		out->missing = 1;
	else if (r->end.frames > r->frames)
		out->missing = (int64_t)(r->end.frames - r->frames);
	/* Bytes that belong to no frame, and no frame lost by them. */
	if (out->damaged == 0 && out->missing == 0)
		out->damaged = 1;
}

/* The gravest first. */
static void judge_file(const struct hub *hub, struct slice file, const struct courier_reader *r,
		       struct ingested *out)
{
	struct courier_start start;
	if (!out->has_device && courier_start_read(file, &start) == STATUS_OK)
		note_device(out, start.device);
	if (r->frames == 0 && !r->ended) {
		explain_nothing(hub, file, out);
		return;
	}
	count_damage(r, out);
	if (r->ended) {
		out->part = r->end.part;
		out->more = r->end.more;
	}
	if (out->refused_frames > 0)
		out->status = out->refused_status;
	else if (out->taken.evidence > 0)
		out->status = STATUS_FORK;
	else if (out->damaged > 0 || out->missing > 0)
		out->status = STATUS_MALFORMED;
	else if (out->taken.not_kept > 0)
		out->status = STATUS_LIMIT;
}

enum status ingest_bytes(struct ingest *run, struct slice file, struct ingested *out)
{
	struct courier_reader r = courier_reader_new(file, run->hub->box_key);
	struct courier_frame frame;
	*out = (struct ingested){0};
	run->held_here = false;
	bytes_clear(&run->receipt);
	enum status s = courier_next(&r, &frame);
	while (s == STATUS_OK) {
		s = add_frame(run, &frame, out);
		if (s == STATUS_OK)
			s = courier_next(&r, &frame);
	}
	if (s == STATUS_EMPTY)
		s = take_group(run, out);
	clear_group(run);
	if (s == STATUS_OK)
		judge_file(run->hub, file, &r, out);
	courier_reader_free(&r);
	return s;
}

enum status ingest_file(struct ingest *run, const char *path, struct ingested *out)
{
	struct bytes file = bytes_new(LIMIT_COURIER);
	*out = (struct ingested){0};
	enum status s = courier_file_read(path, &file, out);
	if (s == STATUS_OK && out->fault == INGEST_NO_FAULT)
		s = ingest_bytes(run, bytes_slice(&file), out);
	bytes_free(&file);
	return s;
}
