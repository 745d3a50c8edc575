#include <stdio.h>
#include <string.h>

#include "protocol/tables/foreign/xlsx_parts.h"

enum { RELATION_ID = 64 };

struct relation {
	char id[RELATION_ID];
	char part[PACKAGE_NAME];
};

/* What is being read: relations of one part, or the workbook with those at hand. */
struct finding {
	struct xlsx_book *book;
	const char *folder; /* that targets are relative to, "" or with its slash */
	size_t n;
	struct relation relations[XLSX_SHEETS];
};

static bool copy(char *out, size_t size, const char *text)
{
	size_t len = strlen(text);
	if (len >= size)
		return false;
	memcpy(out, text, len + 1);
	return true;
}

/* The part a target names; STATUS_MALFORMED for one that is too long. "../" goes up one folder. */
static enum status resolve(const struct finding *f, const char *target, char out[static PACKAGE_NAME])
{
	size_t folder = strlen(f->folder);
	if (target[0] == '/')
		return copy(out, PACKAGE_NAME, target + 1) ? STATUS_OK : STATUS_MALFORMED;
	for (; strncmp(target, "../", 3) == 0; target += 3) {
		folder -= folder > 0;
		while (folder > 0 && f->folder[folder - 1] != '/')
			folder--;
	}
	int len = snprintf(out, PACKAGE_NAME, "%.*s%s", (int)folder, f->folder, target);
	return len > 0 && len < PACKAGE_NAME ? STATUS_OK : STATUS_MALFORMED;
}

static bool is_type(const char *type, const char *last)
{
	const char *slash = type == NULL ? NULL : strrchr(type, '/');
	return slash != NULL && strcmp(slash + 1, last) == 0;
}

static enum status on_relation(void *context, const char *name, const char *const *attributes)
{
	struct finding *f = context;
	const char *id = markup_attribute(attributes, "Id");
	const char *type = markup_attribute(attributes, "Type");
	const char *target = markup_attribute(attributes, "Target");
	if (strcmp(name, "Relationship") != 0 || id == NULL || target == NULL)
		return STATUS_OK;
	if (is_type(type, "officeDocument"))
		return resolve(f, target, f->book->workbook);
	if (is_type(type, "sharedStrings"))
		return resolve(f, target, f->book->strings);
	if (is_type(type, "styles"))
		return resolve(f, target, f->book->styles);
	if (!is_type(type, "worksheet"))
		return STATUS_OK;
	if (f->n == XLSX_SHEETS)
		return STATUS_LIMIT;
	struct relation *relation = &f->relations[f->n];
	if (!copy(relation->id, sizeof(relation->id), id))
		return STATUS_MALFORMED;
	enum status s = resolve(f, target, relation->part);
	f->n += s == STATUS_OK;
	return s;
}

static enum status add_sheet(struct finding *f, const char *const *attributes)
{
	const char *id = markup_attribute(attributes, "id");
	const char *state = markup_attribute(attributes, "state");
	const char *name = markup_attribute(attributes, "name");
	if (id == NULL || (state != NULL && strcmp(state, "visible") != 0))
		return STATUS_OK;
	for (size_t i = 0; i < f->n && f->book->n_sheets < XLSX_SHEETS; i++) {
		if (strcmp(f->relations[i].id, id) != 0)
			continue;
		struct xlsx_sheet *sheet = &f->book->sheets[f->book->n_sheets++];
		memcpy(sheet->part, f->relations[i].part, sizeof(sheet->part));
		(void)snprintf(sheet->name, sizeof(sheet->name), "%s", name == NULL ? "" : name);
		return STATUS_OK;
	}
	return STATUS_OK; /* a sheet of charts, or one too many */
}

static enum status on_workbook(void *context, const char *name, const char *const *attributes)
{
	struct finding *f = context;
	if (strcmp(name, "workbookPr") == 0) {
		const char *since = markup_attribute(attributes, "date1904");
		f->book->since_1904 = since != NULL && (strcmp(since, "1") == 0 || strcmp(since, "true") == 0);
	}
	return strcmp(name, "sheet") == 0 ? add_sheet(f, attributes) : STATUS_OK;
}

static enum status on_end(void *context, const char *name)
{
	(void)context;
	(void)name;
	return STATUS_OK;
}

static enum status on_text(void *context, struct slice text)
{
	(void)context;
	(void)text;
	return STATUS_OK;
}

static const struct markup_events RELATIONS = {.start = on_relation, .end = on_end, .text = on_text};
static const struct markup_events WORKBOOK = {.start = on_workbook, .end = on_end, .text = on_text};

/* The relations of a part lie in a folder beside it. */
static enum status read_relations(struct package *p, const char *part, struct finding *f)
{
	char name[PACKAGE_NAME + 16];
	const char *slash = strrchr(part, '/');
	const char *base = slash == NULL ? part : slash + 1;
	(void)snprintf(name, sizeof(name), "%.*s_rels/%s.rels", (int)(base - part), part,
		       base); /* fits by its size */
	return xlsx_part_read(p, name, &RELATIONS, f);
}

enum status xlsx_book_read(struct package *p, struct xlsx_book *book)
{
	char folder[PACKAGE_NAME];
	struct finding f = {.book = book, .folder = ""};
	enum status s = read_relations(p, "", &f);
	if (s == STATUS_EMPTY || (s == STATUS_OK && !package_has(p, book->workbook))) {
		/* A package of another kind, such as a text document or an OpenDocument sheet. */
		book->workbook[0] = '\0';
		return STATUS_OK;
	}
	if (s != STATUS_OK)
		return s;
	memcpy(folder, book->workbook, sizeof(folder));
	char *slash = strrchr(folder, '/');
	(slash == NULL ? folder : slash + 1)[0] = '\0';
	f.folder = folder;
	f.n = 0;
	s = read_relations(p, book->workbook, &f);
	if (s == STATUS_OK)
		s = xlsx_part_read(p, book->workbook, &WORKBOOK, &f);
	/* The binary kind of workbook is no XML, and a text document has no sheets. */
	bool other = s == STATUS_EMPTY || (s == STATUS_MALFORMED && strstr(book->workbook, ".bin") != NULL) ||
		     (s == STATUS_OK && book->n_sheets == 0);
	if (other)
		book->workbook[0] = '\0';
	return other ? STATUS_OK : s;
}
