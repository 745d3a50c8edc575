#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "capture.h"
#include "config/log.h"

static int log_each_level(void *context)
{
	const enum log_level *level = context;
	if (level != NULL)
		log_set_level(*level);
	log_event(LOG_ERROR, "disk-full free=%d", 0);
	log_event(LOG_WARNING, "slow");
	log_event(LOG_NOTICE, "started");
	log_event(LOG_DEBUG, "frame");
	return 0;
}

static void test_notice_is_the_level_at_start(void **state)
{
	(void)state;
	struct capture c;
	capture_run(log_each_level, NULL, &c);
	assert_string_equal(c.err, "error disk-full free=0\nwarning slow\nnotice started\n");
	assert_string_equal(c.out, "");
}

static void test_level_decides_what_is_written(void **state)
{
	(void)state;
	struct capture c;
	enum log_level level = LOG_ERROR;
	capture_run(log_each_level, &level, &c);
	assert_string_equal(c.err, "error disk-full free=0\n");
	level = LOG_DEBUG;
	capture_run(log_each_level, &level, &c);
	assert_string_equal(c.err, "error disk-full free=0\nwarning slow\nnotice started\ndebug frame\n");
}

static int log_text(void *context)
{
	log_event(LOG_ERROR, "event text=%s", (const char *)context);
	return 0;
}

static void id_18_controls_cannot_forge_a_line(void **state)
{
	(void)state;
	struct capture c;
	char text[] = "a\nerror b\r\t\x1b[2J\x7f\xc2\x9b\\ hồ sơ";
	capture_run(log_text, text, &c);
	assert_string_equal(c.err, "error event text=a\\x0aerror b\\x0d\\x09\\x1b[2J\\x7f\\xc2\\x9b\\\\ hồ sơ\n");
}

static void id_18_long_event_is_cut_and_says_so(void **state)
{
	(void)state;
	struct capture c;
	char text[3000];
	memset(text, '\n', sizeof(text) - 1);
	text[sizeof(text) - 1] = '\0';
	capture_run(log_text, text, &c);
	size_t len = strlen(c.err);
	assert_true(len > 4000 && len < 4200);
	assert_string_equal(c.err + len - 8, "\\x0a...\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_notice_is_the_level_at_start),
		cmocka_unit_test(test_level_decides_what_is_written),
		cmocka_unit_test(id_18_controls_cannot_forge_a_line),
		cmocka_unit_test(id_18_long_event_is_cut_and_says_so),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
