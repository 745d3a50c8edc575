#include "agent/courier.h"

#include <stdlib.h>
#include <string.h>

#include "agent/compare_ask.h"
#include "agent/outgoing.h"
#include "agent/pending.h"
#include "agent/queue.h"
#include "agent/returning.h"
#include "agent/seal.h"
#include "config/courier_target.h"
#include "config/datadir.h"
#include "protocol/courier.h"

/* A file being filled, and what came before it. */
struct filling {
	const struct agent *agent;
	const char *path;
	struct bytes file;
	struct courier_end end;
	size_t batches; /* in this file */
	size_t most;
	struct courier_export *report;
};

/* As long as its answer is not here, the enrolment goes first: without it the hub knows nobody who wrote the rest.
 */
static enum status put_enrolment(struct filling *f)
{
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	enum status s = pending_read(f->agent->dir, &body);
	if (s == STATUS_OK) {
		f->end.frames++;
		s = courier_put(&f->file, f->agent->hub.box_key, COURIER_ENROL, bytes_slice(&body));
	}
	bytes_free(&body);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

static struct courier_start start_of(const struct agent *a)
{
	struct courier_start start = {.direction = COURIER_TO_HUB};
	memcpy(start.hub_id, a->hub.hub_id, HUB_ID_LEN);
	memcpy(start.device, a->device, DEVICE_ID_LEN);
	return start;
}

static enum status begin_file(struct filling *f)
{
	const struct courier_start start = start_of(f->agent);
	struct bytes request = bytes_new(LIMIT_REQUEST);
	uint8_t nonce[NONCE_LEN];
	random_fill(nonce, NONCE_LEN);
	bytes_clear(&f->file);
	/* The last frame always finds its room. */
	f->file.limit = LIMIT_COURIER - COURIER_END_LEN;
	f->batches = 0;
	f->most = rarely_limit(&f->agent->world.rarely, RARELY_FILE_FULL, SIZE_MAX);
	f->end = (struct courier_end){.frames = 1, .part = f->end.part + 1};
	courier_put_start(&f->file, &start);
	enum status s = f->end.part > LIMIT_COURIER_PARTS ? STATUS_LIMIT : put_enrolment(f);
	if (s == STATUS_OK)
		s = outgoing_request(f->agent, nonce, &request);
	if (s == STATUS_OK)
		s = courier_put(&f->file, f->agent->hub.box_key, COURIER_REQUEST, bytes_slice(&request));
	bytes_free(&request);
	return s;
}

/* Behind the last batch: whether the hub then has what is here. What does not fit goes with another file. */
static enum status put_question(struct filling *f)
{
	struct bytes question = bytes_new(LIMIT_REPLY);
	enum status s = compare_question_carried(f->agent, &question);
	if (s == STATUS_OK)
		s = courier_put(&f->file, f->agent->hub.box_key, COURIER_COMPARE, bytes_slice(&question));
	bytes_free(&question);
	if (s == STATUS_OK)
		f->end.frames++;
	return s == STATUS_LIMIT ? STATUS_OK : s;
}

static enum status finish_file(struct filling *f, bool more)
{
	f->end.more = more;
	f->file.limit = LIMIT_COURIER;
	enum status s = courier_put_end(&f->file, f->agent->hub.box_key, &f->end);
	if (s != STATUS_OK)
		return s;
	char *path = path_numbered(f->path, f->end.part);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	s = file_write_checked(path, bytes_slice(&f->file), 0644);
	free(path);
	f->report->files++;
	f->report->bytes += (int64_t)f->file.len;
	return s;
}

static enum status put_frame(struct filling *f, enum courier_kind kind, struct slice content)
{
	f->end.frames++;
	return courier_put(&f->file, f->agent->hub.box_key, kind, content);
}

/* A batch, and before it the receipt it had from the hub, if any: in one file. */
static enum status fill(void *context, struct slice envelope, struct slice receipt)
{
	struct filling *f = context;
	size_t len = envelope.len + COURIER_FRAME_EXTRA;
	enum status s = STATUS_OK;
	if (receipt.len > 0)
		len += receipt.len + COURIER_FRAME_EXTRA;
	if (f->file.len + len > f->file.limit || f->batches == f->most) {
		s = finish_file(f, true);
		if (s == STATUS_OK)
			s = begin_file(f);
	}
	if (s == STATUS_OK && receipt.len > 0)
		s = put_frame(f, COURIER_RECEIPT, receipt);
	if (s == STATUS_OK)
		s = put_frame(f, COURIER_BATCH, envelope);
	f->batches++;
	f->report->batches++;
	return s;
}

static enum status write_files(const struct agent *a, const char *path, struct courier_export *report)
{
	struct filling f = {.agent = a, .path = path, .file = bytes_new(LIMIT_COURIER), .report = report};
	enum status s = begin_file(&f);
	if (s == STATUS_OK)
		s = outgoing_walk(a, &(struct outgoing_plan){.road = OUTGOING_COURIER}, fill, &f);
	if (s == STATUS_OK)
		s = put_question(&f);
	if (s == STATUS_OK)
		s = finish_file(&f, false);
	bytes_free(&f.file);
	return s;
}

static enum status has_something(const struct agent *a, bool *ret_something)
{
	struct outgoing_open open = {0};
	struct queue_counts counts;
	enum status s = outgoing_count(a, &open);
	if (s == STATUS_OK)
		s = queue_count(a, &counts);
	if (s == STATUS_OK)
		*ret_something = open.batches > 0 || counts.unsealed > 0;
	return s;
}

enum status courier_export(struct agent *a, const char *path, struct courier_export *ret_export)
{
	struct lock lock = {.fd = -1};
	size_t sealed = 0;
	bool something = true;
	*ret_export = (struct courier_export){0};
	const struct courier_start start = start_of(a);
	enum status s = courier_may_write(path, &start);
	if (s == STATUS_OK)
		s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s != STATUS_OK)
		return s;
	s = has_something(a, &something);
	if (s == STATUS_OK)
		s = seal_waiting(a, !something, &sealed);
	if (agent_give_up_reserve(a, s))
		s = seal_waiting(a, !something, &sealed);
	ret_export->sealed = (int64_t)sealed;
	if (s == STATUS_OK)
		s = write_files(a, path, ret_export);
	lock_release(&lock);
	return s;
}

