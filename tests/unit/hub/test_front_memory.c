/*
 * RS-06: whichever allocation of ours fails while an exchange crosses the front, the intake and the writer, the
 * answer is 503 or a closed connection, nothing is half kept, and the same exchange works a moment later. Over a
 * real socket; without TLS, whose library has allocations of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "hub/front.h"
#include "hub/verify.h"
#include "tests/support/failing_memory.h"
#include "tests/unit/hub/hub_fixture.h"

enum { REQUEST_MAX = 8192, NOT_ARMED = 0, CLOSED = 0, FIRST_ANSWER = 4096, TRIES_MAX = 5000 };

struct served {
	struct fixture *f;
	struct writer *writer;
	struct front *front;
	struct http_server *server;
};

static struct served serve(struct fixture *f)
{
	static const struct networks nobody;
	struct served served = {.f = f};
	assert_int_equal(writer_start(f->hub, &served.writer), STATUS_OK);
	served.front = front_new(f->hub, served.writer, NULL, &nobody);
	assert_non_null(served.front);
	const struct http_plan plan = {.address = "127.0.0.1",
				       .threads = 2,
				       .limits = {.most = 16,
						  .per_address = 16,
						  .handshake_ms = 60000,
						  .headers_ms = 60000,
						  .body_ms = 60000,
						  .in_flight = LIMIT_REQUEST * 4},
				       .max_body = LIMIT_REQUEST,
				       .handler = front_route,
				       .context = served.front};
	assert_int_equal(http_start(&plan, &served.server), STATUS_OK);
	return served;
}

static void end(struct served *served)
{
	http_stop(served->server);
	writer_stop(served->writer);
	front_free(served->front);
}

static struct bytes request_bytes(const char *path, const struct bytes *body)
{
	char head[200];
	struct bytes request = bytes_new(REQUEST_MAX);
	(void)snprintf(head, sizeof(head),
		       "POST %s HTTP/1.1\r\nHost: hub\r\nConnection: close\r\nContent-Length: %zu\r\n\r\n", path,
		       body->len);
	bytes_put_str(&request, head);
	bytes_put(&request, body->data, body->len);
	assert_int_equal(bytes_status(&request), STATUS_OK);
	return request;
}

/* The HTTP status, or CLOSED. Allocates nothing. */
static int ask(const struct served *served, const struct bytes *request)
{
	struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(http_port(served->server))};
	char answer[FIRST_ANSWER + 1];
	size_t len = 0;
	ssize_t n = 1;
	to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (const struct sockaddr *)(const void *)&to, sizeof(to)), 0);
	(void)send(fd, request->data, request->len, MSG_NOSIGNAL); /* may be closed already */
	while (n > 0 && len < FIRST_ANSWER) {
		n = recv(fd, answer + len, FIRST_ANSWER - len, 0);
		len += n > 0 ? (size_t)n : 0;
	}
	assert_int_equal(close(fd), 0);
	answer[len] = '\0';
	int status = CLOSED;
	if (len > 0)
		assert_int_equal(sscanf(answer, "HTTP/1.1 %d ", &status), 1);
	return status;
}

/* One exchange with its n-th allocation failing, then once more without. True if there was an n-th one. */
static bool try_with(struct served *served, const struct bytes *request, long n, int *counts)
{
	atomic_store(&countdown, n);
	int status = ask(served, request);
	bool reached = atomic_exchange(&countdown, NOT_ARMED) <= 0; /* two threads may meet there */
	if (status != 200 && status != 503 && status != CLOSED)
		fail_msg("allocation %ld failed and the answer was %d", n, status);
	counts[status == 200 ? 0 : status == 503 ? 1 : 2]++;
	if (status != 200)
		assert_int_equal(ask(served, request), 200);
	return reached;
}

static void assert_verifies(struct fixture *f)
{
	struct verify_report *report = calloc(1, sizeof(*report));
	assert_non_null(report);
	assert_int_equal(verify_run(f->hub, true, report), STATUS_OK);
	free(report);
}

static void rs_06_any_allocation_of_an_exchange_may_fail(void **state)
{
	struct fixture *f = *state;
	struct pc pc = enrolled_pc(f, 1, "05801");
	struct served served = serve(f);
	int counts[3] = {0};
	long n = 0;
	for (bool reached = true; reached;) {
		char code[32];
		assert_true(++n < TRIES_MAX);
		(void)snprintf(code, sizeof(code), "A-%ld", n);
		struct bytes batch = dossier_batch(f, &pc, code);
		struct request request = request_of(f, &pc);
		struct bytes body = body_of(f, &pc, &request, &batch, 1);
		struct bytes sent = request_bytes("/v1/batches", &body);
		pc.receipted = pc.seq;
		reached = try_with(&served, &sent, n, counts);
		bytes_free(&sent);
		bytes_free(&body);
		bytes_free(&batch);
	}
	end(&served);
	print_message("%ld allocations: %d times all the same, %d times 503, %d times closed\n", n - 1, counts[0],
		      counts[1], counts[2]);
	assert_true(n > 20 && counts[1] > 10);
	assert_true(number(f->hub, "SELECT count(*) FROM log WHERE type = 1") == n);
	assert_true(number(f->hub, "SELECT count(*) FROM pending") == 0);
	assert_verifies(f);
	signing_key_free(pc.key);
}

static void rs_06_any_allocation_of_an_enrolment_may_fail(void **state)
{
	struct fixture *f = *state;
	int counts[3] = {0};
	long n = 0;
	for (bool reached = true; reached; f->now += MINUTE) {
		struct pc pc = pc_new((uint8_t)(++n));
		assert_true(n < UINT8_MAX);
		struct invitation invitation = invite(f->hub, "05801", true);
		struct bytes body = enrolment(f, &pc, &invitation);
		struct bytes sent = request_bytes("/v1/enroll", &body);
		struct served served = serve(f);
		reached = try_with(&served, &sent, n, counts);
		end(&served);
		bytes_free(&sent);
		bytes_free(&body);
		signing_key_free(pc.key);
	}
	assert_true(n > 5 && counts[1] > 3);
	assert_true(number(f->hub, "SELECT count(*) FROM device") == n);
	assert_verifies(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(rs_06_any_allocation_of_an_exchange_may_fail, fixture_up,
						fixture_down),
		cmocka_unit_test_setup_teardown(rs_06_any_allocation_of_an_enrolment_may_fail, fixture_up,
						fixture_down),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
