#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/verify.h"
#include "tests/unit/hub/hub_fixture.h"
#include "tests/unit/hub/put_back_fixture.h"

/* A PC that enrolled after the copy was made to which its hub was put back, and the answer it then had. */
struct returning {
	struct pc pc;
	struct bytes answer;
};

static struct bytes answer_to(struct fixture *f, struct pc *pc, const char *unit)
{
	struct invitation invitation = invite(f->hub, unit, false);
	struct bytes body = enrolment(f, pc, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(take_enrolment(f->hub, bytes_slice(&body), &out), STATUS_OK);
	bytes_free(&body);
	return out;
}

static struct returning forgotten(struct fixture *f)
{
	struct bytes copy = copy_hub(f);
	struct returning r = {.pc = pc_new(1)};
	r.answer = answer_to(f, &r.pc, "05801");
	put_hub_back(f, &copy);
	bytes_free(&copy);
	assert_int_equal(refusal(f, &r.pc, NULL, 0), STATUS_UNKNOWN_DEVICE);
	return r;
}

static void returning_free(struct returning *r)
{
	bytes_free(&r->answer);
	signing_key_free(r->pc.key);
}

static struct bytes body_with(const struct fixture *f, const struct pc *pc, struct slice evidence)
{
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	struct enrol_request request = {
		.incarnation = pc->incarnation, .sent_at = f->now, .version = slice_str("1.0")};
	memcpy(request.public_key, signing_key_public(pc->key), PUBLIC_KEY_LEN);
	box_public_key(pc->box_seed, request.box_key);
	memset(request.nonce, 9, NONCE_LEN);
	assert_int_equal(enrol_seal_returning(&request, f->hub->identity.hub_id, pc->key, evidence, &body),
			 STATUS_OK);
	return body;
}

static enum status come_back(struct fixture *f, const struct pc *pc, struct slice evidence,
			     struct enrolled *ret_answer, struct bytes *out)
{
	struct bytes body = body_with(f, pc, evidence);
	enum status s = take_enrolment(f->hub, bytes_slice(&body), out);
	bytes_free(&body);
	if (s == STATUS_OK)
		assert_int_equal(enrolled_open(bytes_slice(out), f->hub->identity.hub_id, f->hub->identity.sign_key,
					       ret_answer),
				 STATUS_OK);
	return s;
}

/* HB-04: what the hub once signed brings it back as far as the operator's word. */
static void hb_04_a_forgotten_device_waits_for_one_word(void **state)
{
	struct fixture *f = *state;
	struct returning r = forgotten(f);
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct enrolled answer;
	char fingerprint[FINGERPRINT_TEXT];
	uint8_t confirmed[DEVICE_ID_LEN];
	int64_t before = number(f->hub, "SELECT count(*) FROM log");
	for (int i = 0; i < 2; i++) { /* the second time nothing is new */
		assert_int_equal(come_back(f, &r.pc, bytes_slice(&r.answer), &answer, &out), STATUS_OK);
		assert_int_equal(answer.state, DEVICE_WAITING);
		assert_true(slice_equal(answer.unit, slice_str("05801")));
		assert_true(number(f->hub, "SELECT count(*) FROM log") == before + 1);
	}
	assert_int_equal(refusal(f, &r.pc, NULL, 0), STATUS_WAITING_DEVICE);
	fingerprint_format(f->hub->identity.hub_id, signing_key_public(r.pc.key), fingerprint);
	assert_int_equal(enrol_confirm(f->hub, fingerprint, "tester", confirmed), STATUS_OK);
	deliver(f, &r.pc, dossier_batch(f, &r.pc, "A-1"));
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE unit = '05801'") == 1);
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
	bytes_free(&out);
	returning_free(&r);
}

static void hb_04_nobody_returns_with_what_is_not_his(void **state)
{
	struct fixture *f = *state;
	struct returning r = forgotten(f);
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct enrolled answer;
	struct pc other = pc_new(2);
	int64_t before = number(f->hub, "SELECT count(*) FROM log");
	/* Another key with this one's answer, a changed answer, another message of the hub's. */
	assert_int_equal(come_back(f, &other, bytes_slice(&r.answer), &answer, &out), STATUS_INVITATION);
	for (size_t i = 0; i < r.answer.len; i += 7) {
		r.answer.data[i] ^= 1;
		assert_int_equal(come_back(f, &r.pc, bytes_slice(&r.answer), &answer, &out), STATUS_INVITATION);
		r.answer.data[i] ^= 1;
	}
	assert_int_equal(come_back(f, &r.pc, bytes_slice(&f->hub->identity_doc), &answer, &out), STATUS_INVITATION);
	/* An answer of then about a unit that is in no list now. */
	struct enrolled then = {.unit = slice_str("09999"), .unit_name = slice_str("x"), .state = DEVICE_ACTIVE};
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	memcpy(then.device, r.pc.id, DEVICE_ID_LEN);
	assert_int_equal(enrolled_seal(&then, f->hub->identity.hub_id, f->hub->key, &sealed), STATUS_OK);
	assert_int_equal(come_back(f, &r.pc, bytes_slice(&sealed), &answer, &out), STATUS_INVITATION);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == before);
	bytes_free(&sealed);
	bytes_free(&out);
	signing_key_free(other.key);
	returning_free(&r);
}

/* Whom the operator has revoked, and the hub remembers, is not let in by an old answer. */
static void hb_04_a_revoked_device_does_not_return(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct bytes then = answer_to(f, &pc, "05801");
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct enrolled answer;
	sql(f, "UPDATE device SET state = 5");
	reopen_hub(f);
	assert_int_equal(come_back(f, &pc, bytes_slice(&then), &answer, &out), STATUS_OK);
	assert_int_equal(answer.state, DEVICE_REVOKED);
	assert_int_equal(refusal(f, &pc, NULL, 0), STATUS_SUSPENDED);
	bytes_free(&out);
	bytes_free(&then);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(hb_04_a_forgotten_device_waits_for_one_word, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_nobody_returns_with_what_is_not_his, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(hb_04_a_revoked_device_does_not_return, fixture_up, fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
