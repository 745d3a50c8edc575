/* Deadlines, places and the budget, with the time given. Each connection is one end of a socket pair. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <sys/socket.h>
#include <unistd.h>

#include "hub/connections.h"

enum { MOST = 8, PER_ADDRESS = 4, HANDSHAKE = 60000, HEADERS = 20000, BODY = 60000, BUDGET = 4000 };
enum { LAST = MOST + MOST / 2 + 8 }; /* the place there is not */

struct pair {
	int near;
	int far;
	struct connection *one;
};

static struct connections *made(const char *trusted)
{
	struct connections_plan plan = {.most = MOST,
					.per_address = PER_ADDRESS,
					.handshake_ms = HANDSHAKE,
					.headers_ms = HEADERS,
					.body_ms = BODY,
					.in_flight = BUDGET};
	assert_int_equal(networks_parse(trusted, &plan.trusted), STATUS_OK);
	struct connections *all = connections_new(&plan);
	assert_non_null(all);
	return all;
}

static struct address from(uint8_t host)
{
	struct address address = {{[10] = 0xff, [11] = 0xff, [12] = 192, [14] = 2, [15] = host}};
	return address;
}

static struct pair opened(struct connections *all, uint8_t host, int64_t now)
{
	int fds[2];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fds), 0);
	struct pair pair = {.near = fds[0], .far = fds[1]};
	pair.one = connections_open(all, pair.near, from(host), now);
	return pair;
}

static bool is_shut(const struct pair *pair)
{
	char byte;
	return recv(pair->far, &byte, 1, MSG_DONTWAIT) == 0;
}

static void closed(struct connections *all, struct pair *pair)
{
	connections_close(all, pair->one);
	assert_int_equal(close(pair->near), 0);
	assert_int_equal(close(pair->far), 0);
}

/* Not shut down a millisecond before its time, and shut down at it. */
static void assert_ends_at(struct connections *all, struct pair *pair, int64_t at)
{
	connections_end_late(all, at - 1);
	assert_false(is_shut(pair));
	connections_end_late(all, at);
	assert_true(is_shut(pair));
}

static void nw_10_each_phase_has_its_own_absolute_deadline(void **state)
{
	(void)state;
	static const struct {
		enum phase phase;
		size_t bytes;
		int64_t ms;
	} phases[] = {
		{PHASE_OPENING, 0, HANDSHAKE},
		{PHASE_HEADERS, 0, HEADERS},
		{PHASE_BODY, 0, BODY},
		{PHASE_BODY, 64 * 100, BODY + 100 * 1000},
		{PHASE_BODY, 1 << 20, 20 * 60 * 1000},
		{PHASE_ANSWER, 640, BODY + 10 * 1000},
		{PHASE_ANSWER, 1 << 20, 20 * 60 * 1000},
	};
	struct connections *all = made("");
	for (size_t i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		struct pair pair = opened(all, 1, 0);
		connections_enter(all, pair.one, phases[i].phase, phases[i].bytes, 1000);
		assert_ends_at(all, &pair, 1000 + phases[i].ms);
		closed(all, &pair);
	}
	assert_int_equal(connections_figures(all).late, 7);
	assert_int_equal(connections_figures(all).open, 0);
	connections_free(all);
}

static void nw_10_a_new_connection_has_the_time_of_a_handshake(void **state)
{
	(void)state;
	struct connections *all = made("");
	struct pair pair = opened(all, 1, 5000);
	assert_ends_at(all, &pair, 5000 + HANDSHAKE);
	closed(all, &pair);
	connections_free(all);
}

static void test_what_the_handler_has_is_never_late(void **state)
{
	(void)state;
	struct connections *all = made("");
	struct pair pair = opened(all, 1, 0);
	connections_enter(all, pair.one, PHASE_HANDED_OUT, 0, 0);
	connections_end_late(all, INT64_MAX - 1);
	assert_false(is_shut(&pair));
	closed(all, &pair);
	connections_free(all);
}

