#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "agent/uplink/frame.h"

static struct uplink_request sample_request(void)
{
	struct uplink_request request = {
		.post = true,
		.host = slice_str("hub.example.vn"),
		.port = 8443,
		.path = slice_str("/v1/batches"),
		.deadline_ms = 60000,
		.patience_s = 60,
		.n_pins = 2,
		.proxy = slice_str("proxy:3128"),
		.max_reply = LIMIT_REPLY,
		.body = slice_str("body"),
	};
	memset(request.pins[0], 0xA1, PIN_LEN);
	memset(request.pins[1], 0xB2, PIN_LEN);
	return request;
}

static struct bytes encoded_request(const struct uplink_request *request)
{
	struct bytes out = bytes_new(FRAME_MAX);
	uplink_request_put(&out, request);
	assert_int_equal(bytes_status(&out), STATUS_OK);
	return out;
}

static enum status taken(const struct uplink_request *request)
{
	struct bytes data = encoded_request(request);
	struct uplink_request ignored;
	enum status s = uplink_request_take(bytes_slice(&data), &ignored);
	bytes_free(&data);
	return s;
}

static void assert_text(struct slice got, const char *expected)
{
	assert_int_equal(got.len, strlen(expected));
	assert_memory_equal(got.data, expected, got.len);
}

static void test_request_comes_back_as_it_went(void **state)
{
	(void)state;
	struct uplink_request request = sample_request();
	struct bytes data = encoded_request(&request);
	struct uplink_request got;
	assert_int_equal(uplink_request_take(bytes_slice(&data), &got), STATUS_OK);
	assert_true(got.post);
	assert_text(got.host, "hub.example.vn");
	assert_int_equal(got.port, 8443);
	assert_text(got.path, "/v1/batches");
	assert_int_equal(got.deadline_ms, 60000);
	assert_int_equal(got.patience_s, 60);
	assert_int_equal(got.n_pins, 2);
	assert_memory_equal(got.pins, request.pins, sizeof(got.pins));
	assert_text(got.proxy, "proxy:3128");
	assert_int_equal(got.max_reply, LIMIT_REPLY);
	assert_text(got.body, "body");
	bytes_free(&data);
}

static void test_answer_comes_back_as_it_went(void **state)
{
	(void)state;
	struct uplink_answer answer = {.outcome = OUTCOME_TOO_LARGE,
				       .http_status = 503,
				       .retry_after_s = -1,
				       .detail = slice_str("too much"),
				       .body = slice_str("x")};
	struct bytes data = bytes_new(FRAME_MAX);
	uplink_answer_put(&data, &answer);
	struct uplink_answer got;
	assert_int_equal(uplink_answer_take(bytes_slice(&data), &got), STATUS_OK);
	assert_int_equal(got.outcome, OUTCOME_TOO_LARGE);
	assert_int_equal(got.http_status, 503);
	assert_int_equal(got.retry_after_s, -1);
	assert_text(got.detail, "too much");
	assert_text(got.body, "x");
	bytes_free(&data);
}

/* Each prefix lies in memory of just its size, so that reading on would be seen. */
static void each_prefix(struct slice whole, enum status (*take)(struct slice))
{
	for (size_t len = 0; len < whole.len; len++) {
		uint8_t *part = malloc(len == 0 ? 1 : len);
		assert_non_null(part);
		memcpy(part, whole.data, len);
		assert_int_equal(take(slice_of(part, len)), STATUS_MALFORMED);
		free(part);
	}
}

static enum status take_request(struct slice data)
{
	struct uplink_request request;
	return uplink_request_take(data, &request);
}

static enum status take_answer(struct slice data)
{
	struct uplink_answer answer;
	return uplink_answer_take(data, &answer);
}

static void test_every_truncation_is_malformed(void **state)
{
	(void)state;
	struct uplink_request request = sample_request();
	struct bytes data = encoded_request(&request);
	each_prefix(bytes_slice(&data), take_request);
	bytes_put_u8(&data, 0);
	assert_int_equal(take_request(bytes_slice(&data)), STATUS_MALFORMED);
	bytes_clear(&data);
	struct uplink_answer answer = {.detail = slice_str("d"), .body = slice_str("b")};
	uplink_answer_put(&data, &answer);
	each_prefix(bytes_slice(&data), take_answer);
	bytes_put_u8(&data, 0);
	assert_int_equal(take_answer(bytes_slice(&data)), STATUS_MALFORMED);
	bytes_free(&data);
}

