#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "agent/outgoing.h"
#include "agent/seal.h"
#include "agent/sync.h"
#include "tests/unit/agent/office.h"

static enum status count_one(void *context, struct slice envelope, struct slice receipt)
{
	(void)envelope;
	(void)receipt;
	++*(int *)context;
	return STATUS_OK;
}

static int outgoing(const struct agent *a, enum outgoing_road road)
{
	int count = 0;
	check_ok(outgoing_walk(a, &(struct outgoing_plan){.road = road}, count_one, &count));
	return count;
}

/* Each with a batch of its own, acknowledged. */
static void send_dossiers(struct office *office, int n)
{
	struct sync_report report;
	for (int i = 1; i <= n; i++) {
		char code[LIMIT_CODE];
		(void)snprintf(code, sizeof(code), "A-%d", i);
		struct change c = dossier(code, NOON, DOSSIER_ACCEPTED);
		assert_true(queue_one(office->agent, &c));
		check_ok(sync_run(office->agent, false, &report));
	}
}

/* What the hub lost and already holds again, waiting for one before it, would fill every request for nothing. */
static void what_waits_at_the_hub_does_not_go_again_by_wire(void **state)
{
	struct office *office = *state;
	send_dossiers(office, 5);
	assert_int_equal(outgoing(office->agent, OUTGOING_WIRE), 0);
	check_ok(database_script(office->agent->db, "UPDATE incarnation SET have = 1;"
						    "UPDATE batch SET pending = 1 WHERE seq > 2"));
	assert_int_equal(outgoing(office->agent, OUTGOING_WIRE), 1);
	assert_int_equal(outgoing(office->agent, OUTGOING_COURIER), 4);
}

/* One envelope under an old key in a request, and the hub takes nothing of it. */
static void what_an_older_key_signed_never_goes(void **state)
{
	struct office *office = *state;
	struct sync_report report;
	send_dossiers(office, 3);
	check_ok(database_script(office->agent->db, "UPDATE incarnation SET have = 1"));
	agent_close(office->agent);
	office->agent = NULL;
	char *path = path_join(office->dir, AGENT_KEY);
	assert_int_equal(unlink(path), 0);
	free(path);
	office->hub.n_held = 0;
	check_ok(office_enroll(office));
	office_reopen(office);
	assert_int_equal(outgoing(office->agent, OUTGOING_WIRE), 0);
	check_ok(sync_run(office->agent, true, &report));
	assert_int_equal(office->hub.n_held, 1);
}

static void read_chains(const struct office *office, struct request *ret_request)
{
	static const uint8_t nonce[NONCE_LEN];
	struct bytes sealed = bytes_new(LIMIT_REQUEST);
	struct slice payload;
	check_ok(outgoing_request(office->agent, nonce, &sealed));
	check_ok(envelope_open(bytes_slice(&sealed), MESSAGE_REQUEST, office->hub.id, office->hub.device_key,
			       &payload));
	check_ok(request_read(payload, ret_request));
	ret_request->version = slice_str(""); /* it borrows */
	bytes_free(&sealed);
}

/* A database put back has less of an ended chain than the hub; the receipts of the rest tell it nothing. */
static void of_an_ended_chain_only_news_is_asked_for(void **state)
{
	struct office *office = *state;
	struct request *request = calloc(1, sizeof(*request));
	assert_non_null(request);
	send_dossiers(office, 3);
	check_ok(seal_anew(office->agent, TROUBLE_DB_ROLLED_BACK, NULL));
	check_ok(database_script(office->agent->db, "UPDATE incarnation SET have = 900 WHERE ordinal = 1"));
	read_chains(office, request);
	assert_int_equal(request->n_chains, 2);
	assert_int_equal(request->chains[0].incarnation.ordinal, 2);
	assert_int_equal(request->chains[0].receipted, 0);
	assert_int_equal(request->chains[1].receipted, 900);
	free(request);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		WITH_OFFICE(what_waits_at_the_hub_does_not_go_again_by_wire),
		WITH_OFFICE(what_an_older_key_signed_never_goes),
		WITH_OFFICE(of_an_ended_chain_only_news_is_asked_for),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
