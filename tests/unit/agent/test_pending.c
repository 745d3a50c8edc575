/* Enrolment where there is no line: the question and its answer travel on sticks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/courier.h"
#include "agent/pending.h"
#include "agent/repair.h"
#include "agent/sync.h"
#include "protocol/courier.h"
#include "tests/unit/agent/office.h"

static enum status by_stick(struct office *office, const char *url, struct enroll_report *report)
{
	char code[INVITATION_TEXT];
	hub_invite(&office->hub, code);
	return enroll_by_stick(office->dir, &office->world, strrchr(code, '/') + 1, url,
			       bytes_slice(&office->hub.document), report);
}

static char *file_of(const struct office *office, const char *name)
{
	return path_join(office->dir, name);
}

/* What the hub finds in a file: the question, and how many batches behind it. */
static size_t take_file(struct office *office, const char *path, struct enrol_request *ret_question)
{
	struct bytes file = bytes_new(LIMIT_COURIER);
	struct box_key *key = box_key_new(office->hub.box_seed);
	struct courier_frame frame;
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	uint8_t mac_key[MAC_LEN];
	size_t frames = 0;
	size_t batches = 0;
	invitation_mac_key(office->hub.secret, mac_key);
	check_ok(file_read(path, &file));
	struct courier_reader r = courier_reader_new(bytes_slice(&file), key);
	for (; courier_next(&r, &frame) == STATUS_OK; frames++) {
		if (frames == 0) {
			assert_int_equal(frame.kind, COURIER_ENROL);
			check_ok(enrol_open(frame.content, office->hub.id, ret_question, &sealed, mac));
			assert_true(enrol_mac_ok(sealed, mac, mac_key));
			memcpy(office->hub.device_key, ret_question->public_key, PUBLIC_KEY_LEN);
			memcpy(office->hub.device_box, ret_question->box_key, PUBLIC_KEY_LEN);
			sign_key_id(ret_question->public_key, office->hub.device);
		} else if (frames > 1 && frame.kind != COURIER_COMPARE) {
			assert_int_equal(frame.kind, COURIER_BATCH);
			hold(&office->hub, frame.content);
			batches++;
		}
	}
	assert_true(courier_is_whole(&r));
	courier_reader_free(&r);
	box_key_free(key);
	bytes_free(&file);
	return batches;
}

/* A file for the device: the answer, and the receipts of all that the hub holds. */
static void write_answer(struct office *office, const struct enrolled *answer, const struct signing_key *key,
			 const char *path)
{
	struct bytes file = bytes_new(LIMIT_COURIER);
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	struct courier_start start = {.direction = COURIER_TO_DEVICE};
	struct courier_end end = {.frames = 1 + office->hub.n_held, .part = 1};
	memcpy(start.hub_id, office->hub.id, HUB_ID_LEN);
	memcpy(start.device, office->hub.device, DEVICE_ID_LEN);
	courier_put_start(&file, &start);
	check_ok(enrolled_seal(answer, office->hub.id, key, &sealed));
	check_ok(courier_put(&file, office->hub.device_box, COURIER_ENROLLED, bytes_slice(&sealed)));
	for (size_t i = 0; i < office->hub.n_held; i++) {
		bytes_clear(&sealed);
		seal_receipt(&office->hub, &office->hub.held[i], &sealed);
		check_ok(courier_put(&file, office->hub.device_box, COURIER_RECEIPT, bytes_slice(&sealed)));
	}
	check_ok(courier_put_end(&file, office->hub.device_box, &end));
	check_ok(file_write(path, bytes_slice(&file), 0600));
	bytes_free(&sealed);
	bytes_free(&file);
}

static struct enrolled answer_to(const struct office *office, const struct enrol_request *question)
{
	struct enrolled answer = {.state = DEVICE_UNCONFIRMED,
				  .hub_time = office->hub.time,
				  .unit = slice_str("01831"),
				  .unit_name = slice_str("Phường Một")};
	memcpy(answer.nonce, question->nonce, NONCE_LEN);
	memcpy(answer.device, office->hub.device, DEVICE_ID_LEN);
	return answer;
}

