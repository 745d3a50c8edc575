#include "hub/units_list.h"

#include <stdlib.h>
#include <string.h>

enum { DEPTH_MAX = 64 /* far more than there are levels */ };

static struct slice code_of(const struct units_list *list, const struct listed_unit *row)
{
	return words_get(&list->codes, row->code);
}

static enum status refuse(struct units_list *list, const struct listed_unit *row, uint32_t code, const char *column,
			  const char *reason)
{
	struct slice text = words_get(&list->codes, code);
	list->fault = (struct units_fault){.line = row->line, .column = column, .reason = reason};
	memcpy(list->fault.unit, text.data, text.len);
	return STATUS_REFUSED;
}

/* Sorting needs to see the rows. */
static int compare_rows(const void *left, const void *right)
{
	const struct listed_unit *a = left;
	const struct listed_unit *b = right;
	if (a->code != b->code)
		return a->code < b->code ? -1 : 1;
	if (a->from != b->from)
		return a->from < b->from ? -1 : 1;
	return (a->line > b->line) - (a->line < b->line);
}

/* Rows by code and day. The order of the file says nothing: days that meet are refused. */
static enum status index_rows(struct units_list *list)
{
	list->first = malloc((list->codes.count + 1) * sizeof(*list->first));
	if (list->first == NULL)
		return STATUS_NO_MEMORY;
	list->n_indexed = list->codes.count;
	for (size_t i = 0; i < list->n_indexed; i++)
		list->first[i] = -1;
	qsort(list->rows, (size_t)list->count, sizeof(*list->rows), compare_rows);
	for (int i = list->count - 1; i >= 0; i--)
		list->first[list->rows[i].code] = i;
	return STATUS_OK;
}

/* The row of a code that is valid on a day; NULL where the file has none. */
static const struct listed_unit *row_on(const struct units_list *list, uint32_t code, int32_t day)
{
	for (int i = list->first[code]; i >= 0 && i < list->count && list->rows[i].code == code; i++)
		if (list->rows[i].from <= day && day <= list->rows[i].to)
			return &list->rows[i];
	return NULL;
}

static int32_t some_day(const struct listed_unit *row)
{
	return row->to == INT32_MAX ? row->from : row->to;
}

/* --- only some of it --- */

static bool is_named(const char *only, struct slice code)
{
	for (const char *at = only; *at != '\0'; at += *at == ',') {
		size_t len = strcspn(at, ",");
		if (slice_equal(code, slice_of(at, len)))
			return true;
		at += len;
	}
	return false;
}

/* What stands below a code of the file, on a day of its own; what leads out of the file is below what leads on. */
static bool is_below(const struct units_list *list, const struct registry *registry, const struct listed_unit *row,
		     const char *only)
{
	const struct listed_unit *at = row;
	int32_t day = some_day(row);
	for (int depth = 0; depth <= DEPTH_MAX; depth++) {
		if (is_named(only, code_of(list, at)))
			return true;
		if (at->parent == UNITS_NO_PARENT)
			return false;
		struct slice above = words_get(&list->codes, at->parent);
		const struct listed_unit *next = row_on(list, at->parent, day);
		if (next == NULL)
			return is_named(only, above) || registry_find_unit(registry, above) != UNIT_NONE;
		at = next;
	}
	return false;
}

static enum status leave_out(struct units_list *list, const struct registry *registry, const char *only)
{
	for (int i = 0; i < list->count; i++) {
		list->rows[i].left_out = !is_below(list, registry, &list->rows[i], only);
		list->left_out += list->rows[i].left_out ? 1 : 0;
	}
	if (list->left_out < list->count)
		return STATUS_OK;
	list->fault = (struct units_fault){.reason = "unit-none-chosen"};
	return STATUS_REFUSED;
}

/* --- the faults --- */

/* The list may hold former provinces that the hub took over: they have ended, what stands below is not lost. */
static enum status check_province(struct units_list *list, const struct listed_unit *row)
{
	bool own = slice_equal(code_of(list, row), list->province);
	if (own == (row->level == LEVEL_PROVINCE) || (row->level == LEVEL_PROVINCE && row->to != INT32_MAX))
		return STATUS_OK;
	return refuse(list, row, row->code, own ? "level" : "code", "unit-province");
}

