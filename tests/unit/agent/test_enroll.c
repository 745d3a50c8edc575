#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/anchor.h"
#include "agent/sync.h"
#include "tests/unit/agent/office.h"

static void an_enrolled_directory_opens(void **state)
{
	struct office *office = *state;
	check_ok(office_enroll(office));
	assert_int_equal(office->hub.unpinned, 1);
	office_reopen(office);
	assert_string_equal(office->agent->unit, "01831");
	assert_string_equal(office->agent->host, "hub.test");
	assert_int_equal(office->agent->port, 8443);
	assert_memory_equal(office->agent->device, office->hub.device, DEVICE_ID_LEN);
	assert_int_equal(office->agent->incarnation.ordinal, 1);
}

static void the_report_says_who_and_reads_the_fingerprint_out(void **state)
{
	struct office *office = *state;
	char code[INVITATION_TEXT];
	char expected[FINGERPRINT_TEXT];
	struct enroll_report report;
	hub_invite(&office->hub, code);
	check_ok(enroll_run(office->dir, &office->world, code, "https://10.0.0.1:9443", &report));
	fingerprint_format(office->hub.id, office->hub.device_key, expected);
	assert_string_equal(report.fingerprint, expected);
	assert_string_equal(report.hub, "Tỉnh Thử");
	assert_string_equal(report.unit, "01831");
	assert_string_equal(report.unit_name, "Phường Một");
	office_reopen(office);
	assert_string_equal(office->agent->host, "10.0.0.1");
	assert_int_equal(office->agent->port, 9443);
}

static void a_second_enrolment_changes_nothing(void **state)
{
	struct office *office = *state;
	check_ok(office_enroll(office));
	int before = office->hub.exchanges;
	assert_status(office_enroll(office), EXISTS);
	assert_int_equal(office->hub.exchanges, before);
}

static void after_a_lost_answer_the_same_key_is_used_again(void **state)
{
	struct office *office = *state;
	uint8_t first[PUBLIC_KEY_LEN];
	struct agent *a = NULL;
	office->hub.mood = TAKES_AND_BREAKS;
	assert_status(office_enroll(office), BROKEN_OFF);
	memcpy(first, office->hub.device_key, PUBLIC_KEY_LEN);
	assert_status(agent_open(office->dir, &office->world, &a), NO_DATA);
	office->hub.mood = HONEST;
	check_ok(office_enroll(office));
	assert_memory_equal(first, office->hub.device_key, PUBLIC_KEY_LEN);
	office_reopen(office);
}

static void id_17_an_answer_for_somebody_else_enrols_nobody(void **state)
{
	static const struct {
		enum mood mood;
		enum status status;
	} cases[] = {
		{HEAD_OF_ANOTHER_NONCE, STATUS_FOREIGN},
		{HEAD_OF_ANOTHER_DEVICE, STATUS_FOREIGN},
		{HEAD_BY_ANOTHER, STATUS_PORTAL},
		{PAGE_WITH_200, STATUS_PORTAL},
		{REDIRECT, STATUS_PORTAL},
		{SILENT, STATUS_UNREACHABLE},
	};
	struct office *office = *state;
	struct agent *a = NULL;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		office->hub.mood = cases[i].mood;
		assert_string_equal(status_code(office_enroll(office)), status_code(cases[i].status));
		assert_status(agent_open(office->dir, &office->world, &a), NO_DATA);
	}
}

static void id_17_another_hub_at_the_address_is_not_trusted(void **state)
{
	struct office *office = *state;
	char code[INVITATION_TEXT];
	struct enroll_report report;
	hub_invite(&office->hub, code);
	struct hub other;
	hub_open(&other);
	office->world.transport = &other.transport;
	assert_status(enroll_run(office->dir, &office->world, code, NULL, &report), PIN);
	assert_int_equal(other.exchanges, 1);
	signing_key_free(other.key);
	signing_key_free(other.stranger);
	bytes_free(&other.document);
}

/* What goes out on a stick is sealed to the hub's second key: one that seals to everybody is no hub's. */
static void id_02_a_hub_with_a_weak_box_key_is_none(void **state)
{
	struct office *office = *state;
	struct agent *a = NULL;
	struct identity identity;
	struct bytes document = bytes_new(LIMIT_IDENTITY);
	check_ok(identity_open(bytes_slice(&office->hub.document), &identity));
	memset(identity.box_key, 0, PUBLIC_KEY_LEN);
	check_ok(identity_seal(&identity, office->hub.key, &document));
	bytes_free(&office->hub.document);
	office->hub.document = document;
	assert_status(office_enroll(office), PORTAL);
	assert_status(agent_open(office->dir, &office->world, &a), NO_DATA);
}

static void a_typing_error_asks_nobody(void **state)
{
	struct office *office = *state;
	char code[INVITATION_TEXT];
	struct enroll_report report;
	hub_invite(&office->hub, code);
	char *last = code + strlen(code) - 10;
	*last = *last == 'A' ? 'B' : 'A';
	assert_status(enroll_run(office->dir, &office->world, code, NULL, &report), REFUSED);
	assert_int_equal(office->hub.exchanges, 0);
}

static void delete_file(const struct office *office, const char *name)
{
	char *path = path_join(office->dir, name);
	assert_int_equal(unlink(path), 0);
	free(path);
}

static void missing_keys_read_as_lost_never_as_new(void **state)
{
	static const char *const names[] = {AGENT_IDENTITY, AGENT_KEY};
	struct office *office = *state;
	struct agent *a = NULL;
	check_ok(office_enroll(office));
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		delete_file(office, names[i]);
		assert_status(agent_open(office->dir, &office->world, &a), LOST_DATA);
	}
}

