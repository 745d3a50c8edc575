#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/unit/hub/hub_fixture.h"

#include "hub/acts_list.h"
#include "hub/close.h"
#include "hub/act_device.h"
#include "hub/act_units.h"
#include "hub/device_acts.h"
#include "hub/places.h"

static const struct period ALWAYS = {.from = INT32_MIN, .to = INT32_MAX};

struct listed {
	char text[2000];
};

/* "entry who type unit key count device" a line. */
static enum status list(void *context, const struct act_line *line)
{
	struct listed *listed = context;
	const struct act_subject *about = &line->subject;
	size_t used = strlen(listed->text);
	char id[2 * DEVICE_ID_LEN + 1] = "-";
	if (about->has_device)
		(void)hex_format(about->device, DEVICE_ID_LEN, id);
	(void)snprintf(listed->text + used, sizeof(listed->text) - used, "%lld %.*s %s [%.*s] [%.*s] %lld %s\n",
		       (long long)line->entry, (int)line->who.len, (const char *)line->who.data, line->name,
		       (int)about->unit.len, (const char *)about->unit.data, (int)about->key.len,
		       about->key.len == 0 ? "" : (const char *)about->key.data, (long long)about->count, id);
	return STATUS_OK;
}

static void record(struct fixture *f, enum act_type type, const struct bytes *body)
{
	struct hub_transaction t;
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(act_record(f->hub, type, "tester", bytes_slice(body)), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
}

/* [code, bytes]: the form of acts about a dossier. */
static void decide(struct fixture *f, enum act_type type, const char *code, const uint8_t *bytes, size_t len)
{
	struct bytes body = bytes_new(1000);
	cbor_put_array(&body, 2);
	cbor_put_text(&body, code, strlen(code));
	cbor_put_bytes(&body, bytes, len);
	record(f, type, &body);
	bytes_free(&body);
}

static void test_every_type_of_act_says_what_it_is_about(void **state)
{
	struct fixture *f = *state;
	static const uint8_t fingerprint[HASH_LEN] = {1};
	struct pc pc = enrolled_pc(f, 1, "05801");
	char id[2 * DEVICE_ID_LEN + 1];
	char expected[1300];
	char digits[FINGERPRINT_TEXT];
	char plain[FINGERPRINT_TEXT];
	uint8_t confirmed[DEVICE_ID_LEN];
	struct invitation invitation = invite(f->hub, "058", true);
	struct pc other = pc_new(2);
	struct bytes body = enrolment(f, &other, &invitation);
	struct bytes out = bytes_new(LIMIT_REPLY);
	assert_int_equal(take_enrolment(f->hub, bytes_slice(&body), &out), STATUS_OK);
	bytes_free(&body);
	bytes_free(&out);
	fingerprint_format(f->hub->identity.hub_id, signing_key_public(other.key), digits);
	size_t n = 0;
	for (const char *at = digits; *at != '\0'; at++)
		if (*at >= '0' && *at <= '9')
			plain[n++] = *at;
	plain[n] = '\0';
	assert_int_equal(enrol_confirm(f->hub, plain, "tester", confirmed), STATUS_OK);
	struct change unknown = dossier_of("A-1", f->now, "05809");
	deliver(f, &pc, next_batch(f, &pc, &unknown, 1)); /* entry 8, no act */
	decide(f, ACT_ACCEPT, "A-1", fingerprint, sizeof(fingerprint));
	decide(f, ACT_SPLIT, "A-2", pc.id, DEVICE_ID_LEN);
	struct places places = {0};
	assert_int_equal(places_add(&places, (struct record_place){.entry = 8}), STATUS_OK);
	body = bytes_new(1000);
	places_put(&places, &body);
	record(f, ACT_RETRY, &body);
	bytes_free(&body);
	places_free(&places);

	enum device_state now = DEVICE_ACTIVE;
	struct batch_head head = {.incarnation = pc.incarnation, .seq = 1};
	memcpy(head.device, pc.id, DEVICE_ID_LEN);
	struct hub_transaction t;
	assert_int_equal(hub_begin(f->hub, &t), STATUS_OK);
	assert_int_equal(device_hold(f->hub, &head, fingerprint, fingerprint), STATUS_OK);
	assert_int_equal(hub_commit(&t), STATUS_OK);
	assert_int_equal(device_release(f->hub, pc.id, "tester"), STATUS_OK);
	static const enum device_state states[] = {DEVICE_SUSPENDED, DEVICE_ACTIVE, DEVICE_REVOKED};
	for (size_t i = 0; i < 3; i++)
		assert_int_equal(device_change_state(f->hub, pc.id, states[i], "tester", &now), STATUS_OK);

	struct skip_act skip = {.incarnation = pc.incarnation, .first = 2, .last = 4};
	memcpy(skip.device, pc.id, DEVICE_ID_LEN);
	body = bytes_new(1000);
	act_skip_put(&body, &skip);
	record(f, ACT_SKIP, &body);
	bytes_clear(&body);
	cbor_put_array(&body, 1);
	cbor_put_uint(&body, 2);
	record(f, ACT_EPOCH, &body);
	bytes_clear(&body);
	struct succession_row row = {slice_str("05801"), slice_str("05802"), START_DAY, SUCCESSION_MERGE};
	cbor_put_array(&body, 1);
	act_succession_put(&body, &row);
	record(f, ACT_SUCCESSION, &body);
	bytes_free(&body);
	struct closing closing;
	struct close_plan plan = {.period = {.from = START_DAY - 29, .to = START_DAY - 1}, .rule = &COUNT_FORM06};
	assert_int_equal(close_period(f->hub, "tester", &plan, &closing), STATUS_OK);
	closing_clear(&closing);
	assert_int_equal(device_assign(f->hub, pc.id, "05802", START_DAY + 1, "tester"), STATUS_OK);

	struct listed listed = {0};
	char other_id[2 * DEVICE_ID_LEN + 1];
	hex_format(pc.id, DEVICE_ID_LEN, id);
	hex_format(other.id, DEVICE_ID_LEN, other_id);
	assert_int_equal(acts_walk(f->hub, ALWAYS, list, &listed), STATUS_OK);
	(void)snprintf(
		expected, sizeof(expected),
		"1 hub init [27] [] 0 -\n2 tester units [] [] 6 -\n3 tester invite [05801] [] 0 -\n"
		"4 hub enrol [05801] [] 0 %s\n5 tester invite [058] [] 0 -\n6 hub enrol [058] [] 0 %s\n"
		"7 tester confirm [058] [] 0 %s\n9 tester accept [] [A-1] 0 -\n10 tester split [] [A-2] 0 %s\n"
		"11 tester retry [] [] 1 -\n12 hub hold [05801] [] 0 %s\n13 tester release [05801] [] 0 %s\n"
		"14 tester suspend [05801] [] 0 %s\n15 tester resume [05801] [] 0 %s\n"
		"16 tester revoke [05801] [] 0 %s\n17 tester skip [05801] [] 3 %s\n18 tester epoch [] [] 2 -\n"
		"19 tester succession [] [] 1 -\n20 tester close [] [2024-02-01/2024-02-29] 1 -\n"
		"21 tester assign [05802] [] 0 %s\n",
		id, other_id, other_id, id, id, id, id, id, id, id, id);
	assert_string_equal(listed.text, expected);
	signing_key_free(pc.key);
	signing_key_free(other.key);
}

static void test_days_bound_the_list_on_both_sides(void **state)
{
	struct fixture *f = *state;
	struct units_fault fault;
	f->now += DAY;
	assert_int_equal(import_units(f->hub, UNITS, &fault), STATUS_OK);
	f->now += DAY;
	assert_int_equal(import_units(f->hub, UNITS, &fault), STATUS_OK);
	struct period days = {.from = START_DAY + 1, .to = START_DAY + 1};
	struct listed listed = {0};
	assert_int_equal(acts_walk(f->hub, days, list, &listed), STATUS_OK);
	assert_string_equal(listed.text, "3 tester units [] [] 6 -\n");
}

static void test_body_of_another_type_is_malformed(void **state)
{
	struct fixture *f = *state;
	static const uint8_t rubbish[] = {0x61, 'x'};
	struct act_subject subject;
	for (int type = ACT_INIT; type <= ACT_TYPE_MAX; type++) {
		struct act act = {.type = (enum act_type)type, .body = slice_of(rubbish, sizeof(rubbish))};
		assert_int_equal(act_subject_read(f->hub, &act, &subject), STATUS_MALFORMED);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_every_type_of_act_says_what_it_is_about),
		HUB_TEST(test_days_bound_the_list_on_both_sides),
		HUB_TEST(test_body_of_another_type_is_malformed),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
