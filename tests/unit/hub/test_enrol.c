#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hub/hub_fixture.h"

static struct enrolled answered(const struct fixture *f, const struct bytes *out)
{
	struct enrolled enrolled = {0};
	assert_int_equal(
		enrolled_open(bytes_slice(out), f->hub->identity.hub_id, f->hub->identity.sign_key, &enrolled),
		STATUS_OK);
	return enrolled;
}

static enum status take(struct fixture *f, const struct bytes *body, struct bytes *out)
{
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	enum status s = take_enrolment(f->hub, bytes_slice(body), out);
	if (s != STATUS_OK) {
		assert_int_equal(out->len, 0);
		assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	}
	return s;
}

static void test_code_leads_to_this_hub_and_its_identity(void **state)
{
	struct fixture *f = *state;
	struct invitation invitation = invite(f->hub, "05801", true);
	uint8_t hash[IDENTITY_HASH_LEN];
	uint8_t id[KEY_ID_LEN];
	identity_hash(bytes_slice(&f->hub->identity_doc), hash);
	assert_memory_equal(invitation.identity_hash, hash, IDENTITY_HASH_LEN);
	assert_string_equal(invitation.host, "hub.test");
	assert_int_equal(invitation.port, 8443);
	/* The secret is in no table: only its name and the key that proves it. */
	invitation_id(invitation.secret, id);
	struct query q = query_start(f->hub->db, "SELECT id, instr(mac_key, ?1) FROM invitation");
	query_blob(&q, 1, slice_of(invitation.secret, SECRET_LEN));
	assert_true(query_row(&q));
	assert_true(slice_equal(query_get_blob(&q, 0), slice_of(id, KEY_ID_LEN)));
	assert_true(query_get_int(&q, 1) == 0);
	assert_int_equal(query_finish(&q), STATUS_OK);
	q = query_start(f->hub->db, "SELECT count(*) FROM log WHERE instr(body, ?1) > 0");
	query_blob(&q, 1, slice_of(invitation.secret, SECRET_LEN));
	assert_true(query_row(&q));
	assert_true(query_get_int(&q, 0) == 0);
	assert_int_equal(query_finish(&q), STATUS_OK);
}

static void test_no_invitation_for_a_unit_that_is_not_in_the_list(void **state)
{
	struct fixture *f = *state;
	char code[INVITATION_TEXT];
	int64_t expires = 0;
	struct invite_plan plan = {.unit = "99999", .host = "hub.test", .port = 443, .hours = 1};
	assert_int_equal(enrol_invite(f->hub, &plan, code, &expires), STATUS_EMPTY);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == 2);
	assert_true(number(f->hub, "SELECT count(*) FROM invitation") == 0);
}

static void test_enrolled_device_is_told_its_unit_and_state(void **state)
{
	struct fixture *f = *state;
	static const struct {
		bool confirm;
		enum device_state state;
	} cases[] = {{true, DEVICE_WAITING}, {false, DEVICE_UNCONFIRMED}};
	for (uint8_t i = 0; i < 2; i++) {
		struct pc pc = pc_new((uint8_t)(i + 1));
		struct invitation invitation = invite(f->hub, "05801", cases[i].confirm);
		struct bytes body = enrolment(f, &pc, &invitation);
		struct bytes out = bytes_new(LIMIT_REPLY);
		struct device device;
		assert_int_equal(take(f, &body, &out), STATUS_OK);
		struct enrolled e = answered(f, &out);
		assert_int_equal(e.state, cases[i].state);
		assert_memory_equal(e.device, pc.id, DEVICE_ID_LEN);
		assert_int_equal(e.nonce[0], 5);
		assert_true(e.hub_time == f->now);
		assert_true(slice_equal(e.unit, slice_str("05801")));
		assert_true(slice_equal(e.unit_name, slice_str("Xa A1")));
		assert_int_equal(registry_find_device(f->hub->registry, pc.id, &device), STATUS_OK);
		assert_int_equal(device.state, cases[i].state);
		assert_memory_equal(device.public_key, signing_key_public(pc.key), PUBLIC_KEY_LEN);
		bytes_free(&out);
		bytes_free(&body);
		signing_key_free(pc.key);
	}
}

