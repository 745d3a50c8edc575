#include "hub/courier_out.h"

#include <stdlib.h>
#include <string.h>

#include "config/courier_target.h"
#include "config/datadir.h"
#include "hub/answer.h"
#include "hub/chain.h"
#include "hub/compare_carried.h"
#include "hub/enrol.h"
#include "hub/seen.h"
#include "protocol/courier.h"

enum { EVERYONE_READS = 0644 /* the content is sealed */ };

struct out_chain {
	struct incarnation incarnation;
	uint64_t above; /* receipts up to here are written, or the device has them */
};

struct writing {
	struct hub *hub;
	const struct receipts_plan *plan;
	struct device device;
	size_t limit;
	struct request asked; /* what is kept of the device's last request; no nonce */
	int64_t up_to_entry;  /* what comes meanwhile is for the next time */
	size_t n_chains;
	struct out_chain chains[LIMIT_INCARNATIONS]; /* oldest first */
	size_t at;                                   /* the chain being written */
	struct bytes file;
	uint64_t frames;
	uint64_t first_receipt; /* frames before it */
	struct receipts_done done;
};

static enum status recall_request(struct writing *w)
{
	struct seen_chains said;
	enum status s = seen_chains_get(w->hub, w->device.id, &said);
	if (s != STATUS_OK)
		return s;
	memcpy(w->asked.device, w->device.id, DEVICE_ID_LEN);
	w->asked.n_chains = said.count;
	for (size_t i = 0; i < said.count; i++)
		w->asked.chains[i].incarnation = said.at[i].incarnation;
	return STATUS_OK;
}

/* Every incarnation known here, also one that the last request did not name. */
static enum status choose_chains(struct writing *w)
{
	struct seen_chains said;
	struct head head = {0};
	memcpy(head.device, w->device.id, DEVICE_ID_LEN);
	enum status s = seen_chains_get(w->hub, w->device.id, &said);
	if (s == STATUS_OK)
		s = chain_head_fill(w->hub->db, &w->asked, &head);
	if (s != STATUS_OK)
		return s;
	w->n_chains = head.n_chains;
	for (size_t i = 0; i < head.n_chains; i++) {
		struct out_chain *chain = &w->chains[head.n_chains - 1 - i];
		chain->incarnation = head.chains[i].incarnation;
		chain->above = seen_receipted(&said, &chain->incarnation);
	}
	return STATUS_OK;
}

/* The counter is reserved durably before the head leaves (L4). */
static enum status make_head(struct writing *w, struct bytes *out)
{
	struct hub_transaction t;
	bool first = w->done.files == 0;
	enum status s = hub_begin(w->hub, &t);
	if (s != STATUS_OK)
		return s;
	if (first)
		s = recall_request(w);
	if (s == STATUS_OK)
		s = answer_head(w->hub, &w->asked, out);
	if (s == STATUS_OK && first) {
		w->up_to_entry = w->hub->last_entry;
		s = choose_chains(w);
	}
	return hub_end(&t, s);
}

static enum status put_frame(struct writing *w, enum courier_kind kind, struct slice content)
{
	enum status s = courier_put(&w->file, w->device.box_key, kind, content);
	if (s == STATUS_OK)
		w->frames++;
	return s;
}

static enum status put_receipt(void *context, uint64_t seq, struct slice sealed)
{
	struct writing *w = context;
	enum status s = put_frame(w, COURIER_RECEIPT, sealed);
	if (s == STATUS_OK) {
		w->chains[w->at].above = seq;
		w->done.receipts++;
	}
	return s;
}

/* STATUS_LIMIT: the file is full and there is more. */
static enum status put_receipts(struct writing *w)
{
	enum status s = database_snapshot(w->hub->db);
	while (s == STATUS_OK && w->at < w->n_chains) {
		struct receipt_range range = {.device = w->device.id,
					      .incarnation = w->chains[w->at].incarnation,
					      .above = w->chains[w->at].above,
					      .up_to_entry = w->up_to_entry};
		s = answer_receipts(w->hub, &range, put_receipt, w);
		w->at += s == STATUS_OK ? 1 : 0;
	}
	database_rollback(w->hub->db);
	return s;
}

