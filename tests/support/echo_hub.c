/*
 * A front without a hub behind it, for scenarios about the line: answers each body back from another thread after a
 * delay. Usage: echo_hub [DELAY_MS [MAX_BODY [SECONDS]]], SECONDS being the time for a handshake, for headers, and
 * for a body besides its bytes. Prints "PORT PIN_HEX", then runs until stdin ends, stops the front and prints how
 * many requests it answered.
 *
 * Paths: /page a 200 page, /redirect a 302, /busy a 503 with Retry-After, /large 64 KiB; everything else echoes.
 */
#include <inttypes.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "hub/http.h"
#include "hub/tls_key.h"

enum { LARGE = 64 * 1024, PEM_MAX = 8192, QUEUE_MAX = 1024, IN_FLIGHT = 64 << 20, TEND_MS = 100 };

struct job {
	struct http_exchange *exchange;
	const struct http_request *request;
	int64_t due_ms;
};

/* One thread answers in order of arrival: the delay is the same for all, so the first is always due first. */
struct echo {
	pthread_mutex_t lock;
	pthread_cond_t arrived;
	struct job jobs[QUEUE_MAX];
	size_t first;
	size_t n;
	bool ending;
	int64_t delay_ms;
	unsigned answered;
};

static int64_t now_ms(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_MONOTONIC, &now); /* a clock every Linux has */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static void answer(struct job job)
{
	static const uint8_t large[LARGE];
	const char *path = job.request->path;
	if (strcmp(path, "/page") == 0)
		http_answer(job.exchange, 200, "text/html", slice_str("<html>please log in</html>"), -1);
	else if (strcmp(path, "/redirect") == 0)
		http_answer(job.exchange, 302, "text/html", slice_str("elsewhere"), -1);
	else if (strcmp(path, "/busy") == 0)
		http_answer(job.exchange, 503, "text/plain", slice_str(""), 7);
	else if (strcmp(path, "/large") == 0)
		http_answer(job.exchange, 200, "application/octet-stream", slice_of(large, LARGE), -1);
	else
		http_answer(job.exchange, 200, "application/octet-stream", job.request->body, -1);
}

static void on_request(void *context, struct http_exchange *exchange, const struct http_request *request)
{
	struct echo *echo = context;
	(void)pthread_mutex_lock(&echo->lock);
	if (echo->n == QUEUE_MAX)
		abort();
	echo->jobs[(echo->first + echo->n++) % QUEUE_MAX] =
		(struct job){.exchange = exchange, .request = request, .due_ms = now_ms() + echo->delay_ms};
	(void)pthread_cond_signal(&echo->arrived);
	(void)pthread_mutex_unlock(&echo->lock);
}

static void *answer_all(void *context)
{
	struct echo *echo = context;
	for (;;) {
		(void)pthread_mutex_lock(&echo->lock);
		while (echo->n == 0 && !echo->ending)
			(void)pthread_cond_wait(&echo->arrived, &echo->lock);
		if (echo->n == 0)
			break;
		struct job job = echo->jobs[echo->first];
		echo->first = (echo->first + 1) % QUEUE_MAX;
		echo->n--;
		echo->answered++;
		(void)pthread_mutex_unlock(&echo->lock);
		int64_t left = job.due_ms - now_ms();
		if (left > 0)
			(void)poll(NULL, 0, (int)left);
		answer(job);
	}
	(void)pthread_mutex_unlock(&echo->lock);
	return NULL;
}

static enum status start(struct echo *echo, size_t max_body, int64_t deadline_ms, struct http_server **ret_server)
{
	struct bytes key = bytes_new(PEM_MAX);
	struct bytes certificate = bytes_new(PEM_MAX);
	uint8_t pin[32];
	enum status s = tls_key_generate("echo", (int64_t)time(NULL), &key, &certificate);
	if (s == STATUS_OK)
		s = tls_key_pin(bytes_slice(&certificate), pin);
	if (s != STATUS_OK)
		goto out;
	struct http_plan plan = {
		.address = "127.0.0.1",
		.tls_key = bytes_slice(&key),
		.tls_certificate = bytes_slice(&certificate),
		.threads = 2,
		.limits = {.most = 64,
			   .per_address = 64,
			   .handshake_ms = deadline_ms,
			   .headers_ms = deadline_ms,
			   .body_ms = deadline_ms,
			   .in_flight = IN_FLIGHT},
		.max_body = max_body,
		.handler = on_request,
		.context = echo,
	};
	s = http_start(&plan, ret_server);
	if (s != STATUS_OK)
		goto out;
	printf("%u ", (unsigned)http_port(*ret_server));
	for (size_t i = 0; i < sizeof(pin); i++)
		printf("%02x", pin[i]);
	printf("\n");
	(void)fflush(stdout); /* whoever waits for the line notices its absence */
out:
	bytes_free(&key);
	bytes_free(&certificate);
	return s;
}

static long number(int argc, char **argv, int at, long fallback)
{
	return argc > at ? strtol(argv[at], NULL, 10) : fallback;
}

int main(int argc, char **argv)
{
	static struct echo echo = {.lock = PTHREAD_MUTEX_INITIALIZER, .arrived = PTHREAD_COND_INITIALIZER};
	struct http_server *server = NULL;
	pthread_t thread;
	echo.delay_ms = number(argc, argv, 1, 20);
	if (pthread_create(&thread, NULL, answer_all, &echo) != 0)
		return 1;
	if (start(&echo, (size_t)number(argc, argv, 2, 1 << 20), number(argc, argv, 3, 30) * 1000, &server) !=
	    STATUS_OK)
		return 1;
	struct pollfd end = {.fd = STDIN_FILENO, .events = POLLIN};
	while (poll(&end, 1, TEND_MS) == 0)
		http_tend(server);
	http_stop(server);
	(void)pthread_mutex_lock(&echo.lock);
	echo.ending = true;
	(void)pthread_cond_signal(&echo.arrived);
	(void)pthread_mutex_unlock(&echo.lock);
	(void)pthread_join(thread, NULL);
	printf("answered %u\n", echo.answered);
	return 0;
}
