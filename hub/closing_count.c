#include "hub/closing_count.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/dossier_table.h"
#include "hub/keyed_groups.h"
#include "hub/silence.h"

/* Between the parts of a group's key: texts of records hold no control characters. */
#define PART '\x1f'

enum { KEY_TEXT = LIMIT_PROCEDURE + LIMIT_TEXT + 8, TEXTS_MAX = 256 * 1024 * 1024 };

struct counting {
	const struct registry *registry;
	struct closing_counter counter;
	struct keyed_groups rows;
	struct keyed_groups carried; /* the same groups: carried_in is what the day behind carries in */
};

struct closing_counter closing_counter_of(struct period period, const struct count_rule *rule)
{
	int32_t next = period.to + 1;
	return (struct closing_counter){
		.within = {.period = period, .as_of = period.to, .rule = rule},
		.after = {.period = {.from = next, .to = next}, .as_of = next, .rule = rule},
	};
}

void closing_count_dossier(const struct closing_counter *counter, const struct dossier_facts *facts,
			   struct closing_row *row)
{
	struct cells after = {0};
	count_dossier(&counter->within, facts, &row->cells);
	count_dossier(&counter->after, facts, &after);
	row->carried_over += after.carried_in;
}

static bool is_empty(const struct cells *c)
{
	static const struct cells none;
	return memcmp(c, &none, sizeof(none)) == 0;
}

static struct slice key_of(const struct dossier_row *row, char out[static KEY_TEXT])
{
	struct slice procedure = count_national_code(row->procedure);
	int len =
		snprintf(out, KEY_TEXT, "%.*s%c%.*s%c%u", (int)procedure.len, (const char *)procedure.data, PART,
			 (int)row->domain.len, (const char *)row->domain.data, PART, (unsigned)row->facts.channel);
	return slice_of(out, len < 0 || len >= KEY_TEXT ? 0 : (size_t)len);
}

static enum status count_row(void *context, const struct dossier_row *row)
{
	struct counting *c = context;
	char text[KEY_TEXT];
	struct closing_row one = {0};
	int unit = registry_find_unit(c->registry, row->unit);
	if (unit == UNIT_NONE)
		return STATUS_OK;
	closing_count_dossier(&c->counter, &row->facts, &one);
	if (is_empty(&one.cells)) /* what is carried over was in the period */
		return STATUS_OK;
	struct slice key = key_of(row, text);
	struct cells *cells = keyed_groups_at(&c->rows, unit, key);
	if (cells != NULL)
		cells_add(cells, &one.cells);
	struct cells *carried = keyed_groups_at(&c->carried, unit, key);
	if (carried != NULL)
		carried->carried_in += one.carried_over;
	return cells == NULL || carried == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* A copy in the room that was made for all of them. */
static struct slice copy_text(struct bytes *texts, struct slice text)
{
	uint8_t *at = bytes_grow(texts, text.len);
	if (at != NULL && text.len > 0)
		memcpy(at, text.data, text.len);
	return slice_of(at, text.len);
}

/* What stands before the next separator, which is stepped over. */
static struct slice next_part(const char **at)
{
	const char *from = *at;
	const char *end = strchr(from, PART);
	*at = end + 1;
	return slice_of(from, (size_t)(end - from));
}

static enum status take_rows(struct counting *counted, struct closing *c)
{
	keyed_groups_sort(&counted->rows);
	keyed_groups_sort(&counted->carried);
	c->rows = calloc(counted->rows.n + 1, sizeof(*c->rows));
	if (c->rows == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < counted->rows.n; i++) {
		const struct keyed_group *g = &counted->rows.groups[i];
		const char *at = g->text;
		struct closing_row *row = &c->rows[c->n_rows++];
		row->unit = copy_text(&c->body, slice_str(registry_unit(counted->registry, g->part)->code));
		row->procedure = copy_text(&c->body, next_part(&at));
		row->domain = copy_text(&c->body, next_part(&at));
		row->channel = (uint8_t)(*at - '0'); /* a channel has one digit */
		row->cells = g->cells;
		row->carried_over = counted->carried.groups[i].cells.carried_in;
	}
	return bytes_status(&c->body);
}

/* How much room all texts need; slices into them must not move. */
static size_t texts_length(const struct counting *counted, const struct registry *r)
{
	size_t len = 1;
	for (size_t i = 0; i < counted->rows.n; i++)
		len += strlen(counted->rows.groups[i].text) + LIMIT_UNIT;
	return len + (size_t)registry_unit_count(r) * LIMIT_UNIT;
}

static enum status make_room(struct bytes *texts, size_t len)
{
	bytes_free(texts);
	*texts = bytes_new(TEXTS_MAX);
	if (bytes_grow(texts, len) == NULL)
		return bytes_status(texts);
	texts->len = 0;
	return STATUS_OK;
}

/* As totals have them (contract section 6): leaf units valid on the day as of which is counted. */
static enum status list_silent(struct database *db, const struct registry *r, struct closing *c)
{
	size_t n = (size_t)registry_unit_count(r);
	bool *heard = calloc(n + 1, sizeof(*heard));
	struct unit_map map = {.top = UNIT_NONE};
	c->silent = calloc(n + 1, sizeof(*c->silent));
	enum status s = heard == NULL || c->silent == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK)
		s = unit_map_new(r, c->period.to, &map);
	if (s == STATUS_OK)
		s = silence_mark_heard(db, &map, c->period, c->today, heard);
	for (int i = 0; i < (int)n && s == STATUS_OK; i++)
		if (!heard[i] && unit_map_is_leaf(&map, i))
			c->silent[c->n_silent++] = copy_text(&c->body, slice_str(registry_unit(r, i)->code));
	unit_map_free(&map);
	free(heard);
	return s == STATUS_OK ? bytes_status(&c->body) : s;
}

enum status closing_count(struct database *db, const struct registry *r, struct closing *c)
{
	struct counting counted = {.registry = r, .counter = closing_counter_of(c->period, &c->rule)};
	enum status s = dossier_scan(db, c->period, count_row, &counted);
	if (s == STATUS_OK)
		s = make_room(&c->body, texts_length(&counted, r));
	if (s == STATUS_OK)
		s = take_rows(&counted, c);
	if (s == STATUS_OK)
		s = list_silent(db, r, c);
	keyed_groups_free(&counted.rows);
	keyed_groups_free(&counted.carried);
	return s;
}

struct cells closing_total(const struct closing *c)
{
	struct cells sum = {0};
	for (size_t i = 0; i < c->n_rows; i++)
		cells_add(&sum, &c->rows[i].cells);
	return sum;
}

enum status closing_counts_again(struct database *db, const struct registry *r, const struct closing *closing,
				 bool *ret_same)
{
	struct closing again = {.period = closing->period,
				.revision = closing->revision,
				.rule = closing->rule,
				.today = closing->today};
	struct bytes body = bytes_new(LIMIT_ACT);
	enum status s = closing_count(db, r, &again);
	if (s == STATUS_OK) {
		again.set = closing->set; /* borrowed */
		s = closing_put(&again, &body);
		again.set = (struct closing_set){0};
	}
	if (s == STATUS_OK || s == STATUS_LIMIT) {
		*ret_same = s == STATUS_OK && slice_equal(bytes_slice(&body), bytes_slice(&closing->body));
		s = STATUS_OK;
	}
	bytes_free(&body);
	closing_clear(&again);
	return s;
}