/* One that was taken before comes with every file: it says nothing new. */
static enum status take_answer(const struct agent *a, struct slice sealed, struct courier_receipts *receipts)
{
	struct pending_answer answer;
	enum status s = pending_judge(a, sealed, &answer);
	if (s != STATUS_OK || !answer.ours)
		return s;
	receipts->enrolled = true;
	s = returning_keep(a->dir, sealed);
	return s == STATUS_OK ? pending_settle(a, &answer.enrolled) : s;
}

static enum status take_compared(const struct agent *a, struct slice sealed, struct courier_receipts *receipts)
{
	bool ours = false;
	enum status s = compare_keep(a, sealed, &ours);
	receipts->compared = receipts->compared || ours;
	receipts->settlement.ignored += s == STATUS_OK && !ours ? 1 : 0;
	return s;
}

static enum status take_frame(const struct agent *a, const struct courier_frame *frame,
			      struct courier_receipts *receipts)
{
	switch (frame->kind) {
	case COURIER_HEAD:
		return settle_carried_head(a, frame->content, &receipts->settlement);
	case COURIER_RECEIPT:
		return settle_receipt(a, frame->content, &receipts->settlement);
	case COURIER_ENROLLED:
		return take_answer(a, frame->content, receipts);
	case COURIER_COMPARED:
		return take_compared(a, frame->content, receipts);
	case COURIER_REQUEST:
	case COURIER_BATCH:
	case COURIER_ENROL:
	case COURIER_COMPARE:
	case COURIER_END:
		break;
	}
	receipts->settlement.ignored++; /* nothing a hub writes */
	return STATUS_OK;
}

static enum status take_frames(const struct agent *a, struct slice file, struct courier_receipts *receipts)
{
	struct courier_reader r = courier_reader_new(file, a->box);
	struct courier_frame frame;
	enum status s = database_begin(a->db);
	while (s == STATUS_OK) {
		s = courier_next(&r, &frame);
		if (s == STATUS_OK)
			s = take_frame(a, &frame, receipts);
	}
	if (s == STATUS_EMPTY)
		s = database_commit(a->db);
	else
		database_rollback(a->db);
	receipts->frames = r.frames;
	receipts->damaged = r.damaged;
	receipts->whole = courier_is_whole(&r);
	receipts->more = r.ended && r.end.more;
	courier_reader_free(&r);
	return s;
}

/* What the file says of itself explains why nothing in it opens; it decides nothing else. */
static enum status explain_start(const struct agent *a, struct slice file)
{
	struct courier_start start;
	enum status s = courier_start_read(file, &start);
	if (s != STATUS_OK)
		return s;
	if (start.direction == COURIER_TO_HUB)
		return STATUS_USAGE;
	bool ours = memcmp(start.hub_id, a->hub.hub_id, HUB_ID_LEN) == 0 &&
		    memcmp(start.device, a->device, DEVICE_ID_LEN) == 0;
	return ours ? STATUS_MALFORMED : STATUS_FOREIGN;
}

/* The name under which a file is written aside; a copy that broke off keeps it. */
static bool is_unfinished(const char *path)
{
	static const char suffix[] = ".part";
	size_t len = strlen(path);
	return len >= sizeof(suffix) - 1 && strcmp(path + len - (sizeof(suffix) - 1), suffix) == 0;
}

enum status courier_receive(struct agent *a, const char *path, struct courier_receipts *ret_receipts)
{
	struct lock lock = {.fd = -1};
	struct bytes file = bytes_new(LIMIT_COURIER);
	*ret_receipts = (struct courier_receipts){0};
	enum status s = is_unfinished(path) ? STATUS_BUSY : file_read(path, &file);
	if (s == STATUS_OK)
		s = agent_lock(a, AGENT_SYNC_LOCK, &lock);
	if (s == STATUS_OK)
		s = incarnation_reload(a);
	if (s == STATUS_OK)
		s = take_frames(a, bytes_slice(&file), ret_receipts);
	if (agent_give_up_reserve(a, s)) {
		*ret_receipts = (struct courier_receipts){0};
		s = take_frames(a, bytes_slice(&file), ret_receipts);
	}
	if (s == STATUS_OK && ret_receipts->enrolled)
		s = pending_finish(a);
	if (s == STATUS_OK && ret_receipts->frames == 0)
		s = explain_start(a, bytes_slice(&file));
	const struct incarnation old = a->incarnation;
	if (s == STATUS_OK && ret_receipts->settlement.copied)
		s = seal_anew(a, TROUBLE_DB_ROLLED_BACK, &old);
	lock_release(&lock);
	bytes_free(&file);
	return s;
}
