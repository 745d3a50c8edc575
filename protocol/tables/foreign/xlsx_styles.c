#include <string.h>

#include "protocol/tables/foreign/xlsx_parts.h"

enum { FORMATS = 4096 };

/* The formats that the file defines, and the styles of cells, which name one each. */
struct styles_reading {
	struct xlsx_styles *styles;
	bool in_cells;
	size_t n;
	struct {
		uint64_t id;
		struct number_form form;
	} formats[FORMATS];
};

static enum status add_format(struct styles_reading *r, const char *const *attributes)
{
	const char *code = markup_attribute(attributes, "formatCode");
	uint64_t id = 0;
	if (code == NULL || !xlsx_number(markup_attribute(attributes, "numFmtId"), UINT32_MAX, &id))
		return STATUS_OK;
	if (r->n == FORMATS)
		return STATUS_LIMIT;
	r->formats[r->n].id = id;
	r->formats[r->n++].form = number_form_of(slice_str(code));
	return STATUS_OK;
}

static struct number_form form_of(const struct styles_reading *r, uint64_t id)
{
	for (size_t i = 0; i < r->n; i++)
		if (r->formats[i].id == id)
			return r->formats[i].form;
	return number_form_builtin((unsigned)id);
}

static enum status add_style(struct styles_reading *r, const char *const *attributes)
{
	uint64_t id = 0;
	if (r->styles->n == XLSX_FORMS)
		return STATUS_LIMIT;
	if (!xlsx_number(markup_attribute(attributes, "numFmtId"), UINT32_MAX, &id))
		id = 0;
	r->styles->forms[r->styles->n++] = form_of(r, id);
	return STATUS_OK;
}

static enum status on_start(void *context, const char *name, const char *const *attributes)
{
	struct styles_reading *r = context;
	if (strcmp(name, "cellXfs") == 0)
		r->in_cells = true;
	if (strcmp(name, "numFmt") == 0)
		return add_format(r, attributes);
	return strcmp(name, "xf") == 0 && r->in_cells ? add_style(r, attributes) : STATUS_OK;
}

static enum status on_end(void *context, const char *name)
{
	struct styles_reading *r = context;
	if (strcmp(name, "cellXfs") == 0)
		r->in_cells = false;
	return STATUS_OK;
}

static enum status on_text(void *context, struct slice text)
{
	(void)context;
	(void)text;
	return STATUS_OK;
}

enum status xlsx_styles_read(struct package *p, const char *part, struct xlsx_styles *styles)
{
	static const struct markup_events events = {.start = on_start, .end = on_end, .text = on_text};
	struct styles_reading r = {.styles = styles};
	return xlsx_part_read(p, part, &events, &r);
}
