#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "agent/service_wait.h"
#include "config/datadir.h"

enum { PATH_ROOM = 64, SOON_MS = 20000 };

struct scene {
	struct waiter *waiter;
	char folder[PATH_ROOM];
};

static void lay_down(const struct scene *scene, const char *name)
{
	char *path = path_join(scene->folder, name);
	assert_non_null(path);
	assert_int_equal(file_write(path, slice_str("x"), 0600), STATUS_OK);
	free(path);
}

static void take_away(const struct scene *scene, const char *name)
{
	char *path = path_join(scene->folder, name);
	assert_non_null(path);
	assert_int_equal(unlink(path), 0);
	free(path);
}

static int set_up(void **state)
{
	struct scene *scene = calloc(1, sizeof(*scene));
	assert_non_null(scene);
	(void)snprintf(scene->folder, sizeof(scene->folder), "/tmp/motcua-wait-XXXXXX");
	assert_non_null(mkdtemp(scene->folder));
	assert_int_equal(waiter_new(&scene->waiter), STATUS_OK);
	*state = scene;
	return 0;
}

static int tear_down(void **state)
{
	struct scene *scene = *state;
	waiter_free(scene->waiter);
	(void)rmdir(scene->folder); /* one test has taken it away */
	free(scene);
	return 0;
}

static void time_ends_the_wait(void **state)
{
	struct scene *scene = *state;
	int64_t before = waiter_now();
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, before + 50), 0);
	assert_in_range(waiter_now() - before, 50, SOON_MS);
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, before), 0);
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, -1), 0);
}

static void ti_08_waits_go_by_the_clock_that_nobody_sets_and_that_counts_sleep(void **state)
{
	struct scene *scene = *state;
	struct timespec before;
	struct timespec after;
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &before), 0);
	int64_t until = waiter_now() + 30;
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, until), 0);
	assert_int_equal(clock_gettime(CLOCK_BOOTTIME, &after), 0);
	int64_t before_ms = (int64_t)before.tv_sec * 1000 + before.tv_nsec / 1000000;
	int64_t after_ms = (int64_t)after.tv_sec * 1000 + after.tv_nsec / 1000000;
	assert_in_range(until - before_ms, 30, SOON_MS);
	assert_true(after_ms >= until);
}

static void word_to_stop_ends_every_wait(void **state)
{
	struct scene *scene = *state;
	int64_t later = waiter_now() + SOON_MS;
	struct pollfd stop = {.fd = (int)waiter_stop_handle(scene->waiter), .events = POLLIN};
	assert_false(waiter_stopped(scene->waiter));
	assert_int_equal(poll(&stop, 1, 0), 0);
	assert_int_equal(raise(SIGTERM), 0);
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, later), WAKE_STOP);
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, later), WAKE_STOP);
	assert_true(waiter_stopped(scene->waiter));
	assert_int_equal(poll(&stop, 1, 0), 1);
	assert_true(waiter_now() < later);
	/* The signal stays pending: it is taken, or it would meet the next test. */
	sigset_t ours;
	int number = 0;
	assert_int_equal(sigemptyset(&ours), 0);
	assert_int_equal(sigaddset(&ours, SIGTERM), 0);
	assert_int_equal(sigwait(&ours, &number), 0);
	assert_int_equal(number, SIGTERM);
}

static void news_in_a_folder_wakes_until_it_is_forgotten(void **state)
{
	struct scene *scene = *state;
	static const enum wake both[] = {WAKE_SPOOL, WAKE_DATA};
	for (size_t i = 0; i < 2; i++) {
		assert_true(waiter_watch(scene->waiter, both[i], scene->folder));
		assert_true(waiter_watch(scene->waiter, both[i], scene->folder));
	}
	lay_down(scene, "a");
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, waiter_now() + SOON_MS), WAKE_SPOOL | WAKE_DATA);
	assert_int_equal(waiter_wait(scene->waiter, WAKE_DATA, waiter_now() + SOON_MS), WAKE_DATA);
	waiter_forget(scene->waiter, WAKE_DATA);
	assert_int_equal(waiter_wait(scene->waiter, WAKE_DATA, waiter_now() + 20), 0);
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, waiter_now() + SOON_MS), WAKE_SPOOL);
	waiter_forget(scene->waiter, WAKE_SPOOL);
	take_away(scene, "a"); /* which is no news */
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, waiter_now() + 20), 0);
}

static void a_folder_that_comes_and_goes_is_watched_anew(void **state)
{
	struct scene *scene = *state;
	assert_false(waiter_watch(scene->waiter, WAKE_SPOOL, "/nonexistent/spool"));
	assert_true(waiter_watch(scene->waiter, WAKE_SPOOL, scene->folder));
	assert_int_equal(rmdir(scene->folder), 0);
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, waiter_now() + SOON_MS), WAKE_SPOOL);
	waiter_forget(scene->waiter, WAKE_SPOOL);
	assert_false(waiter_watch(scene->waiter, WAKE_SPOOL, scene->folder));
	assert_int_equal(waiter_wait(scene->waiter, WAKE_ALL, waiter_now() + 20), 0);
}

int main(void)
{
#define IN_SCENE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		IN_SCENE(time_ends_the_wait),
		IN_SCENE(ti_08_waits_go_by_the_clock_that_nobody_sets_and_that_counts_sleep),
		IN_SCENE(word_to_stop_ends_every_wait),
		IN_SCENE(news_in_a_folder_wakes_until_it_is_forgotten),
		IN_SCENE(a_folder_that_comes_and_goes_is_watched_anew),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