static void rs_04_an_address_over_its_share_loses_its_own_oldest(void **state)
{
	(void)state;
	struct connections *all = made("");
	struct pair other = opened(all, 9, 0);
	struct pair pairs[PER_ADDRESS + 1];
	for (int i = 0; i < PER_ADDRESS; i++) {
		assert_true(connections_admit(all, from(1)));
		pairs[i] = opened(all, 1, 10 + i);
	}
	connections_enter(all, pairs[0].one, PHASE_BODY, 10, 20);
	assert_true(connections_admit(all, from(1)));
	assert_false(is_shut(&pairs[0]));
	assert_true(is_shut(&pairs[1]));
	pairs[PER_ADDRESS] = opened(all, 1, 30);
	/* Busy ones are nobody's to end. */
	for (int i = 0; i <= PER_ADDRESS; i++)
		connections_enter(all, pairs[i].one, PHASE_HANDED_OUT, 0, 40);
	assert_false(connections_admit(all, from(1)));
	assert_true(connections_admit(all, from(2)));
	assert_false(is_shut(&other));
	assert_int_equal(connections_figures(all).turned_away, 1);
	assert_int_equal(connections_figures(all).displaced, 1);
	for (int i = 0; i <= PER_ADDRESS; i++)
		closed(all, &pairs[i]);
	closed(all, &other);
	connections_free(all);
}

static void rs_04_a_trusted_network_has_no_share(void **state)
{
	(void)state;
	struct connections *all = made("192.0.2.0/24");
	struct pair pairs[MOST];
	for (int i = 0; i < MOST; i++) {
		assert_true(connections_admit(all, from(1)));
		pairs[i] = opened(all, 1, 0);
		connections_enter(all, pairs[i].one, PHASE_HANDED_OUT, 0, 0);
	}
	assert_false(connections_admit(all, from(1)));
	for (int i = 0; i < MOST; i++)
		closed(all, &pairs[i]);
	connections_free(all);
}

static void rs_04_without_a_place_the_oldest_without_a_header_goes(void **state)
{
	(void)state;
	struct connections *all = made("");
	struct pair pairs[MOST];
	for (uint8_t i = 0; i < MOST; i++)
		pairs[i] = opened(all, i, i);
	connections_enter(all, pairs[0].one, PHASE_BODY, 10, 100);
	connections_enter(all, pairs[1].one, PHASE_OPENING, 0, 100); /* answered, waits for its next request */
	connections_enter(all, pairs[2].one, PHASE_HEADERS, 0, 50);
	static const uint8_t order[] = {3, 4, 5, 6, 7, 2, 1};
	for (size_t i = 0; i < sizeof(order); i++) {
		assert_false(is_shut(&pairs[order[i]]));
		assert_true(connections_admit(all, from(200)));
		assert_true(is_shut(&pairs[order[i]]));
		closed(all, &pairs[order[i]]);
		pairs[order[i]] = opened(all, order[i], 1000);
		connections_enter(all, pairs[order[i]].one, PHASE_BODY, 10, 1000);
	}
	assert_false(connections_admit(all, from(200)));
	for (uint8_t i = 0; i < MOST; i++)
		closed(all, &pairs[i]);
	connections_free(all);
}

static void rs_04_a_flood_displaces_itself(void **state)
{
	(void)state;
	struct connections *all = made("192.0.2.50");
	struct pair honest = opened(all, 1, 0);
	struct pair trusted[] = {opened(all, 50, 0), opened(all, 50, 0), opened(all, 50, 0)};
	struct pair flood[100];
	for (int i = 0; i < 100; i++) {
		assert_true(connections_admit(all, from((uint8_t)(10 + i % 2))));
		flood[i] = opened(all, (uint8_t)(10 + i % 2), 1000 + i);
		for (int old = 0; old < i; old++)
			if (flood[old].one != NULL && is_shut(&flood[old])) {
				closed(all, &flood[old]);
				flood[old].one = NULL;
			}
	}
	assert_false(is_shut(&honest));
	for (size_t i = 0; i < 3; i++) {
		assert_false(is_shut(&trusted[i]));
		closed(all, &trusted[i]);
	}
	assert_int_equal(connections_figures(all).displaced, 100 + 4 - MOST);
	closed(all, &honest);
	for (int i = 0; i < 100; i++)
		if (flood[i].one != NULL)
			closed(all, &flood[i]);
	connections_free(all);
}