static enum status check_twice(struct units_list *list, int index)
{
	const struct listed_unit *row = &list->rows[index];
	const struct listed_unit *before = index == 0 ? NULL : row - 1;
	if (before == NULL || before->code != row->code || before->to < row->from)
		return STATUS_OK;
	const struct listed_unit *later = before->line > row->line ? before : row;
	return refuse(list, later, row->code, "code", "unit-twice");
}

/* What the row would take the days of without having a word on what comes after. */
static enum status check_known(struct units_list *list, const struct registry *registry,
			       const struct listed_unit *row)
{
	int known = registry_find_unit(registry, code_of(list, row));
	if (known == UNIT_NONE)
		return STATUS_OK;
	if (row->from == INT32_MIN && row->to == INT32_MAX && registry_unit_before(registry, known) != UNIT_NONE)
		return refuse(list, row, row->code, "valid_from", "unit-versions");
	for (int unit = known; unit != UNIT_NONE; unit = registry_unit_before(registry, unit)) {
		const struct unit *u = registry_unit(registry, unit);
		if (unit_first_day(u) > row->from && unit_first_day(u) <= row->to && unit_last_day(u) > row->to)
			return refuse(list, row, row->code, "valid_to", "unit-overlap");
	}
	return STATUS_OK;
}

/* True if some unit of the code is valid on a day of the row. */
static bool parent_has_days(const struct units_list *list, const struct registry *registry,
			    const struct listed_unit *row)
{
	for (int i = list->first[row->parent]; i >= 0 && i < list->count && list->rows[i].code == row->parent; i++)
		if (!list->rows[i].left_out && list->rows[i].from <= row->to && row->from <= list->rows[i].to)
			return true;
	int unit = registry_find_unit(registry, words_get(&list->codes, row->parent));
	for (; unit != UNIT_NONE; unit = registry_unit_before(registry, unit)) {
		const struct unit *u = registry_unit(registry, unit);
		if (unit_first_day(u) <= row->to && row->from <= unit_last_day(u))
			return true;
	}
	return false;
}

static enum status check_parent(struct units_list *list, const struct registry *registry,
				const struct listed_unit *row)
{
	if (row->parent == UNITS_NO_PARENT || parent_has_days(list, registry, row))
		return STATUS_OK;
	bool known = list->first[row->parent] >= 0 ||
		     registry_find_unit(registry, words_get(&list->codes, row->parent)) != UNIT_NONE;
	return refuse(list, row, row->parent, "parent", known ? "unit-parent-days" : "unit-parent-unknown");
}

/* Through what the file says, and what is known from before where it says nothing. */
static enum status check_circle(struct units_list *list, const struct registry *registry,
				const struct listed_unit *row)
{
	const struct listed_unit *at = row;
	int32_t day = some_day(row);
	int unit = UNIT_NONE;
	for (int depth = 0; depth <= DEPTH_MAX; depth++) {
		if (at != NULL && at->parent == UNITS_NO_PARENT)
			return STATUS_OK;
		struct slice above = at != NULL ? words_get(&list->codes, at->parent)
						: slice_str(registry_unit(registry, unit)->above);
		if (above.len == 0)
			return STATUS_OK;
		uint32_t index = 0;
		bool fresh = false;
		enum status s = at != NULL ? STATUS_OK : words_index(&list->codes, above, &index, &fresh);
		if (s != STATUS_OK)
			return s;
		index = at != NULL ? at->parent : index;
		at = fresh || index >= list->n_indexed ? NULL : row_on(list, index, day);
		unit = at != NULL ? UNIT_NONE : registry_find_unit_on(registry, above, day);
		if (at == NULL && unit == UNIT_NONE)
			return STATUS_OK;
	}
	return refuse(list, row, row->code, "parent", "unit-cycle");
}

enum status units_list_check(struct units_list *list, const struct registry *registry, const char *only)
{
	enum status s = index_rows(list);
	if (s == STATUS_OK && only != NULL)
		s = leave_out(list, registry, only);
	for (int i = 0; i < list->count && s == STATUS_OK; i++) {
		const struct listed_unit *row = &list->rows[i];
		if (row->left_out)
			continue;
		s = check_province(list, row);
		if (s == STATUS_OK)
			s = check_twice(list, i);
		if (s == STATUS_OK)
			s = check_known(list, registry, row);
		if (s == STATUS_OK)
			s = check_parent(list, registry, row);
		if (s == STATUS_OK)
			s = check_circle(list, registry, row);
	}
	return s;
}
