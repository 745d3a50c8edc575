/* What the front does with requests before the writer sees them; the HTTP below it is tested in scenarios. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/device_acts.h"
#include "hub/front.h"
#include "hub/verify.h"
#include "tests/unit/hub/exchange_fixture.h"
#include "tests/unit/hub/hub_fixture.h"

enum { HERE = 1, ELSEWHERE = 2, TRUSTED = 100 };

struct served {
	struct fixture *f;
	struct writer *writer;
	struct front *front;
};

static struct served serve(struct fixture *f)
{
	struct served served = {.f = f};
	struct networks trusted;
	assert_int_equal(networks_parse("192.0.2.100", &trusted), STATUS_OK);
	assert_int_equal(writer_start(f->hub, &served.writer), STATUS_OK);
	served.front = front_new(f->hub, served.writer, NULL, &trusted);
	assert_non_null(served.front);
	return served;
}

static void end(struct served *served)
{
	writer_stop(served->writer);
	front_free(served->front);
}

struct said {
	int status;
	int64_t retry_after_s;
};

static struct said ask(struct served *served, uint8_t host, const char *path, struct slice body)
{
	struct http_exchange *e = exchange_new();
	char peer[32];
	(void)snprintf(peer, sizeof(peer), "192.0.2.%u", (unsigned)host);
	struct http_request request = {
		.method = "POST",
		.path = path,
		.body = body,
		.peer = peer,
		.from = {{[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = host}},
	};
	front_route(served->front, e, &request);
	wait_for(e);
	struct said said = {e->status, e->retry_after_s};
	assert_int_equal(e->count, 1);
	exchange_free(e);
	return said;
}

/* A request of a PC without batches; with a wrong signature if it is forged. */
static struct bytes heartbeat(struct fixture *f, struct pc *pc, bool forged)
{
	struct request request = request_of(f, pc);
	struct bytes body = body_of(f, pc, &request, NULL, 0);
	if (forged)
		body.data[body.len - 1] ^= 1;
	return body;
}

static int status_of(struct served *served, uint8_t host, struct pc *pc, bool forged)
{
	struct bytes body = heartbeat(served->f, pc, forged);
	struct said said = ask(served, host, "/v1/batches", bytes_slice(&body));
	bytes_free(&body);
	return said.status;
}

static void rs_08_forged_requests_under_a_known_key_are_held_back(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct served served = serve(f);
	for (int i = 0; i < FRONT_FORGED; i++)
		assert_int_equal(status_of(&served, HERE, &pc, true), 422);
	struct bytes body = heartbeat(f, &pc, true);
	for (int i = 0; i < 1000; i++) {
		struct said said = ask(&served, HERE, "/v1/batches", bytes_slice(&body));
		assert_int_equal(said.status, 503);
		assert_true(said.retry_after_s == 1);
	}
	/* Two a second from now on. */
	f->now += 10 * FRONT_FORGED_MS;
	int verified = 0;
	for (int i = 0; i < 1000; i++)
		verified += ask(&served, HERE, "/v1/head", bytes_slice(&body)).status == 422 ? 1 : 0;
	assert_int_equal(verified, 10);
	/* Whose key it is, at its own address, notices nothing. */
	assert_int_equal(status_of(&served, ELSEWHERE, &pc, false), 200);
	bytes_free(&body);
	signing_key_free(pc.key);
	end(&served);
}

/* A backlog is sent one request after the other, as fast as the hub answers. */
static void rs_08_an_honest_backlog_is_never_held_back(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct served served = serve(f);
	for (int i = 0; i < 200; i++) {
		struct bytes batch = next_batch(f, &pc, NULL, 0);
		struct request request = request_of(f, &pc);
		struct bytes body = body_of(f, &pc, &request, &batch, 1);
		assert_int_equal(ask(&served, HERE, "/v1/batches", bytes_slice(&body)).status, 200);
		bytes_free(&body);
		bytes_free(&batch);
	}
	end(&served);
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 1") == 200);
	signing_key_free(pc.key);
}

