#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "agent/uplink/exchange.h"
#include "agent/uplink/frame.h"

/* One request in, one answer out. STATUS_EMPTY when stdin ended. */
static enum status serve_one(struct exchange *x, struct bytes *in, struct bytes *out)
{
	enum status s = frame_read(STDIN_FILENO, in);
	if (s != STATUS_OK)
		return s;
	struct uplink_request request;
	s = uplink_request_take(bytes_slice(in), &request);
	if (s != STATUS_OK)
		return s;
	struct uplink_answer answer = exchange_run(x, &request);
	bytes_clear(out);
	uplink_answer_put(out, &answer);
	s = bytes_status(out);
	return s == STATUS_OK ? frame_write(STDOUT_FILENO, bytes_slice(out)) : s;
}

int main(int argc, char **argv)
{
	/* No catalogue here, to stay small: the few words stand in both languages. */
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("motcua-uplink " MOTCUA_VERSION) < 0 ? EXIT_DISK : EXIT_DONE;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return puts("motcua-agent tự chạy chương trình này để kết nối mạng; xem motcua-uplink(8).\n"
			    "motcua-agent starts this program to talk to the network; see motcua-uplink(8).\n"
			    "\n"
			    "  --help     hiện phần trợ giúp này / show this help\n"
			    "  --version  hiện phiên bản / show the version") < 0
			       ? EXIT_DISK
			       : EXIT_DONE;
	if (argc != 1) {
		(void)fputs("E-USAGE: motcua-agent tự chạy chương trình này; chỉ nhận --help và --version.\n"
			    "  motcua-agent starts this program; it takes --help and --version only.\n",
			    stderr); /* nowhere to report that it failed */
		return EXIT_WRONG_USE;
	}
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	(void)sigaction(SIGPIPE, &ignore, NULL); /* cannot fail for a valid signal */
	struct bytes in = bytes_new(FRAME_MAX);
	struct bytes out = bytes_new(FRAME_MAX);
	enum status s = STATUS_NO_MEMORY;
	struct exchange *x = exchange_new(STDIN_FILENO);
	if (x == NULL)
		goto out;
	do
		s = serve_one(x, &in, &out);
	while (s == STATUS_OK);
out:
	exchange_free(x);
	bytes_free(&out);
	bytes_free(&in);
	return s == STATUS_EMPTY ? EXIT_DONE : status_exit(s);
}
