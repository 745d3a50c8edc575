/* Questions of comparing over the line, from the front to the desk and back; the HTTP below is tested in scenarios.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hub/device_acts.h"
#include "hub/front.h"
#include "tests/unit/hub/exchange_fixture.h"
#include "tests/unit/hub/hub_fixture.h"
#include "tests/unit/hub/compare_fixture.h"

struct served {
	struct fixture *f;
	struct writer *writer;
	struct compare_desk *desk;
	struct front *front;
};

static struct served serve(struct fixture *f)
{
	struct served served = {.f = f};
	struct networks nobody;
	assert_int_equal(networks_parse("", &nobody), STATUS_OK);
	assert_int_equal(writer_start(f->hub, &served.writer), STATUS_OK);
	assert_int_equal(compare_desk_start(f->hub, &served.desk), STATUS_OK);
	served.front = front_new(f->hub, served.writer, served.desk, &nobody);
	assert_non_null(served.front);
	return served;
}

static void end(struct served *served)
{
	compare_desk_stop(served->desk);
	writer_stop(served->writer);
	front_free(served->front);
}

static struct comparison_question question_of(const struct pc *pc, uint8_t nonce)
{
	struct comparison_question q = {.days = MARCH, .asked_at = START};
	memcpy(q.device, pc->id, DEVICE_ID_LEN);
	memset(q.nonce, nonce, NONCE_LEN);
	return q;
}

static struct bytes sealed_question(const struct fixture *f, const struct pc *pc,
				    const struct comparison_question *question)
{
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	assert_int_equal(compare_seal(question, f->hub->identity.hub_id, pc->key, &sealed), STATUS_OK);
	return sealed;
}

/* The status; an answer of 200 is put into reply. */
static int ask(struct served *served, struct slice body, struct bytes *reply)
{
	struct http_exchange *e = exchange_new();
	struct http_request request = {.method = "POST",
				       .path = "/v1/digest",
				       .body = body,
				       .peer = "192.0.2.1",
				       .from = {{[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = 1}}};
	front_route(served->front, e, &request);
	wait_for(e);
	int status = e->status;
	assert_int_equal(e->count, 1);
	if (status == 200) {
		bytes_clear(reply);
		bytes_put(reply, e->body.data, e->body.len);
	}
	exchange_free(e);
	return status;
}

static int ask_of(struct served *served, const struct pc *pc, struct bytes *reply)
{
	struct comparison_question q = question_of(pc, 7);
	struct bytes sealed = sealed_question(served->f, pc, &q);
	int status = ask(served, bytes_slice(&sealed), reply);
	bytes_free(&sealed);
	return status;
}

static void test_the_answer_is_the_hubs_word_to_this_question(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct comparison_answer a;
	struct digest_line line;
	struct bytes reply = bytes_new(LIMIT_REPLY);
	deliver(f, &pc, dossier_batch(f, &pc, "A-1"));
	f->now += DAY;
	deliver(f, &pc, dossier_batch(f, &pc, "A-2"));
	struct served served = serve(f);
	assert_int_equal(ask_of(&served, &pc, &reply), 200);
	assert_int_equal(compared_open(bytes_slice(&reply), f->hub->identity.hub_id, f->hub->identity.sign_key, &a),
			 STATUS_OK);
	assert_memory_equal(a.device, pc.id, DEVICE_ID_LEN);
	assert_int_equal(a.nonce[0], 7);
	assert_true(a.hub_time == f->now);
	assert_int_equal(a.n_chains, 1);
	assert_int_equal(a.chains[0].have, 2);
	/* The first was received on 29 February. */
	assert_int_equal(a.n_sums, 1);
	assert_int_equal(a.n_lines, 1);
	assert_true(compared_next_line(&a, &line));
	assert_true(slice_equal(line.key, slice_str("A-2")));
	end(&served);
	bytes_free(&reply);
	signing_key_free(pc.key);
}

static void rs_09_a_device_asks_so_often_and_no_more(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "05802");
	struct bytes reply = bytes_new(LIMIT_REPLY);
	struct served served = serve(f);
	for (int i = 0; i < FRONT_COMPARE; i++)
		assert_int_equal(ask_of(&served, &pc, &reply), 200);
	for (int i = 0; i < 200; i++)
		assert_int_equal(ask_of(&served, &pc, &reply), 503);
	assert_int_equal(ask_of(&served, &other, &reply), 200);
	f->now += FRONT_COMPARE_MS;
	assert_int_equal(ask_of(&served, &pc, &reply), 200);
	assert_int_equal(ask_of(&served, &pc, &reply), 503);
	assert_true(compare_desk_figures(served.desk).answered == FRONT_COMPARE + 2);
	end(&served);
	bytes_free(&reply);
	signing_key_free(other.key);
	signing_key_free(pc.key);
}

