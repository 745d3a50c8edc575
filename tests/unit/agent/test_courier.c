#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/courier.h"
#include "agent/seal.h"
#include "agent/sync.h"
#include "protocol/courier.h"
#include "tests/unit/agent/office.h"

/* ST-18: what a stick does that returns other bytes than it was given: the tail of the finished file is zeros. */
int __real_rename(const char *from, const char *to);
int __wrap_rename(const char *from, const char *to);
static bool stick_lies;

int __wrap_rename(const char *from, const char *to)
{
	struct stat info;
	int result = __real_rename(from, to);
	if (!stick_lies || result != 0)
		return result;
	assert_int_equal(stat(to, &info), 0);
	FILE *file = fopen(to, "r+b");
	assert_non_null(file);
	assert_int_equal(fseek(file, -(long)(info.st_size / 3), SEEK_END), 0);
	for (long i = 0; i < (long)(info.st_size / 3); i++)
		assert_int_equal(fputc(0, file), 0);
	assert_int_equal(fclose(file), 0);
	return 0;
}

static char *file_of(const struct office *office, const char *name)
{
	return path_join(office->dir, name);
}

/* What the hub finds in a file: keeps the batches, and the request. */
static size_t take_file(struct office *office, const char *path, struct request *ret_request)
{
	struct bytes file = bytes_new(LIMIT_COURIER);
	struct box_key *key = box_key_new(office->hub.box_seed);
	struct courier_frame frame;
	struct slice payload;
	size_t batches = 0;
	uint8_t named[HASH_LEN] = {0}; /* by the receipt right before */
	check_ok(file_read(path, &file));
	struct courier_reader r = courier_reader_new(bytes_slice(&file), key);
	enum status s = courier_next(&r, &frame);
	for (; s == STATUS_OK; s = courier_next(&r, &frame)) {
		if (frame.kind == COURIER_BATCH) {
			note_again(&office->hub, frame.content, slice_of(named, HASH_LEN));
			batches++;
			continue;
		}
		if (frame.kind == COURIER_RECEIPT) {
			struct receipt receipt;
			check_ok(receipt_open(frame.content, office->hub.id, signing_key_public(office->hub.key),
					      &receipt));
			memcpy(named, receipt.hash, HASH_LEN);
			continue;
		}
		if (frame.kind == COURIER_COMPARE) {
			check_ok(envelope_open(frame.content, MESSAGE_COMPARE, office->hub.id,
					       office->hub.device_key, &payload));
			continue;
		}
		assert_int_equal(frame.kind, COURIER_REQUEST);
		check_ok(envelope_open(frame.content, MESSAGE_REQUEST, office->hub.id, office->hub.device_key,
				       &payload));
		check_ok(request_read(payload, ret_request));
		ret_request->version = slice_str(""); /* it borrows from the frame */
	}
	assert_status(s, EMPTY);
	assert_true(courier_is_whole(&r));
	courier_reader_free(&r);
	box_key_free(key);
	bytes_free(&file);
	return batches;
}

/* The hub's answer, of all that it holds. Returns the number of receipts. */
static size_t write_answer(struct office *office, const struct request *asked, const char *path)
{
	struct hub *hub = &office->hub;
	struct bytes file = bytes_new(LIMIT_COURIER);
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	struct courier_start start = {.direction = COURIER_TO_DEVICE};
	struct courier_end end = {.frames = 1, .part = 1};
	struct request unasked = *asked;
	memset(unasked.nonce, 0, NONCE_LEN);
	memcpy(start.hub_id, hub->id, HUB_ID_LEN);
	memcpy(start.device, hub->device, DEVICE_ID_LEN);
	courier_put_start(&file, &start);
	seal_head(hub, &unasked, &sealed);
	check_ok(courier_put(&file, hub->device_box, COURIER_HEAD, bytes_slice(&sealed)));
	for (size_t i = 0; i < hub->n_held; i++) {
		bytes_clear(&sealed);
		seal_receipt(hub, &hub->held[i], &sealed);
		check_ok(courier_put(&file, hub->device_box, COURIER_RECEIPT, bytes_slice(&sealed)));
		end.frames++;
	}
	check_ok(courier_put_end(&file, hub->device_box, &end));
	check_ok(file_write(path, bytes_slice(&file), 0600));
	bytes_free(&sealed);
	bytes_free(&file);
	return end.frames - 1;
}

