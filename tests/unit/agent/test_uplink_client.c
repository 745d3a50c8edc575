/* Against programs of a few lines in Python that speak frames and misbehave in one way each. */
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/transport.h"
#include "config/log.h"

enum { PATH_ROOM = 64, BODY_MAX = 4096 };

static const char prelude[] =
	"#!/usr/bin/python3 -SsE\n"
	"import os, time\n"
	"def read(n):\n"
	"    data = b''\n"
	"    while len(data) < n:\n"
	"        piece = os.read(0, n - len(data))\n"
	"        if not piece: os._exit(0)\n"
	"        data += piece\n"
	"    return data\n"
	"def take(): return read(int.from_bytes(read(4), 'big'))\n"
	"def put(raw):\n"
	"    while raw: raw = raw[os.write(1, raw):]\n"
	"def frame(raw): put(len(raw).to_bytes(4, 'big') + raw)\n"
	"def head(major, n):\n"
	"    if n < 24: return bytes([major << 5 | n])\n"
	"    if n < 256: return bytes([major << 5 | 24, n])\n"
	"    return bytes([major << 5 | 25, n >> 8, n & 255])\n"
	"def reply(outcome, status, body):\n"
	"    frame(b'\\x85' + head(0, outcome) + head(0, status) + b'\\x20\\x62hm' + head(2, len(body)) + body)\n";

/* Answers with its process id, so that a test sees whether it is still the same one. */
static const char honest[] = "while True:\n"
			     "    take()\n"
			     "    reply(0, 503, b'%5d' % os.getpid() + bytes(300))\n";

struct fake {
	char folder[PATH_ROOM];
	char path[PATH_ROOM];
	struct transport *transport;
	struct bytes body;
	int http_status;
	int64_t retry_after_s;
};

static void write_script(const char *path, const char *text)
{
	FILE *file = fopen(path, "we");
	assert_non_null(file);
	assert_true(fputs(prelude, file) >= 0);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
	assert_int_equal(chmod(path, 0700), 0);
}

static struct fake fake_new(const char *text)
{
	struct fake fake = {.folder = "/tmp/motcua-uplink-test-XXXXXX", .body = bytes_new(BODY_MAX)};
	assert_non_null(mkdtemp(fake.folder));
	assert_true(snprintf(fake.path, sizeof(fake.path), "%s/uplink", fake.folder) < PATH_ROOM);
	write_script(fake.path, text);
	fake.transport = uplink_transport_new(fake.path, NULL);
	assert_non_null(fake.transport);
	return fake;
}

/* After it no child may be left, not even a dead one. */
static void fake_free(struct fake *fake)
{
	fake->transport->close(fake->transport);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	assert_int_equal(errno, ECHILD);
	bytes_free(&fake->body);
	assert_int_equal(unlink(fake->path), 0);
	assert_int_equal(rmdir(fake->folder), 0);
}

static enum status ask(struct fake *fake, int64_t deadline_ms, struct slice body)
{
	struct uplink_request request = {
		.post = true,
		.host = slice_str("127.0.0.1"),
		.port = 1,
		.path = slice_str("/v1/head"),
		.deadline_ms = deadline_ms,
		.patience_s = LIMIT_PATIENCE_S,
		.n_pins = 1,
		.max_reply = BODY_MAX,
		.body = body,
	};
	return fake->transport->exchange(fake->transport, &request, &fake->http_status, &fake->retry_after_s,
					 &fake->body);
}

static enum status ask_plainly(struct fake *fake)
{
	return ask(fake, 20000, slice_str("x"));
}

static void assert_answer(struct fake *fake, char ret_pid[6])
{
	assert_int_equal(ask_plainly(fake), STATUS_OK);
	assert_int_equal(fake->http_status, 503);
	assert_int_equal(fake->retry_after_s, -1);
	assert_int_equal(fake->body.len, 305);
	memcpy(ret_pid, fake->body.data, 5);
	ret_pid[5] = '\0';
}

