/* Pages as motcua-tables reads them, in pieces of any size: whatever they are, what comes out is sound rows. */
#include "foreign.h"

#include <string.h>

#include "protocol/tables/foreign/html.h"

static enum status read_page(struct slice page, size_t piece, struct rows_out *out, const char **ret_reason)
{
	struct html_reader *reader = NULL;
	enum status s = html_reader_new(out, &reader);
	while (s == STATUS_OK && page.len > 0) {
		size_t len = page.len < piece ? page.len : piece;
		s = html_reader_feed(reader, slice_of(page.data, len));
		page = slice_of(page.data + len, page.len - len);
	}
	if (s == STATUS_OK)
		s = html_reader_end(reader, ret_reason);
	html_reader_free(reader);
	return s;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	if (len == 0)
		return 0;
	/* The first byte says how the rest comes. */
	const size_t piece = data[0] == 0 ? FUZZ_MAX : data[0];
	struct bytes written = bytes_new(FOREIGN_MAX);
	struct rows_out out = rows_out_new(foreign_sink, &written);
	const char *reason = NULL;
	enum status s = read_page(slice_of(data + 1, len - 1), piece, &out, &reason);
	hold(s == STATUS_OK || s == STATUS_LIMIT || s == STATUS_MALFORMED, "what a page can be");
	hold(reason == NULL || strcmp(reason, "no-table") == 0, "why a page is refused");
	if (s == STATUS_OK && rows_out_end(&out, reason) == STATUS_OK)
		foreign_read_back(FORMAT_HTML, &written);
	rows_out_free(&out);
	bytes_free(&written);
	return 0;
}