static void a_stick_there_and_one_back_settle_everything(void **state)
{
	struct office *office = *state;
	struct courier_export report;
	struct courier_receipts receipts;
	struct request asked;
	char *out = file_of(office, "out.mcs");
	char *back = file_of(office, "back.mcs");
	queue_many(office->agent, 5);
	check_ok(courier_export(office->agent, out, &report));
	assert_int_equal(report.files, 1);
	assert_int_equal(report.batches, 1);
	assert_int_equal(waiting(office->agent), 5);
	assert_int_equal(take_file(office, out, &asked), 1);
	assert_int_equal(asked.waiting, 5);
	assert_int_equal(write_answer(office, &asked, back), 1);
	check_ok(courier_receive(office->agent, back, &receipts));
	assert_true(receipts.whole);
	assert_int_equal(receipts.settlement.acknowledged, 1);
	assert_int_equal(waiting(office->agent), 0);
	/* The same file once more says nothing new, and its head does not advance. */
	check_ok(courier_receive(office->agent, back, &receipts));
	assert_int_equal(receipts.settlement.acknowledged, 0);
	assert_int_equal(receipts.settlement.ignored, 0);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'hub_regressed'"), -1);
	free(back);
	free(out);
}

/* ST-17: writing a file marks nothing as sent; a lost stick is made up for by the next. */
static void st_17_a_lost_stick_loses_nothing(void **state)
{
	struct office *office = *state;
	struct courier_export report;
	struct request asked;
	char *lost = file_of(office, "lost.mcs");
	char *out = file_of(office, "out.mcs");
	queue_many(office->agent, 3);
	check_ok(courier_export(office->agent, lost, &report));
	assert_int_equal(unlink(lost), 0);
	queue_one(office->agent, &(struct change){.kind = KIND_DOSSIER,
						  .key = slice_str("A-9"),
						  .time_stated = true,
						  .changed_at = NOON,
						  .fields[FIELD_FEE] = {.state = VALUE_NUMBER, .number = 5}});
	check_ok(courier_export(office->agent, out, &report));
	assert_int_equal(report.batches, 2);
	assert_int_equal(take_file(office, out, &asked), 2);
	assert_int_equal(office->hub.seen, UINT64_C(0x20e));
	assert_int_equal(waiting(office->agent), 4);
	free(out);
	free(lost);
}

static void st_17_an_unfinished_file_is_not_taken(void **state)
{
	struct office *office = *state;
	struct courier_export report;
	struct courier_receipts receipts;
	struct request asked;
	char *out = file_of(office, "out.mcs");
	char *part = file_of(office, "back.mcs.part");
	queue_many(office->agent, 2);
	check_ok(courier_export(office->agent, out, &report));
	(void)take_file(office, out, &asked);
	(void)write_answer(office, &asked, part);
	assert_status(courier_receive(office->agent, part, &receipts), BUSY);
	assert_int_equal(waiting(office->agent), 2);
	free(part);
	free(out);
}

static void st_18_a_stick_that_lies_is_told_before_it_is_carried_away(void **state)
{
	struct office *office = *state;
	struct courier_export report;
	char *out = file_of(office, "out.mcs");
	queue_many(office->agent, 3);
	stick_lies = true;
	enum status s = courier_export(office->agent, out, &report);
	stick_lies = false;
	assert_status(s, DIFFERENT);
	assert_int_equal(waiting(office->agent), 3);
	check_ok(courier_export(office->agent, out, &report));
	free(out);
}

static void with_nothing_to_send_a_sign_of_life_goes(void **state)
{
	struct office *office = *state;
	struct courier_export report;
	struct request asked;
	char *out = file_of(office, "out.mcs");
	check_ok(courier_export(office->agent, out, &report));
	assert_int_equal(report.batches, 1);
	assert_int_equal(take_file(office, out, &asked), 1);
	assert_int_equal(office->hub.held[0].count, 0);
	/* Again: what is under way is enough. */
	check_ok(courier_export(office->agent, out, &report));
	assert_int_equal(report.sealed, 0);
	free(out);
}

static void another_file_is_never_written_over(void **state)
{
	struct office *office = *state;
	struct courier_export report;
	struct bytes content = bytes_new(100);
	char *out = file_of(office, "dossiers.xlsx");
	check_ok(file_write(out, slice_str("PK..."), 0600));
	assert_status(courier_export(office->agent, out, &report), EXISTS);
	check_ok(file_read(out, &content));
	assert_true(slice_equal(bytes_slice(&content), slice_str("PK...")));
	assert_int_equal(ask(office->agent, "SELECT count(*) FROM batch"), 0);
	bytes_free(&content);
	free(out);
}

static void files_of_others_are_told_apart(void **state)
{
	struct office *office = *state;
	struct courier_export report;
	struct courier_receipts receipts;
	struct request asked;
	char *out = file_of(office, "out.mcs");
	char *back = file_of(office, "back.mcs");
	queue_many(office->agent, 1);
	check_ok(courier_export(office->agent, out, &report));
	assert_status(courier_receive(office->agent, out, &receipts), USAGE);
	assert_status(courier_receive(office->agent, "/nowhere/at/all.mcs", &receipts), EMPTY);
	check_ok(file_write(back, slice_str("a letter of some length that is no courier file at all"), 0600));
	assert_status(courier_receive(office->agent, back, &receipts), MALFORMED);
	(void)take_file(office, out, &asked);
	office->hub.device[0] ^= 1;
	office->hub.device_box[0] ^= 1;
	(void)write_answer(office, &asked, back);
	assert_status(courier_receive(office->agent, back, &receipts), FOREIGN);
	assert_int_equal(waiting(office->agent), 1);
	free(back);
	free(out);
}

