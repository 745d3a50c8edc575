/* Starting and stopping; what crosses the line is tested in scenarios/line.py. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include <cmocka.h>

#include "hub/http.h"
#include "hub/listener.h"
#include "hub/tls_key.h"

enum { PEM_MAX = 8192 };

struct keys {
	struct bytes key;
	struct bytes certificate;
};

static int make_keys(void **state)
{
	static struct keys keys;
	keys.key = bytes_new(PEM_MAX);
	keys.certificate = bytes_new(PEM_MAX);
	*state = &keys;
	return tls_key_generate("hub", INT64_C(1700000000), &keys.key, &keys.certificate) == STATUS_OK ? 0 : -1;
}

static int free_keys(void **state)
{
	struct keys *keys = *state;
	bytes_free(&keys->key);
	bytes_free(&keys->certificate);
	return 0;
}

static void never(void *context, struct http_exchange *exchange, const struct http_request *request)
{
	(void)context;
	(void)exchange;
	(void)request;
	fail();
}

static struct http_plan plan_of(const struct keys *keys, unsigned threads)
{
	return (struct http_plan){
		.address = "127.0.0.1",
		.tls_key = bytes_slice(&keys->key),
		.tls_certificate = bytes_slice(&keys->certificate),
		.threads = threads,
		.limits = {.most = 16,
			   .per_address = 16,
			   .handshake_ms = 5000,
			   .headers_ms = 5000,
			   .body_ms = 5000,
			   .in_flight = 1 << 20},
		.max_body = 100,
		.handler = never,
	};
}

static void test_starts_on_a_free_port_and_stops(void **state)
{
	for (unsigned threads = 0; threads < 4; threads++) {
		struct http_plan plan = plan_of(*state, threads);
		struct http_server *server = NULL;
		assert_int_equal(http_start(&plan, &server), STATUS_OK);
		assert_int_not_equal(http_port(server), 0);
		http_stop(server);
	}
}

static void test_stopped_server_frees_its_port(void **state)
{
	struct http_plan plan = plan_of(*state, 2);
	struct http_server *server = NULL;
	assert_int_equal(http_start(&plan, &server), STATUS_OK);
	plan.port = http_port(server);
	http_stop(server);
	assert_int_equal(http_start(&plan, &server), STATUS_OK);
	assert_int_equal(http_port(server), plan.port);
	http_stop(server);
}

static void test_taken_address_is_busy(void **state)
{
	struct http_plan plan = plan_of(*state, 1);
	struct http_server *first = NULL;
	struct http_server *second = NULL;
	assert_int_equal(http_start(&plan, &first), STATUS_OK);
	plan.port = http_port(first);
	assert_int_equal(http_start(&plan, &second), STATUS_BUSY);
	assert_null(second);
	http_stop(first);
}

static void test_addresses_that_are_none_are_settings(void **state)
{
	static const char *const addresses[] = {"", "hub.invalid", "127.0.0.1:1", "192.0.2.1"};
	for (size_t i = 0; i < sizeof(addresses) / sizeof(addresses[0]); i++) {
		struct http_plan plan = plan_of(*state, 1);
		struct http_server *server = NULL;
		plan.address = addresses[i];
		assert_int_equal(http_start(&plan, &server), STATUS_SETTINGS);
		assert_null(server);
	}
}

/* The lowest free descriptor: the same before and after, if nothing was left open. */
static int lowest_free(void)
{
	int fd = dup(STDERR_FILENO);
	assert_int_equal(close(fd), 0);
	return fd;
}

static void test_starting_and_stopping_leaves_nothing_open(void **state)
{
	struct http_plan plan = plan_of(*state, 2);
	struct http_server *server = NULL;
	int before = lowest_free();
	assert_int_equal(http_start(&plan, &server), STATUS_OK);
	assert_int_not_equal(lowest_free(), before);
	http_stop(server);
	assert_int_equal(lowest_free(), before);
}

static void test_key_that_is_none_is_settings_and_leaves_nothing_open(void **state)
{
	int before = lowest_free();
	for (size_t i = 0; i < 3; i++) {
		struct http_plan plan = plan_of(*state, 2);
		struct http_server *server = NULL;
		if (i != 1)
			plan.tls_key = slice_str("no key");
		if (i != 0)
			plan.tls_certificate = slice_str("");
		assert_int_equal(http_start(&plan, &server), STATUS_SETTINGS);
		assert_null(server);
	}
	assert_int_equal(lowest_free(), before);
}

static void test_stopping_nothing_is_fine(void **state)
{
	(void)state;
	http_stop(NULL);
}

static void test_listener_knows_its_port(void **state)
{
	(void)state;
	int fd = -1;
	assert_int_equal(listener_open("127.0.0.1", 0, &fd), STATUS_OK);
	assert_int_not_equal(listener_port(fd), 0);
	assert_int_equal(close(fd), 0);
	assert_int_equal(listener_port(-1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_starts_on_a_free_port_and_stops),
		cmocka_unit_test(test_stopped_server_frees_its_port),
		cmocka_unit_test(test_taken_address_is_busy),
		cmocka_unit_test(test_addresses_that_are_none_are_settings),
		cmocka_unit_test(test_starting_and_stopping_leaves_nothing_open),
		cmocka_unit_test(test_key_that_is_none_is_settings_and_leaves_nothing_open),
		cmocka_unit_test(test_stopping_nothing_is_fine),
		cmocka_unit_test(test_listener_knows_its_port),
	};
	return cmocka_run_group_tests(tests, make_keys, free_keys);
}
