#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "capture.h"
#include "config/notify.h"

/* A manager that listens under a name as it stands in the environment. */
static int listen_as(const char *name)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	size_t len = strlen(name);
	assert_true(len < sizeof(address.sun_path));
	memcpy(address.sun_path, name, len);
	if (name[0] == '@')
		address.sun_path[0] = '\0';
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	socklen_t size = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len + (name[0] == '@' ? 0 : 1));
	assert_int_equal(bind(fd, (struct sockaddr *)&address, size), 0);
	assert_int_equal(setenv("NOTIFY_SOCKET", name, 1), 0);
	return fd;
}

static void assert_heard(int fd, const char *what)
{
	char heard[64];
	ssize_t n = recv(fd, heard, sizeof(heard) - 1, 0);
	assert_true(n >= 0);
	heard[n] = '\0';
	assert_string_equal(heard, what);
}

static void all_is_heard(const char *name)
{
	int fd = listen_as(name);
	notify_ready();
	notify_alive();
	notify_stopping();
	assert_heard(fd, "READY=1");
	assert_heard(fd, "WATCHDOG=1");
	assert_heard(fd, "STOPPING=1");
	assert_int_equal(close(fd), 0);
}

static void test_a_manager_under_a_path_hears_all(void **state)
{
	(void)state;
	char folder[] = "/tmp/motcua-notify-XXXXXX";
	char name[sizeof(folder) + 8];
	assert_non_null(mkdtemp(folder));
	(void)snprintf(name, sizeof(name), "%s/notify", folder);
	all_is_heard(name);
	assert_int_equal(unlink(name), 0);
	assert_int_equal(rmdir(folder), 0);
}

static void test_a_manager_under_an_abstract_name_hears_all(void **state)
{
	(void)state;
	char name[64];
	(void)snprintf(name, sizeof(name), "@motcua-notify-%ld", (long)getpid());
	all_is_heard(name);
}

static int tell_nobody(void *context)
{
	const char *name = context;
	if (name == NULL ? unsetenv("NOTIFY_SOCKET") : setenv("NOTIFY_SOCKET", name, 1))
		return 1;
	notify_ready();
	notify_alive();
	notify_stopping();
	return 0;
}

static void test_where_nobody_asked_nothing_is_said(void **state)
{
	(void)state;
	char longer[200];
	memset(longer, '/', sizeof(longer) - 1);
	longer[sizeof(longer) - 1] = '\0';
	char *const names[] = {NULL, "", "relative", "/", "@", "vsock:2:1", longer};
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		struct capture c;
		capture_run(tell_nobody, names[i], &c);
		assert_int_equal(c.exit_status, 0);
		assert_string_equal(c.err, "");
	}
}

static void test_a_manager_that_is_gone_is_logged(void **state)
{
	(void)state;
	struct capture c;
	char name[] = "/nonexistent/notify";
	capture_run(tell_nobody, name, &c);
	assert_int_equal(c.exit_status, 0);
	assert_non_null(strstr(c.err, "warning event=manager-not-told state=READY=1 errno=2\n"));
}

static void test_watchdog_is_for_this_process_and_a_number(void **state)
{
	(void)state;
	char own[32];
	(void)snprintf(own, sizeof(own), "%ld", (long)getpid());
	const struct {
		const char *us;
		const char *pid;
		int64_t every_ms;
	} cases[] = {
		{NULL, NULL, -1},
		{"300000000", NULL, 150000},
		{"300000000", own, 150000},
		{"300000000", "1", -1},
		{"0", own, -1},
		{"-5", own, -1},
		{"1", own, 1},
		{"x", own, -1},
		{"", own, -1},
		{"99999999999999999999", own, -1},
	};
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		assert_int_equal(cases[i].us == NULL ? unsetenv("WATCHDOG_USEC")
						     : setenv("WATCHDOG_USEC", cases[i].us, 1),
				 0);
		assert_int_equal(cases[i].pid == NULL ? unsetenv("WATCHDOG_PID")
						      : setenv("WATCHDOG_PID", cases[i].pid, 1),
				 0);
		assert_int_equal(notify_every_ms(), cases[i].every_ms);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_manager_under_a_path_hears_all),
		cmocka_unit_test(test_a_manager_under_an_abstract_name_hears_all),
		cmocka_unit_test(test_where_nobody_asked_nothing_is_said),
		cmocka_unit_test(test_a_manager_that_is_gone_is_logged),
		cmocka_unit_test(test_watchdog_is_for_this_process_and_a_number),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