/* HB-04 by courier: a hub put back from a copy gets what it had acknowledged behind the receipt it gave. */
static void hb_04_what_the_hub_lost_goes_with_its_receipts(void **state)
{
	struct office *office = *state;
	struct courier_export report;
	struct sync_report sync;
	struct request request;
	char *out = file_of(office, "out.mcs");
	for (int i = 0; i < 3; i++) {
		char code[LIMIT_CODE];
		(void)snprintf(code, sizeof(code), "A-%d", i);
		struct change c = dossier(code, NOON, DOSSIER_ACCEPTED);
		assert_true(queue_one(office->agent, &c));
		if (i < 2) /* the third one is new */
			check_ok(sync_run(office->agent, false, &sync));
	}
	check_ok(database_script(office->agent->db, "UPDATE incarnation SET have = 0"));
	office->hub.n_held = 0;
	check_ok(courier_export(office->agent, out, &report));
	assert_int_equal(take_file(office, out, &request), 3);
	assert_int_equal(office->hub.n_again, 2);
	free(out);
}

/* NW-04 by courier: a receipt that is genuine and not about a batch of ours acknowledges nothing and is counted. */
static void nw_04_a_foreign_receipt_acknowledges_nothing(void **state)
{
	static const enum mood moods[] = {RECEIPT_OF_ANOTHER_HASH, RECEIPT_BY_ANOTHER, RECEIPT_OF_ANOTHER_SEQ,
					  RECEIPT_OF_ANOTHER_DEVICE, REFUSES_BEYOND};
	struct office *office = *state;
	struct courier_export report;
	struct courier_receipts receipts;
	struct request asked;
	char *out = file_of(office, "out.mcs");
	char *back = file_of(office, "back.mcs");
	queue_many(office->agent, 2);
	check_ok(courier_export(office->agent, out, &report));
	(void)take_file(office, out, &asked);
	for (size_t i = 0; i < sizeof(moods) / sizeof(moods[0]); i++) {
		office->hub.mood = moods[i];
		(void)write_answer(office, &asked, back);
		check_ok(courier_receive(office->agent, back, &receipts));
		assert_int_equal(receipts.settlement.acknowledged, 0);
		assert_int_equal(receipts.settlement.ignored, 1);
		assert_int_equal(waiting(office->agent), 2);
	}
	office->hub.mood = HONEST;
	(void)write_answer(office, &asked, back);
	check_ok(courier_receive(office->agent, back, &receipts));
	assert_int_equal(waiting(office->agent), 0);
	free(back);
	free(out);
}

/* A file that was long on its way: its receipts count, its head does not take anything back. */
static void an_old_file_takes_nothing_back(void **state)
{
	struct office *office = *state;
	struct courier_export report;
	struct courier_receipts receipts;
	struct sync_report sync;
	struct request asked;
	char *out = file_of(office, "out.mcs");
	char *back = file_of(office, "back.mcs");
	queue_many(office->agent, 2);
	check_ok(courier_export(office->agent, out, &report));
	(void)take_file(office, out, &asked);
	(void)write_answer(office, &asked, back);
	queue_one(office->agent, &(struct change){.kind = KIND_DOSSIER,
						  .key = slice_str("A-9"),
						  .time_stated = true,
						  .changed_at = NOON,
						  .fields[FIELD_FEE] = {.state = VALUE_NUMBER, .number = 5}});
	check_ok(sync_run(office->agent, false, &sync));
	assert_int_equal(ask(office->agent, "SELECT have FROM incarnation"), 2);
	check_ok(courier_receive(office->agent, back, &receipts));
	assert_int_equal(ask(office->agent, "SELECT have FROM incarnation"), 2);
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'hub_regressed'"), -1);
	free(back);
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(a_stick_there_and_one_back_settle_everything),
		WITH_OFFICE(st_17_a_lost_stick_loses_nothing),
		WITH_OFFICE(st_17_an_unfinished_file_is_not_taken),
		WITH_OFFICE(st_18_a_stick_that_lies_is_told_before_it_is_carried_away),
		WITH_OFFICE(with_nothing_to_send_a_sign_of_life_goes),
		WITH_OFFICE(another_file_is_never_written_over),
		WITH_OFFICE(files_of_others_are_told_apart),
		WITH_OFFICE(hb_04_what_the_hub_lost_goes_with_its_receipts),
		WITH_OFFICE(nw_04_a_foreign_receipt_acknowledges_nothing),
		WITH_OFFICE(an_old_file_takes_nothing_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