static void one_stick_there_and_one_back_enrol_and_settle(void **state)
{
	struct office *office = *state;
	struct enroll_report report;
	struct courier_export export;
	struct courier_receipts receipts;
	struct enrol_request question;
	char *out = file_of(office, "out.mcs");
	char *back = file_of(office, "back.mcs");
	check_ok(by_stick(office, NULL, &report));
	assert_int_equal(office->hub.exchanges, 0);
	assert_string_equal(report.unit, "");
	assert_int_equal(report.state, DEVICE_WAITING);
	office_reopen(office);
	assert_true(pending_is(office->agent));
	/* What is entered meanwhile goes along. */
	queue_many(office->agent, 3);
	check_ok(courier_export(office->agent, out, &export));
	assert_int_equal(take_file(office, out, &question), 1);
	struct enrolled answer = answer_to(office, &question);
	write_answer(office, &answer, office->hub.key, back);
	check_ok(courier_receive(office->agent, back, &receipts));
	assert_true(receipts.enrolled);
	assert_int_equal(receipts.settlement.acknowledged, 1);
	assert_int_equal(waiting(office->agent), 0);
	assert_string_equal(office->agent->unit, "01831");
	assert_int_equal(ask(office->agent, "SELECT number FROM meta WHERE name = 'state'"), DEVICE_UNCONFIRMED);
	office_reopen(office);
	assert_string_equal(office->agent->unit, "01831");
	/* It is taken once; later files go without the question. */
	check_ok(courier_receive(office->agent, back, &receipts));
	assert_false(receipts.enrolled);
	assert_int_equal(receipts.settlement.ignored, 0);
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	assert_status(pending_read(office->dir, &body), EMPTY);
	bytes_free(&body);
	assert_status(by_stick(office, NULL, &report), EXISTS);
	free(back);
	free(out);
}

static void every_file_asks_the_same_until_the_answer_is_here(void **state)
{
	struct office *office = *state;
	struct enroll_report report;
	struct courier_export export;
	struct enrol_request first;
	struct enrol_request second;
	char *out = file_of(office, "out.mcs");
	check_ok(by_stick(office, NULL, &report));
	office_reopen(office);
	check_ok(courier_export(office->agent, out, &export));
	(void)take_file(office, out, &first);
	queue_many(office->agent, 1);
	check_ok(courier_export(office->agent, out, &export));
	assert_int_equal(take_file(office, out, &second), 2);
	assert_memory_equal(first.nonce, second.nonce, NONCE_LEN);
	/* With another code the same computer asks anew; what was sealed stays sealed. */
	random_fill(office->hub.secret, SECRET_LEN);
	agent_close(office->agent);
	office->agent = NULL;
	check_ok(by_stick(office, "https://hub.test:8443", &report));
	office_reopen(office);
	assert_int_equal(office->agent->port, 8443);
	check_ok(courier_export(office->agent, out, &export));
	assert_int_equal(take_file(office, out, &second), 2);
	assert_memory_not_equal(first.nonce, second.nonce, NONCE_LEN);
	assert_memory_equal(first.public_key, second.public_key, PUBLIC_KEY_LEN);
	free(out);
}

static void a_line_that_comes_meanwhile_finishes_it(void **state)
{
	struct office *office = *state;
	struct enroll_report report;
	struct sync_report sync;
	check_ok(by_stick(office, NULL, &report));
	office_reopen(office);
	queue_many(office->agent, 2);
	/* Nowhere to send to, and nobody is asked. */
	assert_status(sync_run(office->agent, false, &sync), UNREACHABLE);
	assert_int_equal(office->hub.exchanges, 0);
	agent_close(office->agent);
	office->agent = NULL;
	check_ok(office_enroll(office));
	office_reopen(office);
	assert_string_equal(office->agent->unit, "01831");
	check_ok(sync_run(office->agent, false, &sync));
	assert_int_equal(waiting(office->agent), 0);
}