static void test_one_program_serves_many_exchanges(void **state)
{
	(void)state;
	struct fake fake = fake_new(honest);
	char first[6];
	char second[6];
	assert_answer(&fake, first);
	assert_answer(&fake, second);
	assert_string_equal(first, second);
	fake_free(&fake);
}

static void test_program_that_was_killed_is_started_anew(void **state)
{
	(void)state;
	struct fake fake = fake_new(honest);
	char first[6];
	char second[6];
	assert_answer(&fake, first);
	pid_t pid = (pid_t)strtol(first, NULL, 10);
	siginfo_t ended;
	assert_int_equal(kill(pid, SIGKILL), 0);
	/* Seen dead, but left to be reaped by the client. */
	assert_int_equal(waitid(P_PID, (id_t)pid, &ended, WEXITED | WNOWAIT), 0);
	assert_answer(&fake, second);
	assert_string_not_equal(first, second);
	fake_free(&fake);
}

static void test_program_that_ends_without_an_answer_is_unreachable(void **state)
{
	(void)state;
	static const char *const ends[] = {
		"os._exit(0)\n",
		"take()\nos._exit(3)\n",
		"take()\nput(b'\\0\\0')\nos._exit(0)\n",
		"take()\nput(b'\\0\\0\\0\\x09abc')\nos._exit(0)\n",
	};
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct fake fake = fake_new(ends[i]);
		assert_int_equal(ask_plainly(&fake), STATUS_UNREACHABLE);
		char pid[6];
		write_script(fake.path, honest);
		assert_answer(&fake, pid);
		fake_free(&fake);
	}
}

static void test_answers_that_are_none_are_unreachable_and_end_the_program(void **state)
{
	(void)state;
	static const char *const answers[] = {
		"take()\nframe(b'')\ntime.sleep(60)\n",
		"take()\nframe(b'\\x85nonsense')\ntime.sleep(60)\n",
		"take()\nput(b'\\xff\\xff\\xff\\xff')\ntime.sleep(60)\n",
	};
	for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
		struct fake fake = fake_new(answers[i]);
		assert_int_equal(ask_plainly(&fake), STATUS_UNREACHABLE);
		assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
		fake_free(&fake);
	}
}

static void test_words_nobody_asked_for_do_not_answer_the_next_request(void **state)
{
	(void)state;
	struct fake fake = fake_new("take()\nreply(0, 200, b'')\nreply(0, 201, b'')\ntake()\ntime.sleep(60)\n");
	assert_int_equal(ask_plainly(&fake), STATUS_OK);
	assert_int_equal(fake.http_status, 200);
	write_script(fake.path, honest);
	char pid[6];
	struct timespec moment = {.tv_nsec = 50000000L};
	assert_int_equal(nanosleep(&moment, NULL), 0);
	assert_answer(&fake, pid);
	fake_free(&fake);
}

static void test_outcomes_become_statuses(void **state)
{
	(void)state;
	static const enum status expected[] = {STATUS_OK,         STATUS_UNREACHABLE, STATUS_PIN,
					       STATUS_LIMIT,      STATUS_SETTINGS,    STATUS_NO_NAME,
					       STATUS_BROKEN_OFF, STATUS_PROXY,       STATUS_PROXY_LOGIN};
	struct fake fake =
		fake_new("for outcome in range(9):\n    take()\n    reply(outcome, 200, b'')\nread(1)\n");
	for (size_t i = 0; i < sizeof(expected) / sizeof(expected[0]); i++) {
		fake.http_status = -7;
		assert_int_equal(ask_plainly(&fake), expected[i]);
		assert_int_equal(fake.http_status, i == 0 ? 200 : -7);
	}
	fake_free(&fake);
}

