/* Enrolments out of courier files, and the answers that go back in them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/courier_out.h"
#include "tests/unit/hub/courier_fixture.h"

/* An enrolment and batches behind it, in one file; the caller frees it. */
static struct bytes file_with(const struct fixture *f, const struct pc *pc, struct slice enrolment,
			      const struct bytes *batches, size_t count)
{
	struct bytes file = bytes_new(LIMIT_COURIER);
	struct courier_start start = {.direction = COURIER_TO_HUB};
	struct courier_end end = {.frames = 1 + count, .part = 1};
	memcpy(start.hub_id, f->hub->identity.hub_id, HUB_ID_LEN);
	memcpy(start.device, pc->id, DEVICE_ID_LEN);
	courier_put_start(&file, &start);
	put_frame(f, &file, COURIER_ENROL, enrolment, NULL);
	for (size_t i = 0; i < count; i++)
		put_frame(f, &file, COURIER_BATCH, bytes_slice(&batches[i]), NULL);
	assert_int_equal(courier_put_end(&file, f->hub->identity.box_key, &end), STATUS_OK);
	return file;
}

static struct ingested ingest_with(struct fixture *f, const struct pc *pc, struct slice enrolment,
				   const struct bytes *batches, size_t count)
{
	struct bytes file = file_with(f, pc, enrolment, batches, count);
	struct ingested result = ingest_one(f->hub, bytes_slice(&file));
	bytes_free(&file);
	return result;
}

/* The answer to the enrolment in the device's file; false if there is none. */
static bool read_answer(struct fixture *f, const struct pc *pc, struct enrolled *ret_enrolled)
{
	struct receipts_done done;
	char *path = path_join(f->dir, "out.mcs");
	struct receipts_plan plan = {.path = path};
	struct bytes file = bytes_new(LIMIT_COURIER);
	struct courier_frame frame;
	bool found = false;
	memcpy(plan.device, pc->id, DEVICE_ID_LEN);
	assert_int_equal(courier_write_receipts(f->hub, &plan, &done), STATUS_OK);
	assert_int_equal(file_read(path, &file), STATUS_OK);
	struct box_key *key = box_key_new(pc->box_seed);
	struct courier_reader reader = courier_reader_new(bytes_slice(&file), key);
	for (size_t n = 0; courier_next(&reader, &frame) == STATUS_OK; n++) {
		if (frame.kind != COURIER_ENROLLED)
			continue;
		assert_true(n == 0); /* it comes first */
		found = true;
		assert_int_equal(enrolled_open(frame.content, f->hub->identity.hub_id, f->hub->identity.sign_key,
					       ret_enrolled),
				 STATUS_OK);
		ret_enrolled->unit_name = slice_str(""); /* it borrows from the frame */
		assert_true(slice_equal(ret_enrolled->unit, slice_str("05801")));
		ret_enrolled->unit = slice_str("");
	}
	assert_true(courier_is_whole(&reader));
	courier_reader_free(&reader);
	box_key_free(key);
	bytes_free(&file);
	free(path);
	return found;
}

static void test_without_confirmation_one_file_enrols_and_delivers(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", false);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes batches[] = {dossier_batch(f, &pc, "A-1"), dossier_batch(f, &pc, "A-2")};
	struct enrolled answer;
	struct ingested r = ingest_with(f, &pc, bytes_slice(&body), batches, 2);
	assert_int_equal(r.status, STATUS_OK);
	assert_true(r.enrolled == 1 && r.taken.joined == 2);
	assert_int_equal(r.enrolled_as, DEVICE_UNCONFIRMED);
	assert_true(r.has_device && memcmp(r.device, pc.id, DEVICE_ID_LEN) == 0);
	assert_true(read_answer(f, &pc, &answer));
	assert_int_equal(answer.state, DEVICE_UNCONFIRMED);
	assert_memory_equal(answer.device, pc.id, DEVICE_ID_LEN);
	assert_int_equal(answer.nonce[0], 5);
	/* The same file once more changes nothing. */
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	r = ingest_with(f, &pc, bytes_slice(&body), batches, 2);
	assert_int_equal(r.status, STATUS_OK);
	assert_true(r.enrolled == 0 && r.taken.known == 2);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE unit = '05801'") == 2);
	free_all(batches, 2);
	bytes_free(&body);
	signing_key_free(pc.key);
}

