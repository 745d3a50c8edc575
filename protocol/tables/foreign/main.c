#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "protocol/tables/foreign/html.h"
#include "protocol/tables/foreign/xlsx.h"

enum { PIECE = 64 * 1024, CPU_S = 120 };

/* More than the strings of a workbook, its file and one part being inflated; far less than a machine has. */
#define MEMORY (INT64_C(768) * 1024 * 1024)

static enum status write_out(void *context, struct slice bytes)
{
	FILE *out = context;
	return fwrite(bytes.data, 1, bytes.len, out) == bytes.len ? STATUS_OK : STATUS_DISK;
}

static bool limit(int what, int64_t most)
{
	const struct rlimit bound = {.rlim_cur = (rlim_t)most, .rlim_max = (rlim_t)most};
	return setrlimit(what, &bound) == 0;
}

/* Whoever takes this program over through a file has a pipe in and a pipe out, and may open nothing else. */
static bool give_up_rights(void)
{
	bool bounded = limit(RLIMIT_CORE, 0);
#ifndef MOTCUA_SANITIZED /* sanitizers reserve more than any machine has, and open files at the end */
	bounded = bounded && limit(RLIMIT_NOFILE, 0) && limit(RLIMIT_AS, MEMORY);
#endif
	return bounded && limit(RLIMIT_CPU, CPU_S);
}

static enum status read_some(uint8_t *piece, size_t *ret_len)
{
	*ret_len = fread(piece, 1, PIECE, stdin);
	return ferror(stdin) ? STATUS_DISK : STATUS_OK;
}

static enum status read_html(struct rows_out *out, const char **ret_reason)
{
	static uint8_t piece[PIECE];
	struct html_reader *reader = NULL;
	size_t len = 0;
	enum status s = html_reader_new(out, &reader);
	if (s == STATUS_OK)
		s = read_some(piece, &len);
	while (s == STATUS_OK && len > 0) {
		s = html_reader_feed(reader, slice_of(piece, len));
		if (s == STATUS_OK)
			s = read_some(piece, &len);
	}
	if (s == STATUS_OK)
		s = html_reader_end(reader, ret_reason);
	html_reader_free(reader);
	if (s != STATUS_LIMIT && s != STATUS_MALFORMED)
		return s;
	*ret_reason = s == STATUS_LIMIT ? "too-large" : "damaged";
	return STATUS_OK;
}

/* The list of a package's parts stands at its end, so all of it is kept. */
static enum status read_xlsx(struct rows_out *out, const char **ret_reason)
{
	static uint8_t piece[PIECE];
	struct bytes file = bytes_new(LIMIT_WORKBOOK);
	size_t len = 0;
	enum status s = read_some(piece, &len);
	while (s == STATUS_OK && len > 0) {
		bytes_put(&file, piece, len);
		s = read_some(piece, &len);
	}
	if (s == STATUS_OK)
		s = bytes_status(&file);
	if (s == STATUS_LIMIT) {
		*ret_reason = "too-large";
		s = STATUS_OK;
	} else if (s == STATUS_OK) {
		s = xlsx_read(bytes_slice(&file), out, ret_reason);
	}
	bytes_free(&file);
	return s;
}

static int read_table(bool html)
{
	struct rows_out out = rows_out_new(write_out, stdout);
	const char *reason = NULL;
	enum status s = html ? read_html(&out, &reason) : read_xlsx(&out, &reason);
	if (s == STATUS_OK)
		s = rows_out_end(&out, reason);
	rows_out_free(&out);
	if (fflush(stdout) != 0 && s == STATUS_OK)
		s = STATUS_DISK;
	if (s != STATUS_OK)
		(void)fprintf(stderr, "motcua-tables: %s\n", status_code(s)); /* nowhere to report that it failed */
	else if (reason != NULL)
		s = STATUS_REFUSED;
	return status_exit(s);
}

int main(int argc, char **argv)
{
	/* No catalogue here, to stay small: the few words stand in both languages. */
	if (argc == 2 && strcmp(argv[1], "--version") == 0)
		return puts("motcua-tables " MOTCUA_VERSION) < 0 ? EXIT_DISK : EXIT_DONE;
	if (argc == 2 && strcmp(argv[1], "--help") == 0)
		return puts("motcua-agent và motcua-hub tự chạy chương trình này để đọc bảng; xem "
			    "motcua-tables(8).\n"
			    "motcua-agent and motcua-hub start this program to read tables; see motcua-tables(8).\n"
			    "\n"
			    "  --format xlsx|html  đọc một tệp từ stdin / read a file from stdin\n"
			    "  --help              hiện phần trợ giúp này / show this help\n"
			    "  --version           hiện phiên bản / show the version") < 0
			       ? EXIT_DISK
			       : EXIT_DONE;
	bool html = argc == 3 && strcmp(argv[2], "html") == 0;
	bool xlsx = argc == 3 && strcmp(argv[2], "xlsx") == 0;
	if (argc != 3 || strcmp(argv[1], "--format") != 0 || !(html || xlsx)) {
		(void)fputs("E-USAGE: chỉ nhận --format xlsx|html, --help và --version.\n"
			    "  It takes --format xlsx|html, --help and --version only.\n",
			    stderr); /* nowhere to report that it failed */
		return EXIT_WRONG_USE;
	}
	if (!give_up_rights()) {
		(void)fputs("motcua-tables: E-PERMISSION\n", stderr); /* nowhere to report that it failed */
		return EXIT_PERMISSION;
	}
	return read_table(html);
}
