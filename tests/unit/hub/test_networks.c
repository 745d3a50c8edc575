#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "hub/networks.h"

static struct address address(const char *text)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6};
	if (inet_pton(AF_INET, text, &v4.sin_addr) == 1)
		return address_of((const struct sockaddr *)(const void *)&v4);
	assert_int_equal(inet_pton(AF_INET6, text, &v6.sin6_addr), 1);
	return address_of((const struct sockaddr *)(const void *)&v6);
}

static bool holds(const char *networks, const char *text)
{
	struct networks parsed;
	assert_int_equal(networks_parse(networks, &parsed), STATUS_OK);
	return networks_hold(&parsed, address(text));
}

static void test_networks_hold_what_begins_alike(void **state)
{
	(void)state;
	assert_true(holds("10.0.0.0/8", "10.255.1.2"));
	assert_false(holds("10.0.0.0/8", "11.0.0.0"));
	assert_true(holds("192.0.2.128/25", "192.0.2.129"));
	assert_false(holds("192.0.2.128/25", "192.0.2.127"));
	assert_true(holds("192.0.2.7", "192.0.2.7"));
	assert_false(holds("192.0.2.7", "192.0.2.6"));
	assert_true(holds("0.0.0.0/0", "203.0.113.9"));
	assert_false(holds("0.0.0.0/0", "2001:db8::1"));
	assert_true(holds("::/0", "2001:db8::1"));
	assert_true(holds("fd00::/8", "fdff::1"));
	assert_false(holds("fd00::/8", "fe00::1"));
	assert_true(holds("2001:db8::1", "2001:db8::1"));
}

static void test_a_list_holds_what_any_of_it_holds(void **state)
{
	(void)state;
	const char *list = " 10.0.0.0/8,fd00::/8 ,\t192.0.2.7 ";
	assert_true(holds(list, "10.1.1.1"));
	assert_true(holds(list, "fd00::5"));
	assert_true(holds(list, "192.0.2.7"));
	assert_false(holds(list, "192.0.2.8"));
	assert_false(holds("", "10.0.0.1"));
}

static void test_an_ipv4_address_is_the_same_through_either_socket(void **state)
{
	(void)state;
	assert_true(address_same(address("::ffff:192.0.2.7"), address("192.0.2.7")));
	assert_true(holds("192.0.2.0/24", "::ffff:192.0.2.7"));
}

static void test_what_is_no_network_is_settings(void **state)
{
	(void)state;
	static const char *const bad[] = {
		"10.0.0.0/33",         "10.0.0/8",
		"hub.example",         "fd00::/129",
		"10.0.0.0/",           "10.0.0.0/-1",
		"10.0.0.0 / 8",        "/8",
		"10.0.0.0/8;fd00::/8", "0000000000000000000000000000000000000000000000000000000000000000001"};
	struct networks parsed = {0};
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_int_equal(networks_parse(bad[i], &parsed), STATUS_SETTINGS);
}

static void test_so_many_and_no_more(void **state)
{
	(void)state;
	struct networks parsed;
	char many[(NETWORKS_MAX + 1) * 4 + 1];
	size_t len = 0;
	for (int i = 0; i <= NETWORKS_MAX; i++, len += 4)
		memcpy(many + len, "::1,", 4);
	many[len] = '\0';
	assert_int_equal(networks_parse(many, &parsed), STATUS_SETTINGS);
	many[len - 4] = '\0';
	assert_int_equal(networks_parse(many, &parsed), STATUS_OK);
	assert_int_equal(parsed.count, NETWORKS_MAX);
}

static void test_limits_count_an_owner_as_one(void **state)
{
	(void)state;
	assert_true(address_same(address_owner(address("2001:db8:1:2:3::4")),
				 address_owner(address("2001:db8:1:2::"))));
	assert_false(
		address_same(address_owner(address("2001:db8:1:2::")), address_owner(address("2001:db8:1:3::"))));
	assert_false(address_same(address_owner(address("192.0.2.7")), address_owner(address("192.0.2.8"))));
}

static void test_no_address_is_no_address(void **state)
{
	(void)state;
	struct sockaddr local = {.sa_family = AF_UNIX};
	assert_true(address_same(address_of(NULL), address("::")));
	assert_true(address_same(address_of(&local), address("::")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_networks_hold_what_begins_alike),
		cmocka_unit_test(test_a_list_holds_what_any_of_it_holds),
		cmocka_unit_test(test_an_ipv4_address_is_the_same_through_either_socket),
		cmocka_unit_test(test_what_is_no_network_is_settings),
		cmocka_unit_test(test_so_many_and_no_more),
		cmocka_unit_test(test_limits_count_an_owner_as_one),
		cmocka_unit_test(test_no_address_is_no_address),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