/* Admission looks before the connection is there: however the threads meet, nobody stays unwatched. */
static void test_without_a_place_it_is_shut_down_at_once(void **state)
{
	(void)state;
	struct connections *all = made("");
	struct pair pairs[LAST + 1];
	assert_int_equal(connections_places(MOST), LAST);
	for (int i = 0; i <= LAST; i++)
		pairs[i] = opened(all, (uint8_t)i, 0);
	assert_null(pairs[LAST].one);
	assert_false(connections_admit(all, from(200)));
	assert_true(is_shut(&pairs[LAST]));
	connections_enter(all, NULL, PHASE_BODY, 1, 0);
	connections_give_back(all, NULL);
	for (int i = 0; i <= LAST; i++)
		closed(all, &pairs[i]);
	connections_free(all);
	connections_free(NULL);
}

static void rs_01_the_budget_of_bodies_is_never_exceeded(void **state)
{
	(void)state;
	struct connections *all = made("");
	struct pair pairs[6];
	for (uint8_t i = 0; i < 6; i++)
		pairs[i] = opened(all, i, 0);
	assert_true(connections_reserve(all, pairs[0].one, BUDGET - 10));
	assert_false(connections_reserve(all, pairs[1].one, 11));
	assert_true(connections_reserve(all, pairs[1].one, 10));
	assert_int_equal(connections_figures(all).in_flight, BUDGET);
	assert_true(connections_reserve(all, pairs[2].one, 0));
	assert_false(connections_reserve(all, pairs[2].one, SIZE_MAX));
	connections_give_back(all, pairs[0].one);
	assert_true(connections_reserve(all, pairs[2].one, 500));
	closed(all, &pairs[1]);
	assert_int_equal(connections_figures(all).in_flight, 500);
	for (uint8_t i = 0; i < 6; i++)
		if (i != 1)
			closed(all, &pairs[i]);
	assert_int_equal(connections_figures(all).in_flight, 0);
	connections_free(all);
}

static void rs_01_one_address_has_a_quarter_of_the_budget(void **state)
{
	(void)state;
	struct connections *all = made("192.0.2.7");
	struct pair pairs[] = {opened(all, 1, 0), opened(all, 1, 0), opened(all, 2, 0), opened(all, 7, 0),
			       opened(all, 7, 0)};
	assert_true(connections_reserve(all, pairs[0].one, BUDGET / 4 - 1));
	assert_false(connections_reserve(all, pairs[1].one, 2));
	assert_true(connections_reserve(all, pairs[1].one, 1));
	assert_true(connections_reserve(all, pairs[2].one, BUDGET / 4));
	assert_true(connections_reserve(all, pairs[3].one, BUDGET / 4));
	assert_true(connections_reserve(all, pairs[4].one, BUDGET / 4));
	for (size_t i = 0; i < sizeof(pairs) / sizeof(pairs[0]); i++)
		closed(all, &pairs[i]);
	connections_free(all);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nw_10_each_phase_has_its_own_absolute_deadline),
		cmocka_unit_test(nw_10_a_new_connection_has_the_time_of_a_handshake),
		cmocka_unit_test(test_what_the_handler_has_is_never_late),
		cmocka_unit_test(rs_04_an_address_over_its_share_loses_its_own_oldest),
		cmocka_unit_test(rs_04_a_trusted_network_has_no_share),
		cmocka_unit_test(rs_04_without_a_place_the_oldest_without_a_header_goes),
		cmocka_unit_test(rs_04_a_flood_displaces_itself),
		cmocka_unit_test(test_without_a_place_it_is_shut_down_at_once),
		cmocka_unit_test(rs_01_the_budget_of_bodies_is_never_exceeded),
		cmocka_unit_test(rs_01_one_address_has_a_quarter_of_the_budget),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