/* ID-09: the key is lost, what was entered is not: it goes out under the new one. */
static void id_09_a_second_enrolment_keeps_what_was_entered(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	uint8_t old[DEVICE_ID_LEN];
	check_ok(office_enroll(office));
	office_reopen(office);
	queue_many(office->agent, 3);
	check_ok(sync_run(office->agent, false, &report));
	queue_one(office->agent, &(struct change){.kind = KIND_DOSSIER,
						  .key = slice_str("B-1"),
						  .time_stated = true,
						  .changed_at = NOON,
						  .fields[FIELD_FEE] = {.state = VALUE_NUMBER, .number = 5}});
	office->hub.mood = SILENT;
	assert_status(sync_run(office->agent, false, &report), UNREACHABLE);
	memcpy(old, office->agent->device, DEVICE_ID_LEN);
	agent_close(office->agent);
	office->agent = NULL;
	delete_file(office, AGENT_KEY);
	office->hub.mood = HONEST;
	office->hub.n_held = 0;
	check_ok(office_enroll(office));
	office_reopen(office);
	assert_memory_not_equal(old, office->agent->device, DEVICE_ID_LEN);
	assert_int_equal(office->agent->incarnation.ordinal, 2);
	assert_int_equal(waiting(office->agent), 1);
	check_ok(sync_run(office->agent, false, &report));
	assert_int_equal(waiting(office->agent), 0);
	assert_int_equal(office->hub.n_held, 1);
	assert_int_equal(office->hub.held[0].count, 1);
	assert_int_equal(office->hub.held[0].seq, 1);
}

static void a_renewal_that_breaks_off_can_be_tried_again(void **state)
{
	struct office *office = *state;
	struct agent *a = NULL;
	check_ok(office_enroll(office));
	delete_file(office, AGENT_KEY);
	office->hub.mood = HEAD_OF_ANOTHER_NONCE;
	assert_status(office_enroll(office), FOREIGN);
	assert_status(agent_open(office->dir, &office->world, &a), NO_DATA);
	office->hub.mood = HONEST;
	check_ok(office_enroll(office));
	office_reopen(office);
}

static void a_missing_database_is_lost(void **state)
{
	struct office *office = *state;
	struct agent *a = NULL;
	check_ok(office_enroll(office));
	delete_file(office, AGENT_DATABASE);
	assert_status(agent_open(office->dir, &office->world, &a), LOST_DATA);
	assert_status(office_enroll(office), LOST_DATA);
}

static void a_directory_nobody_enrolled_has_no_data(void **state)
{
	struct office *office = *state;
	struct agent *a = NULL;
	assert_status(agent_open(office->dir, &office->world, &a), NO_DATA);
	assert_status(agent_open("/nonexistent/motcua", &office->world, &a), NO_DATA);
}

static void a_key_others_can_read_is_refused(void **state)
{
	struct office *office = *state;
	struct agent *a = NULL;
	struct bytes secret = bytes_new(DEVICE_SECRET_LEN);
	check_ok(office_enroll(office));
	char *path = path_join(office->dir, AGENT_KEY);
	check_ok(file_read_secret(path, &secret));
	assert_int_equal(secret.len, DEVICE_SECRET_LEN);
	check_ok(file_write(path, bytes_slice(&secret), 0644));
	assert_status(agent_open(office->dir, &office->world, &a), PERMISSION);
	bytes_free(&secret);
	free(path);
}

static void two_agents_in_one_process_do_not_know_each_other(void **state)
{
	struct office *office = *state;
	struct office *other = office_found();
	struct sync_report report;
	check_ok(office_enroll(office));
	check_ok(office_enroll(other));
	office_reopen(office);
	office_reopen(other);
	queue_many(office->agent, 2);
	check_ok(sync_run(other->agent, false, &report));
	assert_int_equal(waiting(office->agent), 2);
	assert_int_equal(waiting(other->agent), 0);
	assert_memory_not_equal(office->agent->device, other->agent->device, DEVICE_ID_LEN);
	void *done = other;
	(void)office_tear_down(&done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE_FOUND(an_enrolled_directory_opens),
		WITH_OFFICE_FOUND(the_report_says_who_and_reads_the_fingerprint_out),
		WITH_OFFICE_FOUND(a_second_enrolment_changes_nothing),
		WITH_OFFICE_FOUND(after_a_lost_answer_the_same_key_is_used_again),
		WITH_OFFICE_FOUND(id_17_an_answer_for_somebody_else_enrols_nobody),
		WITH_OFFICE_FOUND(id_17_another_hub_at_the_address_is_not_trusted),
		WITH_OFFICE_FOUND(id_02_a_hub_with_a_weak_box_key_is_none),
		WITH_OFFICE_FOUND(a_typing_error_asks_nobody),
		WITH_OFFICE_FOUND(missing_keys_read_as_lost_never_as_new),
		WITH_OFFICE_FOUND(id_09_a_second_enrolment_keeps_what_was_entered),
		WITH_OFFICE_FOUND(a_renewal_that_breaks_off_can_be_tried_again),
		WITH_OFFICE_FOUND(a_missing_database_is_lost),
		WITH_OFFICE_FOUND(a_directory_nobody_enrolled_has_no_data),
		WITH_OFFICE_FOUND(a_key_others_can_read_is_refused),
		WITH_OFFICE_FOUND(two_agents_in_one_process_do_not_know_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