static void test_request_limits_hold_at_n_and_break_at_n_plus_1(void **state)
{
	(void)state;
	uint8_t *filler = malloc(LIMIT_REQUEST + 1);
	assert_non_null(filler);
	memset(filler, 'a', LIMIT_REQUEST + 1);
	struct uplink_request request = sample_request();
	for (size_t over = 0; over < 2; over++) {
		enum status expected = over == 0 ? STATUS_OK : STATUS_MALFORMED;
		request = sample_request();
		request.host = slice_of(filler, HOST_MAX + over);
		assert_int_equal(taken(&request), expected);
		request = sample_request();
		request.path = slice_of(filler, PATH_MAX_LEN + over);
		assert_int_equal(taken(&request), expected);
		request = sample_request();
		request.proxy = slice_of(filler, PROXY_MAX + over);
		assert_int_equal(taken(&request), expected);
		request = sample_request();
		request.deadline_ms = DEADLINE_MAX_MS + (int64_t)over;
		assert_int_equal(taken(&request), expected);
		request.deadline_ms = 1 - (int64_t)over;
		assert_int_equal(taken(&request), expected);
		request = sample_request();
		request.patience_s = LIMIT_PATIENCE_MAX_S + (int64_t)over;
		assert_int_equal(taken(&request), expected);
		request.patience_s = 1 - (int64_t)over;
		assert_int_equal(taken(&request), expected);
		request = sample_request();
		request.max_reply = LIMIT_REQUEST + over;
		assert_int_equal(taken(&request), expected);
		request = sample_request();
		request.body = slice_of(filler, LIMIT_REQUEST + over);
		assert_int_equal(taken(&request), expected);
	}
	free(filler);
}

static void test_answer_limits_hold_at_n_and_break_at_n_plus_1(void **state)
{
	(void)state;
	static const uint8_t filler[DETAIL_MAX + 1];
	struct bytes data = bytes_new(FRAME_MAX);
	for (size_t over = 0; over < 2; over++) {
		struct uplink_answer answers[] = {
			{.outcome = (enum uplink_outcome)(OUTCOME_PROXY_LOGIN + over)},
			{.http_status = 999 + (int)over},
			{.retry_after_s = RETRY_AFTER_MAX_S + (int64_t)over},
			{.retry_after_s = -1 - (int64_t)over},
			{.detail = slice_of(filler, DETAIL_MAX + over)},
		};
		for (size_t i = 0; i < sizeof(answers) / sizeof(answers[0]); i++) {
			bytes_clear(&data);
			uplink_answer_put(&data, &answers[i]);
			assert_int_equal(take_answer(bytes_slice(&data)), over == 0 ? STATUS_OK : STATUS_MALFORMED);
		}
	}
	bytes_free(&data);
}

static void test_pinned_request_is_allowed(void **state)
{
	(void)state;
	struct uplink_request request = sample_request();
	assert_true(uplink_request_allowed(&request));
	request.n_pins = 1;
	assert_true(uplink_request_allowed(&request));
	request.host = slice_str("2001:db8::1");
	assert_true(uplink_request_allowed(&request));
}

static void test_only_the_identity_may_be_asked_without_a_pin(void **state)
{
	(void)state;
	struct uplink_request request = sample_request();
	request.n_pins = 0;
	assert_false(uplink_request_allowed(&request));
	request.post = false;
	request.path = slice_str("/v1/hub");
	request.body = slice_str("");
	request.max_reply = LIMIT_IDENTITY;
	assert_true(uplink_request_allowed(&request));
	request.max_reply = LIMIT_IDENTITY + 1;
	assert_false(uplink_request_allowed(&request));
	request.max_reply = LIMIT_IDENTITY;
	request.path = slice_str("/v1/hub2");
	assert_false(uplink_request_allowed(&request));
	request.path = slice_str("/v1/hub");
	request.post = true;
	assert_false(uplink_request_allowed(&request));
	request.post = false;
	request.body = slice_str("x");
	assert_false(uplink_request_allowed(&request));
}