/* Looked through once for the same question within seconds, and anew as soon as the log has more. */
static void rs_09_the_same_question_costs_one_look(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc other = enrolled_pc(f, 2, "05802");
	struct bytes reply = bytes_new(LIMIT_REPLY);
	struct served served = serve(f);
	for (int i = 0; i < 3; i++)
		assert_int_equal(ask_of(&served, &pc, &reply), 200);
	assert_true(compare_desk_figures(served.desk).scans == 1);
	assert_int_equal(ask_of(&served, &other, &reply), 200);
	assert_true(compare_desk_figures(served.desk).scans == 2);
	writer_stop(served.writer);
	deliver(f, &other, dossier_batch(f, &other, "B-1"));
	assert_int_equal(writer_start(f->hub, &served.writer), STATUS_OK);
	assert_int_equal(ask_of(&served, &pc, &reply), 200);
	assert_true(compare_desk_figures(served.desk).scans == 3);
	f->now += DESK_KEPT_MS + 1;
	assert_int_equal(ask_of(&served, &pc, &reply), 200);
	assert_true(compare_desk_figures(served.desk).scans == 4);
	end(&served);
	bytes_free(&reply);
	signing_key_free(other.key);
	signing_key_free(pc.key);
}

static void test_strangers_forgers_and_the_suspended_get_nothing(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct pc stranger = pc_new(9);
	struct bytes reply = bytes_new(LIMIT_REPLY);
	struct comparison_question q = question_of(&pc, 1);
	struct served served = serve(f);
	assert_int_equal(ask_of(&served, &stranger, &reply), 403);
	struct bytes sealed = sealed_question(f, &pc, &q);
	sealed.data[sealed.len - 1] ^= 1;
	assert_int_equal(ask(&served, bytes_slice(&sealed), &reply), 422);
	bytes_free(&sealed);
	/* Somebody else's device under one's own key. */
	struct pc other = enrolled_pc(f, 2, "05802");
	sealed = sealed_question(f, &other, &q);
	assert_int_equal(ask(&served, bytes_slice(&sealed), &reply), 422);
	bytes_free(&sealed);
	/* A request is no question. */
	struct request request = request_of(f, &pc);
	struct bytes body = body_of(f, &pc, &request, NULL, 0);
	assert_int_equal(ask(&served, bytes_slice(&body), &reply), 400);
	bytes_free(&body);
	uint8_t *large = calloc(1, FRONT_QUESTION + 1);
	assert_non_null(large);
	assert_int_equal(ask(&served, slice_of(large, FRONT_QUESTION + 1), &reply), 413);
	free(large);
	assert_int_equal(reply.len, 0);
	end(&served);
	bytes_free(&reply);
	signing_key_free(other.key);
	signing_key_free(stranger.key);
	signing_key_free(pc.key);
}

static void test_who_waits_at_the_end_is_told_to_come_later(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct bytes reply = bytes_new(LIMIT_REPLY);
	struct served served = serve(f);
	compare_desk_hurry(served.desk);
	assert_int_equal(ask_of(&served, &pc, &reply), 503);
	end(&served);
	bytes_free(&reply);
	signing_key_free(pc.key);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		HUB_TEST(test_the_answer_is_the_hubs_word_to_this_question),
		HUB_TEST(rs_09_a_device_asks_so_often_and_no_more),
		HUB_TEST(rs_09_the_same_question_costs_one_look),
		HUB_TEST(test_strangers_forgers_and_the_suspended_get_nothing),
		HUB_TEST(test_who_waits_at_the_end_is_told_to_come_later),
	};
	return cmocka_run_group_tests_name("compare_desk", tests, NULL, NULL);
}