static void a_lost_database_still_waits_for_its_answer(void **state)
{
	struct office *office = *state;
	struct enroll_report report;
	struct repair_report repaired;
	struct courier_export export;
	struct enrol_request question;
	char *out = file_of(office, "out.mcs");
	char *database = file_of(office, AGENT_DATABASE);
	check_ok(by_stick(office, NULL, &report));
	assert_int_equal(unlink(database), 0);
	assert_status(agent_open(office->dir, &office->world, &office->agent), LOST_DATA);
	check_ok(repair_lost(office->dir, &office->world, &repaired));
	office_reopen(office);
	assert_true(pending_is(office->agent));
	check_ok(courier_export(office->agent, out, &export));
	(void)take_file(office, out, &question);
	free(database);
	free(out);
}

/* Somebody on the way writes other answers into the file. */
static void id_17_only_the_hubs_answer_to_this_question_enrols(void **state)
{
	enum { REPLAYED, BY_ANOTHER, FOR_ANOTHER_DEVICE, WITHOUT_UNIT, CASES };
	struct office *office = *state;
	struct enroll_report report;
	struct courier_export export;
	struct courier_receipts receipts;
	struct enrol_request before;
	struct enrol_request question;
	char *out = file_of(office, "out.mcs");
	char *back = file_of(office, "back.mcs");
	check_ok(by_stick(office, NULL, &report));
	office_reopen(office);
	check_ok(courier_export(office->agent, out, &export));
	(void)take_file(office, out, &before);
	agent_close(office->agent);
	office->agent = NULL;
	check_ok(by_stick(office, NULL, &report));
	office_reopen(office);
	check_ok(courier_export(office->agent, out, &export));
	(void)take_file(office, out, &question);
	for (int i = 0; i < CASES; i++) {
		struct enrolled answer = answer_to(office, i == REPLAYED ? &before : &question);
		if (i == FOR_ANOTHER_DEVICE)
			answer.device[0] ^= 1;
		if (i == WITHOUT_UNIT)
			answer.unit = slice_str("");
		write_answer(office, &answer, i == BY_ANOTHER ? office->hub.stranger : office->hub.key, back);
		check_ok(courier_receive(office->agent, back, &receipts));
		assert_false(receipts.enrolled);
		assert_true(pending_is(office->agent));
	}
	struct enrolled answer = answer_to(office, &question);
	write_answer(office, &answer, office->hub.key, back);
	check_ok(courier_receive(office->agent, back, &receipts));
	assert_true(receipts.enrolled);
	free(back);
	free(out);
}

static void id_17_another_hubs_identity_on_the_stick_is_not_trusted(void **state)
{
	struct office *office = *state;
	struct enroll_report report;
	struct agent *a = NULL;
	char code[INVITATION_TEXT];
	struct hub other;
	hub_open(&other);
	hub_invite(&office->hub, code);
	assert_status(
		enroll_by_stick(office->dir, &office->world, code, NULL, bytes_slice(&other.document), &report),
		PIN);
	assert_status(enroll_by_stick(office->dir, &office->world, code, NULL, slice_str("<html>"), &report),
		      PORTAL);
	assert_status(enroll_by_stick(office->dir, &office->world, code, NULL, slice_str(""), &report), PORTAL);
	assert_status(agent_open(office->dir, &office->world, &a), NO_DATA);
	/* Once it waits for one hub's answer it does not turn to another. */
	check_ok(by_stick(office, NULL, &report));
	hub_invite(&other, code);
	assert_status(
		enroll_by_stick(office->dir, &office->world, code, NULL, bytes_slice(&other.document), &report),
		EXISTS);
	signing_key_free(other.key);
	signing_key_free(other.stranger);
	bytes_free(&other.document);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE_FOUND(one_stick_there_and_one_back_enrol_and_settle),
		WITH_OFFICE_FOUND(every_file_asks_the_same_until_the_answer_is_here),
		WITH_OFFICE_FOUND(a_line_that_comes_meanwhile_finishes_it),
		WITH_OFFICE_FOUND(a_lost_database_still_waits_for_its_answer),
		WITH_OFFICE_FOUND(id_17_only_the_hubs_answer_to_this_question_enrols),
		WITH_OFFICE_FOUND(id_17_another_hubs_identity_on_the_stick_is_not_trusted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