static void test_hosts_and_paths_that_could_change_the_request_are_not_allowed(void **state)
{
	(void)state;
	static const char *const hosts[] = {"",    "a b",   "a\r\nb", "a/b", "a@b", "a?b",
					    "a#b", "[::1]", "-a",     "a%b", "é"};
	static const char *const paths[] = {"", "v1", "/a b", "/a?b", "/a#b", "/a%00", "/a\r\nb", "//é"};
	struct uplink_request request = sample_request();
	for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++) {
		request.host = slice_str(hosts[i]);
		assert_false(uplink_request_allowed(&request));
	}
	request = sample_request();
	for (size_t i = 0; i < sizeof(paths) / sizeof(paths[0]); i++) {
		request.path = slice_str(paths[i]);
		assert_false(uplink_request_allowed(&request));
	}
	request = sample_request();
	request.host = slice_of("a\0b", 3);
	assert_false(uplink_request_allowed(&request));
	request = sample_request();
	request.proxy = slice_str("user:word@proxy:1");
	assert_false(uplink_request_allowed(&request));
	request = sample_request();
	request.port = 0;
	assert_false(uplink_request_allowed(&request));
	request = sample_request();
	request.max_reply = 0;
	assert_false(uplink_request_allowed(&request));
	request = sample_request();
	request.deadline_ms = 0;
	assert_false(uplink_request_allowed(&request));
}

static void test_frames_cross_a_pipe_one_by_one(void **state)
{
	(void)state;
	int ends[2];
	struct bytes got = bytes_new(64);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(frame_write(ends[1], slice_str("first")), STATUS_OK);
	assert_int_equal(frame_write(ends[1], slice_str("")), STATUS_OK);
	assert_int_equal(frame_write(ends[1], slice_str("third")), STATUS_OK);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(frame_read(ends[0], &got), STATUS_OK);
	assert_text(bytes_slice(&got), "first");
	assert_int_equal(frame_read(ends[0], &got), STATUS_OK);
	assert_int_equal(got.len, 0);
	assert_int_equal(frame_read(ends[0], &got), STATUS_OK);
	assert_text(bytes_slice(&got), "third");
	assert_int_equal(frame_read(ends[0], &got), STATUS_EMPTY);
	assert_int_equal(close(ends[0]), 0);
	bytes_free(&got);
}

static enum status read_of(const void *raw, size_t len, size_t limit)
{
	int ends[2];
	struct bytes got = bytes_new(limit);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(write(ends[1], raw, len), (ssize_t)len);
	assert_int_equal(close(ends[1]), 0);
	enum status s = frame_read(ends[0], &got);
	assert_int_equal(s != STATUS_OK && got.len != 0, 0);
	assert_int_equal(close(ends[0]), 0);
	bytes_free(&got);
	return s;
}

static void test_frame_that_breaks_off_is_told_from_a_clean_end(void **state)
{
	(void)state;
	static const char frame[] = "\0\0\0\3abc";
	assert_int_equal(read_of(frame, 0, 64), STATUS_EMPTY);
	for (size_t len = 1; len < 7; len++)
		assert_int_equal(read_of(frame, len, 64), STATUS_UNREACHABLE);
	assert_int_equal(read_of(frame, 7, 64), STATUS_OK);
}

static void test_frame_over_a_limit_is_not_read(void **state)
{
	(void)state;
	assert_int_equal(read_of("\0\0\0\3abc", 7, 3), STATUS_OK);
	assert_int_equal(read_of("\0\0\0\3abc", 7, 2), STATUS_LIMIT);
	assert_int_equal(read_of("\xff\xff\xff\xff", 4, FRAME_MAX), STATUS_LIMIT);
	uint8_t head[FRAME_HEAD] = {0, FRAME_MAX >> 16, FRAME_MAX >> 8 & 255, FRAME_MAX & 255};
	size_t len = 0;
	assert_int_equal(frame_head_take(head, &len), STATUS_OK);
	assert_int_equal(len, FRAME_MAX);
	head[3]++;
	assert_int_equal(frame_head_take(head, &len), STATUS_LIMIT);
	assert_int_equal(frame_write(-1, slice_of("", FRAME_MAX + 1)), STATUS_LIMIT);
	assert_int_equal(frame_write(-1, slice_str("x")), STATUS_UNREACHABLE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_request_comes_back_as_it_went),
		cmocka_unit_test(test_answer_comes_back_as_it_went),
		cmocka_unit_test(test_every_truncation_is_malformed),
		cmocka_unit_test(test_request_limits_hold_at_n_and_break_at_n_plus_1),
		cmocka_unit_test(test_answer_limits_hold_at_n_and_break_at_n_plus_1),
		cmocka_unit_test(test_pinned_request_is_allowed),
		cmocka_unit_test(test_only_the_identity_may_be_asked_without_a_pin),
		cmocka_unit_test(test_hosts_and_paths_that_could_change_the_request_are_not_allowed),
		cmocka_unit_test(test_frames_cross_a_pipe_one_by_one),
		cmocka_unit_test(test_frame_that_breaks_off_is_told_from_a_clean_end),
		cmocka_unit_test(test_frame_over_a_limit_is_not_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
