#include "protocol/tables/foreign/xlsx.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/tables/foreign/xlsx_parts.h"

static enum status feed(void *context, struct slice piece)
{
	return markup_feed(context, piece);
}

enum status xlsx_part_read(struct package *p, const char *part, const struct markup_events *events, void *context)
{
	struct markup *markup = NULL;
	enum status s = markup_new(MARKUP_XML, events, context, &markup);
	if (s != STATUS_OK)
		return s;
	s = package_read(p, part, feed, markup);
	if (s == STATUS_OK)
		s = markup_end(markup);
	markup_free(markup);
	return s;
}

bool xlsx_number(const char *text, uint64_t max, uint64_t *ret_number)
{
	uint64_t number = 0;
	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || number > max)
			return false;
		number = number * 10 + (uint64_t)(*text - '0');
	}
	*ret_number = number;
	return number <= max;
}

/* What a workbook is made of, all at once: too much for a stack. */
struct workbook {
	struct package *package;
	struct xlsx_book book;
	struct xlsx_strings strings;
	struct xlsx_styles styles;
};

static enum status read_shared(struct workbook *w)
{
	enum status s = STATUS_OK;
	if (w->book.strings[0] != '\0')
		s = xlsx_strings_read(w->package, w->book.strings, &w->strings);
	if (s == STATUS_OK && w->book.styles[0] != '\0')
		s = xlsx_styles_read(w->package, w->book.styles, &w->styles);
	return s;
}

static enum status read_sheets(struct workbook *w, struct rows_out *out)
{
	const struct xlsx_cells cells = {
		.strings = &w->strings, .styles = &w->styles, .since_1904 = w->book.since_1904};
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < w->book.n_sheets; i++) {
		rows_out_sheet(out, (int64_t)i + 1, slice_str(w->book.sheets[i].name));
		s = out->status;
		if (s == STATUS_OK)
			s = xlsx_sheet_read(w->package, w->book.sheets[i].part, &cells, out);
	}
	return s;
}

static enum status read_workbook(struct workbook *w, struct slice file, struct rows_out *out,
				 const char **ret_reason)
{
	enum status s = package_open(file, &w->package);
	if (s == STATUS_OK)
		s = xlsx_book_read(w->package, &w->book);
	if (s == STATUS_OK && w->book.workbook[0] == '\0') {
		*ret_reason = "no-workbook";
		return STATUS_OK;
	}
	if (s == STATUS_OK)
		s = read_shared(w);
	return s == STATUS_OK ? read_sheets(w, out) : s;
}

enum status xlsx_read(struct slice file, struct rows_out *out, const char **ret_reason)
{
	struct workbook *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return STATUS_NO_MEMORY;
	w->strings = (struct xlsx_strings){.text = bytes_new(XLSX_STRINGS_BYTES),
					   .ends = bytes_new(XLSX_STRINGS * sizeof(size_t))};
	*ret_reason = NULL;
	enum status s = read_workbook(w, file, out, ret_reason);
	xlsx_strings_free(&w->strings);
	package_free(w->package);
	free(w);
	if (out->status != STATUS_OK)
		return out->status;
	/* What is missing from a package is damage, too. */
	if (s == STATUS_MALFORMED || s == STATUS_EMPTY)
		*ret_reason = "damaged";
	else if (s == STATUS_LIMIT)
		*ret_reason = "too-large";
	return s == STATUS_NO_MEMORY ? s : STATUS_OK;
}