static void test_large_bodies_cross_whole(void **state)
{
	(void)state;
	struct fake fake = fake_new("reply(0, 200, b'%d' % len(take()))\nread(1)\n");
	uint8_t *large = calloc(1, LIMIT_REQUEST + 1);
	assert_non_null(large);
	assert_int_equal(ask(&fake, 20000, slice_of(large, LIMIT_REQUEST + 1)), STATUS_LIMIT);
	assert_int_equal(ask(&fake, 20000, slice_of(large, LIMIT_REQUEST)), STATUS_OK);
	assert_int_equal(fake.body.len, 7);
	assert_true(memcmp(fake.body.data, "1048576", 7) > 0);
	free(large);
	fake_free(&fake);
}

static void test_answer_over_the_callers_room_is_a_limit(void **state)
{
	(void)state;
	struct fake fake = fake_new("take()\nreply(0, 200, bytes(5000))\nread(1)\n");
	assert_int_equal(ask_plainly(&fake), STATUS_LIMIT);
	fake_free(&fake);
}

static void test_stuck_program_is_given_up_after_the_deadline(void **state)
{
	(void)state;
	struct fake fake = fake_new("take()\ntime.sleep(60)\n");
	struct timespec from;
	struct timespec to;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &from), 0);
	assert_int_equal(ask(&fake, 1, slice_str("x")), STATUS_UNREACHABLE);
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &to), 0);
	assert_in_range(to.tv_sec - from.tv_sec, 1, 10);
	fake_free(&fake);
}

static void test_program_that_does_not_read_is_given_up_too(void **state)
{
	(void)state;
	struct fake fake = fake_new("time.sleep(60)\n");
	uint8_t *large = calloc(1, LIMIT_REQUEST);
	assert_non_null(large);
	assert_int_equal(ask(&fake, 1, slice_of(large, LIMIT_REQUEST)), STATUS_UNREACHABLE);
	free(large);
	fake_free(&fake);
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void test_signal_stops_the_wait(void **state)
{
	(void)state;
	struct fake fake = fake_new("take()\ntime.sleep(60)\n");
	struct sigaction act = {.sa_handler = on_alarm, .sa_flags = SA_RESTART};
	struct sigaction before;
	/* Again and again, so that one before the wait does not matter. */
	struct itimerval often = {.it_interval = {.tv_usec = 50000}, .it_value = {.tv_usec = 50000}};
	struct itimerval off = {0};
	assert_int_equal(sigaction(SIGALRM, &act, &before), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &often, NULL), 0);
	enum status s = ask_plainly(&fake);
	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	assert_int_equal(sigaction(SIGALRM, &before, NULL), 0);
	assert_int_equal(s, STATUS_STOPPED);
	fake_free(&fake);
}

struct watcher {
	int stop[2];
	int calls;
};

/* Whoever waits is seen alive twice, then told to stop. */
static void on_alive(void *context)
{
	struct watcher *watcher = context;
	if (++watcher->calls == 2)
		assert_int_equal(write(watcher->stop[1], "x", 1), 1);
}

static int64_t now_ms(void)
{
	struct timespec now;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &now), 0);
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void test_word_to_stop_ends_the_wait_and_the_program_by_its_stdin(void **state)
{
	(void)state;
	struct fake fake = fake_new("take()\n"
				    "ended = os.read(0, 1) == b''\n"
				    "open(__file__ + '.ended', 'w').write(str(ended))\n");
	struct watcher watcher = {.calls = 0};
	assert_int_equal(pipe(watcher.stop), 0);
	const struct uplink_care care = {
		.stop = watcher.stop[0], .every_ms = 50, .alive = on_alive, .context = &watcher};
	fake.transport->close(fake.transport);
	fake.transport = uplink_transport_new(fake.path, &care);
	assert_non_null(fake.transport);
	int64_t before = now_ms();
	assert_int_equal(ask_plainly(&fake), STATUS_STOPPED);
	assert_in_range(now_ms() - before, 100, 10000);
	assert_int_equal(watcher.calls, 2);
	/* From then on nothing is begun. */
	assert_int_equal(ask_plainly(&fake), STATUS_STOPPED);
	char path[PATH_ROOM + 8];
	char said[8] = "";
	assert_true(snprintf(path, sizeof(path), "%s.ended", fake.path) > 0);
	FILE *file = fopen(path, "re");
	assert_non_null(file);
	assert_non_null(fgets(said, sizeof(said), file));
	assert_int_equal(fclose(file), 0);
	assert_string_equal(said, "True");
	assert_int_equal(unlink(path), 0);
	assert_int_equal(close(watcher.stop[0]), 0);
	assert_int_equal(close(watcher.stop[1]), 0);
	fake_free(&fake);
}

