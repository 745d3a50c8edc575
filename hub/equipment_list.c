#include "hub/equipment_list.h"

#include <stdlib.h>
#include <string.h>

/* The value of a field that keeps its history, as it stood on a day; 0 if nobody had stated one or it was cleared.
 */
static enum status value_on(const struct resolved *asset, enum field field, int32_t day, int64_t *ret_value)
{
	struct history_entry *entries = NULL;
	size_t count = 0;
	enum status s = fold_history(asset, field, &entries, &count);
	if (s != STATUS_OK)
		return s;
	int64_t value = 0;
	for (size_t i = 0; i < count && entries[i].day <= day; i++)
		value = entries[i].write->value.state == VALUE_NUMBER ? entries[i].write->value.number : 0;
	free(entries);
	*ret_value = value;
	return STATUS_OK;
}

static enum status add_line(struct asset_list *list, const struct asset_line *line)
{
	if (list->count == list->cap) {
		size_t cap = list->cap == 0 ? 64 : list->cap * 2;
		struct asset_line *lines = realloc(list->lines, cap * sizeof(*lines));
		if (lines == NULL)
			return STATUS_NO_MEMORY;
		list->lines = lines;
		list->cap = cap;
	}
	list->lines[list->count++] = *line;
	return STATUS_OK;
}

struct choosing {
	const struct unit_map *map;
	const struct equipment_query *query;
	enum equipment_choice choice;
	int32_t warranty_until;
	struct asset_list *list;
};

static bool is_chosen(const struct choosing *c, const struct asset_line *line)
{
	if (c->choice == EQUIPMENT_FAULTY && line->condition <= CONDITION_OK)
		return false;
	return c->warranty_until == DAY_UNSET ||
	       (line->warranty_until >= c->query->as_of && line->warranty_until <= c->warranty_until);
}

static enum status take_resolved(const struct choosing *c, struct slice key, const struct resolved *asset)
{
	struct asset_line line = {.unit = equipment_place(c->map, asset)};
	bool present = false;
	if (!asset->known || resolved_void(asset) || line.unit == UNIT_NONE || key.len >= sizeof(line.key) ||
	    !equipment_counts_unit(c->map, c->query, line.unit))
		return STATUS_OK;
	enum status s = equipment_is_present(asset, c->query->as_of, &present);
	if (s != STATUS_OK || !present)
		return s;
	memcpy(line.key, key.data, key.len);
	line.type = resolved_number(asset, FIELD_TYPE, 0);
	line.warranty_until = (int32_t)resolved_number(asset, FIELD_WARRANTY_UNTIL, DAY_UNSET);
	s = value_on(asset, FIELD_STATE, c->query->as_of, &line.state);
	if (s == STATUS_OK)
		s = value_on(asset, FIELD_CONDITION, c->query->as_of, &line.condition);
	return s == STATUS_OK && is_chosen(c, &line) ? add_line(c->list, &line) : s;
}

static enum status take_asset(const struct choosing *c, struct slice key, struct slice writes)
{
	struct thing thing = thing_new(KIND_EQUIPMENT);
	struct resolved asset = {0};
	struct scope scope = registry_scope(c->map->registry);
	enum status s = thing_read(writes, &thing);
	if (s == STATUS_OK)
		s = fold_resolve(&thing, &scope, &asset);
	if (s == STATUS_OK)
		s = take_resolved(c, key, &asset);
	resolved_free(&asset);
	thing_free(&thing);
	return s;
}

/* Units stand in the registry in the order of their codes. */
static int compare_lines(const void *left, const void *right)
{
	const struct asset_line *a = left;
	const struct asset_line *b = right;
	return a->unit != b->unit ? (a->unit > b->unit) - (a->unit < b->unit) : strcmp(a->key, b->key);
}

enum status equipment_list(struct database *db, const struct registry *r, const struct equipment_query *query,
			   enum equipment_choice choice, int32_t warranty_until, struct asset_list *ret_list)
{
	struct asset_list list = {0};
	struct unit_map map = {.top = UNIT_NONE};
	struct choosing c = {
		.map = &map, .query = query, .choice = choice, .warranty_until = warranty_until, .list = &list};
	enum status s = unit_map_new(r, query->as_of, &map);
	if (s != STATUS_OK)
		return s;
	struct query q = query_start(db, "SELECT key, writes FROM thing WHERE kind = 2 ORDER BY key");
	while (s == STATUS_OK && query_row(&q))
		s = take_asset(&c, query_get_text(&q, 0), query_get_blob(&q, 1));
	enum status finished = query_finish(&q);
	unit_map_free(&map);
	if (s == STATUS_OK)
		s = finished;
	if (s != STATUS_OK) {
		asset_list_free(&list);
		return s;
	}
	if (list.count > 0)
		qsort(list.lines, list.count, sizeof(*list.lines), compare_lines);
	*ret_list = list;
	return STATUS_OK;
}

void asset_list_free(struct asset_list *list)
{
	free(list->lines);
	*list = (struct asset_list){0};
}

enum status equipment_missing(struct database *db, const struct registry *r, const struct equipment_query *query,
			      enum status (*each)(void *context, const struct missing_line *line), void *context)
{
	struct stock *stocks = calloc((size_t)registry_unit_count(r) + 1, sizeof(*stocks));
	struct unit_map map = {.top = UNIT_NONE};
	if (stocks == NULL)
		return STATUS_NO_MEMORY;
	enum status s = unit_map_new(r, query->as_of, &map);
	if (s == STATUS_OK)
		s = equipment_stocks(db, &map, query, stocks);
	for (int i = 0; i < map.n && s == STATUS_OK; i++) {
		if (!equipment_counts_unit(&map, query, i))
			continue;
		for (int type = 0; type < EQUIPMENT_TYPES && s == STATUS_OK; type++) {
			struct missing_line line = {.unit = i,
						    .type = type,
						    .required = query->required[type],
						    .present = stocks[i].present[type]};
			if (line.present < line.required)
				s = each(context, &line);
		}
	}
	unit_map_free(&map);
	free(stocks);
	return s;
}