/* The answer may be lost on its way: the same body brings it again, also after the invitation has run out. */
static void test_lost_answer_is_given_again(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes first = bytes_new(LIMIT_REPLY);
	struct bytes again = bytes_new(LIMIT_REPLY);
	assert_int_equal(take(f, &body, &first), STATUS_OK);
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	assert_int_equal(take(f, &body, &again), STATUS_OK);
	assert_true(slice_equal(bytes_slice(&first), bytes_slice(&again)));
	f->now += 2 * DAY;
	assert_int_equal(take(f, &body, &again), STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	assert_int_equal(registry_device_count(f->hub->registry), 1);
	bytes_free(&first);
	bytes_free(&again);
	bytes_free(&body);
	signing_key_free(pc.key);
}

static void id_16_a_used_invitation_admits_no_second_key(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct pc other = pc_new(2);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes second = enrolment(f, &other, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(take(f, &body, &out), STATUS_OK);
	assert_int_equal(take(f, &second, &out), STATUS_INVITATION);
	assert_int_equal(registry_device_count(f->hub->registry), 1);
	bytes_free(&out);
	bytes_free(&body);
	bytes_free(&second);
	signing_key_free(pc.key);
	signing_key_free(other.key);
}

/* A key enrols once: a second invitation does not move it to another unit. */
static void test_enrolled_key_uses_no_second_invitation(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct invitation invitation = invite(f->hub, "05802", true);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(take(f, &body, &out), STATUS_INVITATION);
	assert_true(number(f->hub, "SELECT count(*) FROM invitation WHERE device IS NULL") == 1);
	bytes_free(&out);
	bytes_free(&body);
	signing_key_free(pc.key);
}

static void id_16_an_invitation_ends_with_its_hour(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct pc late = pc_new(2);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct invitation other = invite(f->hub, "05801", true);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes too_late = enrolment(f, &late, &other);
	struct bytes out = bytes_new(LIMIT_REPLY);
	f->now += DAY;
	assert_int_equal(take(f, &body, &out), STATUS_OK);
	f->now++;
	assert_int_equal(take(f, &too_late, &out), STATUS_INVITATION);
	bytes_free(&out);
	bytes_free(&body);
	bytes_free(&too_late);
	signing_key_free(pc.key);
	signing_key_free(late.key);
}

/* Wrong tries burn nothing: an outsider cannot use an invitation up. */
static void id_16_guessing_is_refused_and_burns_nothing(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct pc outsider = pc_new(2);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	struct bytes tried = bytes_new(LIMIT_IDENTITY);
	struct enrol_request request = {.incarnation = outsider.incarnation, .sent_at = f->now};
	uint8_t mac_key[MAC_LEN] = {1};
	/* Knows the name of the invitation, as it crosses, and not its secret. */
	invitation_id(invitation.secret, request.invitation);
	memcpy(request.public_key, signing_key_public(outsider.key), PUBLIC_KEY_LEN);
	memset(request.box_key, 7, PUBLIC_KEY_LEN);
	assert_int_equal(enrol_seal(&request, f->hub->identity.hub_id, outsider.key, mac_key, &tried), STATUS_OK);
	for (int i = 0; i < 50; i++)
		assert_int_equal(take(f, &tried, &out), STATUS_INVITATION);
	/* Nor one that does not exist. */
	struct invitation unknown = invitation;
	unknown.secret[0] ^= 1;
	struct bytes stray = enrolment(f, &outsider, &unknown);
	assert_int_equal(take(f, &stray, &out), STATUS_INVITATION);
	assert_int_equal(take(f, &body, &out), STATUS_OK);
	bytes_free(&stray);
	bytes_free(&tried);
	bytes_free(&out);
	bytes_free(&body);
	signing_key_free(pc.key);
	signing_key_free(outsider.key);
}

static void id_17_any_flipped_bit_of_an_enrolment_is_refused(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	for (size_t i = 0; i < body.len; i++) {
		body.data[i] ^= (uint8_t)(1U << i % 8);
		assert_int_not_equal(take(f, &body, &out), STATUS_OK);
		body.data[i] ^= (uint8_t)(1U << i % 8);
	}
	assert_int_equal(take(f, &body, &out), STATUS_OK);
	bytes_free(&out);
	bytes_free(&body);
	signing_key_free(pc.key);
}

static void id_17_an_enrolment_for_another_hub_is_refused(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct bytes out = bytes_new(LIMIT_REPLY);
	f->hub->identity.hub_id[0] ^= 1;
	struct bytes body = enrolment(f, &pc, &invitation);
	f->hub->identity.hub_id[0] ^= 1;
	assert_int_equal(take(f, &body, &out), STATUS_FORGED);
	bytes_free(&out);
	bytes_free(&body);
	signing_key_free(pc.key);
}

/* Receipts go into files sealed to the second key: one that seals to everybody is refused with the first. */
static void id_02_weak_box_keys_are_refused_and_burn_nothing(void **state)
{
	static const uint8_t weak[][PUBLIC_KEY_LEN] = {{0}, {1}, {9, [PUBLIC_KEY_LEN - 1] = 0x80}};
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct bytes out = bytes_new(LIMIT_REPLY);
	for (size_t i = 0; i < sizeof(weak) / sizeof(weak[0]); i++) {
		struct bytes body = enrolment_with(f, &pc, &invitation, weak[i]);
		assert_int_equal(take(f, &body, &out), STATUS_FORGED);
		bytes_free(&body);
	}
	struct bytes body = enrolment(f, &pc, &invitation);
	assert_int_equal(take(f, &body, &out), STATUS_OK);
	bytes_free(&out);
	bytes_free(&body);
	signing_key_free(pc.key);
}

/* The fingerprint as people type it: any blanks, hyphens, all in one. */
static void test_confirming_takes_the_fingerprint_in_any_spacing(void **state)
{
	struct fixture *f = *state;
	for (uint8_t spacing = 0; spacing < 3; spacing++) {
		struct pc pc = pc_new((uint8_t)(spacing + 1));
		struct invitation invitation = invite(f->hub, "05801", spacing != 2);
		struct bytes body = enrolment(f, &pc, &invitation);
		struct bytes out = bytes_new(LIMIT_REPLY);
		char text[FINGERPRINT_TEXT];
		char typed[2 * FINGERPRINT_TEXT] = "";
		uint8_t confirmed[DEVICE_ID_LEN] = {0};
		struct device device;
		assert_int_equal(take(f, &body, &out), STATUS_OK);
		fingerprint_format(f->hub->identity.hub_id, signing_key_public(pc.key), text);
		for (size_t i = 0, n = 0; text[i] != '\0'; i++) {
			if (text[i] != ' ' || spacing == 0)
				typed[n++] = text[i];
			else if (spacing == 1)
				typed[n++] = '-';
		}
		assert_int_equal(enrol_confirm(f->hub, typed, "tester", confirmed), STATUS_OK);
		assert_memory_equal(confirmed, pc.id, DEVICE_ID_LEN);
		assert_int_equal(registry_find_device(f->hub->registry, pc.id, &device), STATUS_OK);
		assert_int_equal(device.state, DEVICE_ACTIVE);
		/* Twice is once too often: nobody waits any more. */
		assert_int_equal(enrol_confirm(f->hub, typed, "tester", confirmed), STATUS_EMPTY);
		bytes_free(&out);
		bytes_free(&body);
		signing_key_free(pc.key);
	}
}

/* An invitation in place of a computer, and the enrolment with it; the fingerprint to confirm it by. */
static struct pc replacing_pc(struct fixture *f, uint8_t number, const struct pc *old, bool confirm,
			      char fingerprint[static FINGERPRINT_TEXT])
{
	struct invite_plan plan = {.unit = "05801",
				   .host = "hub.test",
				   .port = 8443,
				   .hours = 24,
				   .confirm = confirm,
				   .who = "tester",
				   .replaces = true};
	char code[INVITATION_TEXT];
	int64_t expires = 0;
	struct invitation invitation;
	struct pc pc = pc_new(number);
	memcpy(plan.replaced, old->id, DEVICE_ID_LEN);
	assert_int_equal(enrol_invite(f->hub, &plan, code, &expires), STATUS_OK);
	assert_int_equal(invitation_parse(code, &invitation), STATUS_OK);
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(take_enrolment(f->hub, bytes_slice(&body), &out), STATUS_OK);
	fingerprint_format(f->hub->identity.hub_id, signing_key_public(pc.key), fingerprint);
	bytes_free(&body);
	bytes_free(&out);
	return pc;
}

static enum device_state state_of_pc(struct fixture *f, const struct pc *pc)
{
	struct device device;
	assert_int_equal(registry_find_device(f->hub->registry, pc->id, &device), STATUS_OK);
	return device.state;
}

/* ID-09: a key that is lost. The new one is let in, the old one shut out, what it sent stays. */
static void id_09_confirming_a_replacement_shuts_the_old_key_out(void **state)
{
	struct fixture *f = *state;
	char fingerprint[FINGERPRINT_TEXT];
	uint8_t confirmed[DEVICE_ID_LEN];
	struct pc old = enrolled_pc(f, 1, "05801");
	deliver(f, &old, dossier_batch(f, &old, "A-1"));
	struct bytes things = bytes_new(LIMIT_REPLY);
	struct query q = query_start(f->hub->db, "SELECT writes FROM thing");
	assert_true(query_row(&q));
	bytes_put(&things, query_get_blob(&q, 0).data, query_get_blob(&q, 0).len);
	assert_int_equal(query_finish(&q), STATUS_OK);
	struct pc fresh = replacing_pc(f, 2, &old, true, fingerprint);
	/* Until somebody has confirmed the new one, the old one works. */
	assert_int_equal(state_of_pc(f, &old), DEVICE_UNCONFIRMED);
	assert_int_equal(refusal(f, &fresh, NULL, 0), STATUS_WAITING_DEVICE);
	assert_int_equal(enrol_confirm(f->hub, fingerprint, "tester", confirmed), STATUS_OK);
	assert_int_equal(state_of_pc(f, &old), DEVICE_SUSPENDED);
	assert_int_equal(state_of_pc(f, &fresh), DEVICE_ACTIVE);
	assert_int_equal(refusal(f, &old, NULL, 0), STATUS_SUSPENDED);
	deliver(f, &fresh, dossier_batch(f, &fresh, "A-2"));
	q = query_start(f->hub->db, "SELECT writes FROM thing WHERE key = 'A-1'");
	assert_true(query_row(&q));
	assert_true(slice_equal(query_get_blob(&q, 0), bytes_slice(&things)));
	assert_int_equal(query_finish(&q), STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier WHERE unit = '05801'") == 2);
	bytes_free(&things);
	signing_key_free(old.key);
	signing_key_free(fresh.key);
}

static void id_09_without_confirmation_enrolling_is_enough(void **state)
{
	struct fixture *f = *state;
	char fingerprint[FINGERPRINT_TEXT];
	uint8_t confirmed[DEVICE_ID_LEN];
	struct pc old = enrolled_pc(f, 1, "05801");
	struct pc fresh = replacing_pc(f, 2, &old, false, fingerprint);
	assert_int_equal(state_of_pc(f, &old), DEVICE_SUSPENDED);
	assert_int_equal(state_of_pc(f, &fresh), DEVICE_UNCONFIRMED);
	int64_t acts = number(f->hub, "SELECT count(*) FROM log");
	assert_int_equal(enrol_confirm(f->hub, fingerprint, "tester", confirmed), STATUS_OK);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == acts + 1); /* it is shut out already */
	/* One that was never let in is not let in by resuming. */
	struct invitation invitation = invite(f->hub, "05801", true);
	struct pc waiting = pc_new(3);
	struct bytes body = enrolment(f, &waiting, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(take_enrolment(f->hub, bytes_slice(&body), &out), STATUS_OK);
	struct pc other = replacing_pc(f, 4, &waiting, false, fingerprint);
	assert_int_equal(state_of_pc(f, &waiting), DEVICE_REVOKED);
	bytes_free(&body);
	bytes_free(&out);
	signing_key_free(old.key);
	signing_key_free(fresh.key);
	signing_key_free(waiting.key);
	signing_key_free(other.key);
}

static void id_09_only_a_computer_of_the_unit_is_replaced(void **state)
{
	struct fixture *f = *state;
	struct pc other = enrolled_pc(f, 1, "05802");
	struct pc stranger = pc_new(9);
	struct invite_plan plan = {
		.unit = "05801", .host = "hub.test", .port = 8443, .hours = 24, .who = "tester", .replaces = true};
	char code[INVITATION_TEXT];
	int64_t expires = 0;
	int64_t entries = number(f->hub, "SELECT count(*) FROM log");
	memcpy(plan.replaced, other.id, DEVICE_ID_LEN);
	assert_int_equal(enrol_invite(f->hub, &plan, code, &expires), STATUS_DIFFERENT);
	memcpy(plan.replaced, stranger.id, DEVICE_ID_LEN);
	assert_int_equal(enrol_invite(f->hub, &plan, code, &expires), STATUS_UNKNOWN_DEVICE);
	assert_true(number(f->hub, "SELECT count(*) FROM log") == entries);
	signing_key_free(other.key);
	signing_key_free(stranger.key);
}

static void test_wrong_fingerprints_confirm_nobody(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	char text[FINGERPRINT_TEXT];
	uint8_t confirmed[DEVICE_ID_LEN] = {0};
	fingerprint_format(f->hub->identity.hub_id, signing_key_public(pc.key), text);
	size_t last = strlen(text) - 1;
	assert_int_equal(enrol_confirm(f->hub, "", "tester", confirmed), STATUS_EMPTY);
	text[last] = text[last] == '9' ? '0' : (char)(text[last] + 1);
	assert_int_equal(enrol_confirm(f->hub, text, "tester", confirmed), STATUS_EMPTY);
	text[last] = '\0';
	assert_int_equal(enrol_confirm(f->hub, text, "tester", confirmed), STATUS_EMPTY);
	assert_true(number(f->hub, "SELECT state FROM device") == DEVICE_UNCONFIRMED);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_code_leads_to_this_hub_and_its_identity),
		HUB_TEST(test_no_invitation_for_a_unit_that_is_not_in_the_list),
		HUB_TEST(test_enrolled_device_is_told_its_unit_and_state),
		HUB_TEST(test_lost_answer_is_given_again),
		HUB_TEST(id_16_a_used_invitation_admits_no_second_key),
		HUB_TEST(test_enrolled_key_uses_no_second_invitation),
		HUB_TEST(id_16_an_invitation_ends_with_its_hour),
		HUB_TEST(id_16_guessing_is_refused_and_burns_nothing),
		HUB_TEST(id_17_any_flipped_bit_of_an_enrolment_is_refused),
		HUB_TEST(id_17_an_enrolment_for_another_hub_is_refused),
		HUB_TEST(id_02_weak_box_keys_are_refused_and_burn_nothing),
		HUB_TEST(test_confirming_takes_the_fingerprint_in_any_spacing),
		HUB_TEST(id_09_confirming_a_replacement_shuts_the_old_key_out),
		HUB_TEST(id_09_without_confirmation_enrolling_is_enough),
		HUB_TEST(id_09_only_a_computer_of_the_unit_is_replaced),
		HUB_TEST(test_wrong_fingerprints_confirm_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