static void test_program_gets_two_descriptors_of_one_socket_stderr_and_no_environment(void **state)
{
	(void)state;
	struct fake fake = fake_new("take()\n"
				    "own = os.open('/proc/self/fd', os.O_RDONLY)\n"
				    "fds = sorted(int(name) for name in os.listdir(own))\n"
				    "fds = [fd for fd in fds if fd < own]\n"
				    "same = os.readlink('/proc/self/fd/0') == os.readlink('/proc/self/fd/1')\n"
				    "names = [name for name in os.environ if name not in ('LC_CTYPE', 'PWD')]\n"
				    "reply(0, 200, repr((fds, same, names)).encode())\n"
				    "read(1)\n");
	assert_int_equal(setenv("https_proxy", "http://127.0.0.1:1", 1), 0);
	int inherited = dup(STDERR_FILENO);
	assert_int_equal(ask_plainly(&fake), STATUS_OK);
	assert_int_equal(close(inherited), 0);
	assert_int_equal(unsetenv("https_proxy"), 0);
	static const char expected[] = "([0, 1, 2], True, [])";
	assert_int_equal(fake.body.len, sizeof(expected) - 1);
	assert_memory_equal(fake.body.data, expected, sizeof(expected) - 1);
	fake_free(&fake);
}

static void test_missing_program_is_a_matter_of_setup(void **state)
{
	(void)state;
	struct fake fake = fake_new(honest);
	assert_int_equal(unlink(fake.path), 0);
	assert_int_equal(ask_plainly(&fake), STATUS_SETTINGS);
	write_script(fake.path, honest);
	char pid[6];
	assert_answer(&fake, pid);
	fake_free(&fake);
}

static void test_request_without_a_pin_starts_nothing(void **state)
{
	(void)state;
	struct fake fake = fake_new(honest);
	struct uplink_request request = {.host = slice_str("127.0.0.1"),
					 .port = 1,
					 .path = slice_str("/v1/head"),
					 .deadline_ms = 1000,
					 .max_reply = 100};
	assert_int_equal(fake.transport->exchange(fake.transport, &request, &fake.http_status, &fake.retry_after_s,
						  &fake.body),
			 STATUS_SETTINGS);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1);
	fake_free(&fake);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_program_serves_many_exchanges),
		cmocka_unit_test(test_program_that_was_killed_is_started_anew),
		cmocka_unit_test(test_program_that_ends_without_an_answer_is_unreachable),
		cmocka_unit_test(test_answers_that_are_none_are_unreachable_and_end_the_program),
		cmocka_unit_test(test_words_nobody_asked_for_do_not_answer_the_next_request),
		cmocka_unit_test(test_outcomes_become_statuses),
		cmocka_unit_test(test_large_bodies_cross_whole),
		cmocka_unit_test(test_answer_over_the_callers_room_is_a_limit),
		cmocka_unit_test(test_stuck_program_is_given_up_after_the_deadline),
		cmocka_unit_test(test_program_that_does_not_read_is_given_up_too),
		cmocka_unit_test(test_signal_stops_the_wait),
		cmocka_unit_test(test_word_to_stop_ends_the_wait_and_the_program_by_its_stdin),
		cmocka_unit_test(test_program_gets_two_descriptors_of_one_socket_stderr_and_no_environment),
		cmocka_unit_test(test_missing_program_is_a_matter_of_setup),
		cmocka_unit_test(test_request_without_a_pin_starts_nothing),
	};
	log_set_level(LOG_ERROR);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