/* A computer that enrolled by stick learns what became of it from whichever file reaches it first. */
static enum status put_enrolled(struct writing *w)
{
	struct bytes answer = bytes_new(LIMIT_REPLY);
	enum status s = enrol_answer_carried(w->hub, w->device.id, &answer);
	if (s == STATUS_OK)
		s = put_frame(w, COURIER_ENROLLED, bytes_slice(&answer));
	bytes_free(&answer);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

/* Behind the receipts, so that it can be judged as soon as it is read. What does not fit comes another time. */
static enum status put_compared(struct writing *w)
{
	struct bytes answer = bytes_new(LIMIT_REPLY);
	enum status s = compare_answer_carried(w->hub, w->device.id, &answer);
	if (s == STATUS_OK)
		s = put_frame(w, COURIER_COMPARED, bytes_slice(&answer));
	bytes_free(&answer);
	return s == STATUS_EMPTY || s == STATUS_LIMIT ? STATUS_OK : s;
}

static struct courier_start start_of(const struct writing *w)
{
	struct courier_start start = {.direction = COURIER_TO_DEVICE};
	memcpy(start.hub_id, w->hub->identity.hub_id, HUB_ID_LEN);
	memcpy(start.device, w->device.id, DEVICE_ID_LEN);
	return start;
}

static enum status begin_file(struct writing *w)
{
	const struct courier_start start = start_of(w);
	struct bytes head = bytes_new(LIMIT_REPLY);
	bytes_clear(&w->file);
	w->frames = 0;
	w->file.limit = w->limit - COURIER_END_LEN;
	enum status s = make_head(w, &head);
	courier_put_start(&w->file, &start);
	if (s == STATUS_OK)
		s = put_enrolled(w);
	if (s == STATUS_OK)
		s = put_frame(w, COURIER_HEAD, bytes_slice(&head));
	bytes_free(&head);
	w->first_receipt = w->frames;
	return s;
}

static enum status end_file(struct writing *w, bool more)
{
	struct courier_end end = {.frames = w->frames, .part = w->done.files + 1, .more = more};
	char *path = path_numbered(w->plan->path, w->done.files + 1);
	w->file.limit = w->limit;
	enum status s = path == NULL ? STATUS_NO_MEMORY : courier_put_end(&w->file, w->device.box_key, &end);
	if (s == STATUS_OK)
		s = file_write_checked(path, bytes_slice(&w->file), EVERYONE_READS);
	free(path);
	if (s == STATUS_OK)
		w->done.files++;
	return s;
}

static enum status write_files(struct writing *w)
{
	bool more = true;
	enum status s = STATUS_OK;
	while (more && s == STATUS_OK) {
		if (w->done.files == LIMIT_COURIER_PARTS)
			return STATUS_LIMIT;
		s = begin_file(w);
		if (s != STATUS_OK)
			break;
		s = put_receipts(w);
		more = s == STATUS_LIMIT;
		/* A file without room for one receipt would go on without end. */
		if (more && w->frames == w->first_receipt)
			return s;
		if (s == STATUS_OK)
			s = put_compared(w);
		if (more || s == STATUS_OK)
			s = end_file(w, more);
	}
	return s;
}

enum status courier_write_receipts(struct hub *hub, const struct receipts_plan *plan,
				   struct receipts_done *ret_done)
{
	size_t limit = plan->file_limit == 0 ? LIMIT_COURIER : plan->file_limit;
	struct writing w = {.hub = hub, .plan = plan, .limit = limit, .file = bytes_new(limit)};
	enum status s = registry_find_device(hub->registry, plan->device, &w.device);
	if (s == STATUS_OK)
		s = device_check(&w.device);
	/* The answer to the file that showed the contradiction is owed as well. */
	const struct courier_start start = start_of(&w);
	if (s == STATUS_OK || s == STATUS_FORK)
		s = courier_may_write(plan->path, &start);
	if (s == STATUS_OK)
		s = write_files(&w);
	bytes_free(&w.file);
	*ret_done = w.done;
	return s;
}