static void rs_08_unknown_keys_of_an_address_are_one(void **state)
{
	struct fixture *f = *state;
	struct pc known = enrolled_pc(f, 1, "05801");
	struct served served = serve(f);
	int refused = 0;
	for (uint8_t i = 0; i < 100; i++) {
		struct pc stranger = pc_new((uint8_t)(i + 10));
		refused += status_of(&served, HERE, &stranger, false) == 403 ? 1 : 0;
		signing_key_free(stranger.key);
	}
	assert_int_equal(refused, FRONT_FORGED);
	assert_int_equal(ask(&served, HERE, "/v1/batches", slice_str("no request")).status, 503);
	assert_int_equal(ask(&served, ELSEWHERE, "/v1/batches", slice_str("no request")).status, 400);
	assert_int_equal(status_of(&served, HERE, &known, false), 200);
	signing_key_free(known.key);
	end(&served);
}

static void id_04_a_revoked_device_is_refused_and_what_it_sent_stays(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	enum device_state now;
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	struct bytes late = dossier_batch(f, &pc, "A-2");
	struct request request = request_of(f, &pc);
	struct bytes body = body_of(f, &pc, &request, &late, 1);
	struct served served = serve(f);
	/* The operator acts in another process; the registry of this one learns of it in its next transaction. */
	struct hub *second = open_hub(f);
	assert_int_equal(device_change_state(second, pc.id, DEVICE_REVOKED, "tester", &now), STATUS_OK);
	hub_close(second);
	for (int i = 0; i < 2 * FRONT_FORGED; i++)
		assert_int_equal(ask(&served, HERE, "/v1/batches", bytes_slice(&body)).status, 403);
	end(&served);
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 1") == 1);
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 0);
	assert_true(number(f->hub, "SELECT count(*) FROM dossier") == 1);
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
	bytes_free(&body);
	bytes_free(&late);
	signing_key_free(pc.key);
}

static void id_16_guesses_are_held_back_and_burn_nothing(void **state)
{
	struct fixture *f = *state;
	struct pc pc = pc_new(1);
	struct pc guesser = pc_new(2);
	struct invitation invitation = invite(f->hub, "05801", true);
	struct invitation guessed = invitation;
	guessed.secret[0] ^= 1;
	struct bytes body = enrolment(f, &pc, &invitation);
	struct bytes guess = enrolment(f, &guesser, &guessed);
	struct served served = serve(f);
	int judged = 0;
	for (int i = 0; i < 1000; i++)
		judged += ask(&served, HERE, "/v1/enroll", bytes_slice(&guess)).status == 403 ? 1 : 0;
	assert_int_equal(judged, FRONT_ENROL);
	struct said said = ask(&served, HERE, "/v1/enroll", bytes_slice(&body));
	assert_int_equal(said.status, 503);
	assert_true(said.retry_after_s == FRONT_ENROL_MS / 1000);
	/* Ten more in the next minute. */
	for (f->now += MINUTE, judged = 0; judged < FRONT_ENROL; judged++)
		assert_int_equal(ask(&served, HERE, "/v1/enroll", bytes_slice(&guess)).status, 403);
	assert_int_equal(ask(&served, HERE, "/v1/enroll", bytes_slice(&guess)).status, 503);
	assert_int_equal(ask(&served, ELSEWHERE, "/v1/enroll", bytes_slice(&body)).status, 200);
	end(&served);
	bytes_free(&guess);
	bytes_free(&body);
	signing_key_free(pc.key);
	signing_key_free(guesser.key);
}

static void id_16_a_trusted_network_enrols_as_many_as_it_likes(void **state)
{
	struct fixture *f = *state;
	struct served served = serve(f);
	/* The operator invites in another process. */
	struct hub *second = open_hub(f);
	for (uint8_t i = 1; i <= 3 * FRONT_ENROL; i++) {
		struct pc pc = pc_new(i);
		struct invitation invitation = invite(second, "05801", true);
		struct bytes body = enrolment(f, &pc, &invitation);
		assert_int_equal(ask(&served, TRUSTED, "/v1/enroll", bytes_slice(&body)).status, 200);
		bytes_free(&body);
		signing_key_free(pc.key);
	}
	hub_close(second);
	end(&served);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rs_08_forged_requests_under_a_known_key_are_held_back, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(rs_08_an_honest_backlog_is_never_held_back, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(rs_08_unknown_keys_of_an_address_are_one, fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(id_04_a_revoked_device_is_refused_and_what_it_sent_stays,
						fixture_up, fixture_down),
		cmocka_unit_test_setup_teardown(id_16_guesses_are_held_back_and_burn_nothing, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(id_16_a_trusted_network_enrols_as_many_as_it_likes, fixture_up,
						fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