static void test_with_confirmation_the_file_is_taken_once_more(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes batch = dossier_batch(f, &pc, "A-1");
	struct enrolled answer;
	char fingerprint[FINGERPRINT_TEXT];
	uint8_t confirmed[DEVICE_ID_LEN];
	struct ingested r = ingest_with(f, &pc, bytes_slice(&body), &batch, 1);
	assert_int_equal(r.status, STATUS_WAITING_DEVICE);
	assert_true(r.enrolled == 1 && r.refused_frames == 1 && r.taken.joined == 0);
	assert_int_equal(r.enrolled_as, DEVICE_WAITING);
	fingerprint_format(f->hub->identity.hub_id, signing_key_public(pc.key), fingerprint);
	assert_int_equal(enrol_confirm(f->hub, fingerprint, "tester", confirmed), STATUS_OK);
	/* Also after the code has run out. */
	f->now += 3 * DAY;
	r = ingest_with(f, &pc, bytes_slice(&body), &batch, 1);
	assert_int_equal(r.status, STATUS_OK);
	assert_true(r.enrolled == 0 && r.taken.joined == 1);
	assert_true(read_answer(f, &pc, &answer));
	assert_int_equal(answer.state, DEVICE_ACTIVE);
	bytes_free(&batch);
	bytes_free(&body);
	signing_key_free(pc.key);
}

/* The answer was lost, the commune has another code: the computer is known by its key, and answered anew. */
static void test_a_known_computer_is_answered_whatever_its_code(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation first = invite(f->hub, "05801", false);
	struct invitation second = invite(f->hub, "05802", false);
	struct bytes body = enrolment(f, &pc, &first);
	struct bytes again = enrolment(f, &pc, &second);
	struct enrolled answer;
	assert_true(ingest_with(f, &pc, bytes_slice(&body), NULL, 0).enrolled == 1);
	struct ingested r = ingest_with(f, &pc, bytes_slice(&again), NULL, 0);
	assert_int_equal(r.status, STATUS_OK);
	assert_true(r.enrolled == 0);
	assert_true(read_answer(f, &pc, &answer)); /* of the unit it was enrolled for */
	assert_true(number(f->hub, "SELECT count(*) FROM invitation WHERE device IS NULL") == 1);
	bytes_free(&again);
	bytes_free(&body);
	signing_key_free(pc.key);
}

static void test_who_enrolled_over_the_line_is_answered_there(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct enrolled answer;
	assert_false(read_answer(f, &pc, &answer));
	signing_key_free(pc.key);
}

static void id_16_a_code_on_a_stick_is_judged_as_over_the_line(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct pc thief = pc_new(2);
	struct invitation invitation = invite(f->hub, "05801", false);
	struct invitation guessed = invitation;
	guessed.secret[0] ^= 1;
	struct bytes wrong = enrolment(f, &thief, &guessed);
	struct bytes stolen = enrolment(f, &thief, &invitation);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes batch = dossier_batch(f, &thief, "A-1");
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	struct ingested r = ingest_with(f, &thief, bytes_slice(&wrong), &batch, 1);
	assert_int_equal(r.status, STATUS_INVITATION);
	assert_true(r.refused_frames == 2 && r.enrolled == 0); /* the batch is a stranger's */
	r = ingest_with(f, &thief, slice_str("no enrolment"), NULL, 0);
	assert_true(r.refused_frames == 1 && r.status != STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	/* Nothing was used up by it; and once it is used, it is. */
	assert_true(ingest_with(f, &pc, bytes_slice(&body), NULL, 0).enrolled == 1);
	r = ingest_with(f, &thief, bytes_slice(&stolen), NULL, 0);
	assert_int_equal(r.status, STATUS_INVITATION);
	/* One that ran out before anybody used it. */
	struct invitation old = invite(f->hub, "05801", false);
	struct bytes late = enrolment(f, &thief, &old);
	f->now += 2 * DAY;
	r = ingest_with(f, &thief, bytes_slice(&late), NULL, 0);
	assert_int_equal(r.status, STATUS_INVITATION);
	assert_int_equal(registry_device_count(f->hub->registry), 1);
	bytes_free(&late);
	bytes_free(&batch);
	bytes_free(&body);
	bytes_free(&stolen);
	bytes_free(&wrong);
	signing_key_free(pc.key);
	signing_key_free(thief.key);
}

static void id_17_any_changed_byte_of_a_carried_enrolment_enrols_nobody(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", false);
	struct bytes body = enrolment(f, &pc, &invitation);
	for (size_t i = 0; i < body.len; i++) {
		body.data[i] ^= (uint8_t)(1U << i % 8);
		struct ingested r = ingest_with(f, &pc, bytes_slice(&body), NULL, 0);
		assert_true(r.enrolled == 0 && r.refused_frames == 1);
		body.data[i] ^= (uint8_t)(1U << i % 8);
	}
	assert_true(ingest_with(f, &pc, bytes_slice(&body), NULL, 0).enrolled == 1);
	bytes_free(&body);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_without_confirmation_one_file_enrols_and_delivers),
		HUB_TEST(test_with_confirmation_the_file_is_taken_once_more),
		HUB_TEST(test_a_known_computer_is_answered_whatever_its_code),
		HUB_TEST(test_who_enrolled_over_the_line_is_answered_there),
		HUB_TEST(id_16_a_code_on_a_stick_is_judged_as_over_the_line),
		HUB_TEST(id_17_any_changed_byte_of_a_carried_enrolment_enrols_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
