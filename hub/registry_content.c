#include "hub/registry_content.h"

#include <stdlib.h>
#include <string.h>

void registry_content_clear(struct registry_content *c)
{
	free(c->units);
	free(c->has_child);
	free(c->spans);
	free(c->first_span);
	free(c->successions);
	free(c->first_heir);
	free(c->by_heir);
	free(c->first_forebear);
	free(c->postings);
	free(c->devices);
	free(c->by_key);
	*c = (struct registry_content){.province = UNIT_NONE};
}

void *registry_content_grow(void *things, int count, int *cap, size_t size)
{
	if (count < *cap)
		return things;
	int wanted = *cap == 0 ? 64 : *cap * 2;
	void *grown = realloc(things, (size_t)wanted * size);
	if (grown != NULL)
		*cap = wanted;
	return grown;
}

/* The number of units whose code is not above this one: the last of its own stands before that. */
static int count_up_to(const struct registry_content *c, struct slice code)
{
	int low = 0;
	int high = c->n_units;
	while (low < high) {
		int middle = low + (high - low) / 2;
		if (slice_compare(code, slice_str(c->units[middle].code)) < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return low;
}

int registry_content_find_unit(const struct registry_content *c, struct slice code)
{
	int last = count_up_to(c, code) - 1;
	return last >= 0 && slice_equal(code, slice_str(c->units[last].code)) ? last : UNIT_NONE;
}

int registry_content_find_unit_on(const struct registry_content *c, struct slice code, int32_t day)
{
	int at = registry_content_find_unit(c, code);
	while (at > 0 && c->units[at].valid_from != DAY_UNSET && c->units[at].valid_from > day &&
	       strcmp(c->units[at - 1].code, c->units[at].code) == 0)
		at--;
	return at;
}

/* Cuts a longer text between two characters. */
static void copy_text(char *to, size_t room, struct slice text)
{
	size_t len = text.len < room ? text.len : room - 1;
	while (len < text.len && len > 0 && (text.data[len] & 0xC0) == 0x80)
		len--;
	if (len > 0)
		memcpy(to, text.data, len);
	to[len] = '\0';
}

static int32_t get_day(struct query *q, int column)
{
	return query_is_null(q, column) ? DAY_UNSET : (int32_t)query_get_int(q, column);
}

static enum status read_units(struct registry_content *c, struct database *db)
{
	struct query q = query_start(db, "SELECT code, name, level, valid_from, valid_to, parent FROM unit"
					 " ORDER BY code, valid_from");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct unit *units = registry_content_grow(c->units, c->n_units, &c->cap_units, sizeof(*units));
		struct slice code = query_get_text(&q, 0);
		if (units == NULL) {
			s = STATUS_NO_MEMORY;
			break;
		}
		c->units = units;
		if (code.len == 0 || code.len > LIMIT_UNIT) {
			s = STATUS_CORRUPT;
			break;
		}
		struct unit *u = &units[c->n_units++];
		*u = (struct unit){.level = (enum unit_level)query_get_int(&q, 2),
				   .parent = UNIT_NONE,
				   .valid_from = get_day(&q, 3),
				   .valid_to = get_day(&q, 4)};
		copy_text(u->code, sizeof(u->code), code);
		copy_text(u->name, sizeof(u->name), query_get_text(&q, 1));
		copy_text(u->above, sizeof(u->above), query_get_text(&q, 5));
	}
	enum status finished = query_finish(&q);
	return finished != STATUS_OK ? finished : s;
}

/* Walks up from a unit; those on a circle lose their parents. */
static void break_circle(int *parents, int *walk_of, int start)
{
	int at = start;
	while (at != UNIT_NONE && walk_of[at] == UNIT_NONE) {
		walk_of[at] = start;
		at = parents[at];
	}
	if (at == UNIT_NONE || walk_of[at] != start)
		return;
	while (parents[at] != UNIT_NONE) {
		int above = parents[at];
		parents[at] = UNIT_NONE;
		at = above;
	}
}

enum status registry_content_break_circles(int *parents, int n)
{
	int *walk_of = malloc(((size_t)n + 1) * sizeof(*walk_of));
	if (walk_of == NULL)
		return STATUS_NO_MEMORY;
	for (int i = 0; i < n; i++)
		walk_of[i] = UNIT_NONE;
	for (int i = 0; i < n; i++)
		break_circle(parents, walk_of, i);
	free(walk_of);
	return STATUS_OK;
}

/* The later of two units at the top; of two alike the first by code. */
static bool ends_later(const struct unit *a, const struct unit *b)
{
	if ((a->level == LEVEL_PROVINCE) != (b->level == LEVEL_PROVINCE))
		return a->level == LEVEL_PROVINCE;
	return b->valid_to != DAY_UNSET && (a->valid_to == DAY_UNSET || a->valid_to > b->valid_to);
}

/* Once all units are known; a parent that is not among them is none. */
static enum status shape_tree(struct registry_content *c)
{
	size_t n = (size_t)c->n_units + 1;
	int *parents = malloc(n * sizeof(*parents));
	c->has_child = calloc(n, sizeof(*c->has_child));
	enum status s = parents == NULL || c->has_child == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	for (int i = 0; i < c->n_units && s == STATUS_OK; i++) {
		const struct unit *u = &c->units[i];
		int32_t last = u->valid_to == DAY_UNSET ? INT32_MAX : u->valid_to;
		parents[i] = u->above[0] == '\0' ? UNIT_NONE
						 : registry_content_find_unit_on(c, slice_str(u->above), last);
	}
	if (s == STATUS_OK)
		s = registry_content_break_circles(parents, c->n_units);
	for (int i = 0; i < c->n_units && s == STATUS_OK; i++) {
		c->units[i].parent = parents[i];
		if (parents[i] != UNIT_NONE)
			c->has_child[parents[i]] = true;
		else if (c->province == UNIT_NONE || ends_later(&c->units[i], &c->units[c->province]))
			c->province = i;
	}
	free(parents);
	return s;
}

static bool take_blob(struct query *q, int column, uint8_t *to, size_t len)
{
	struct slice blob = query_get_blob(q, column);
	if (blob.len != len)
		return false;
	memcpy(to, blob.data, len);
	return true;
}

static enum status read_devices(struct registry_content *c, struct database *db)
{
	struct query q =
		query_start(db, "SELECT id, unit, state, enrolled_at, heard_day, key_id, public_key, box_key, held"
				" FROM device ORDER BY id");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct device *devices =
			registry_content_grow(c->devices, c->n_devices, &c->cap_devices, sizeof(*devices));
		if (devices == NULL) {
			s = STATUS_NO_MEMORY;
			break;
		}
		c->devices = devices;
		struct device *d = &devices[c->n_devices++];
		*d = (struct device){.unit = registry_content_find_unit_on(c, query_get_text(&q, 1),
									   date_of(query_get_int(&q, 3))),
				     .state = (enum device_state)query_get_int(&q, 2),
				     .enrolled_at = query_get_int(&q, 3),
				     .heard_day = get_day(&q, 4),
				     .held = query_get_int(&q, 8) != 0};
		if (!take_blob(&q, 0, d->id, sizeof(d->id)) || !take_blob(&q, 5, d->key_id, sizeof(d->key_id)) ||
		    !take_blob(&q, 6, d->public_key, sizeof(d->public_key)) ||
		    !take_blob(&q, 7, d->box_key, sizeof(d->box_key)))
			s = STATUS_CORRUPT;
	}
	enum status finished = query_finish(&q);
	return finished != STATUS_OK ? finished : s;
}

static int compare_keys(const void *left, const void *right)
{
	const struct key_entry *a = left;
	const struct key_entry *b = right;
	return memcmp(a->key_id, b->key_id, KEY_ID_LEN);
}

static int compare_ids(const void *left, const void *right)
{
	const struct device *a = left;
	const struct device *b = right;
	return memcmp(a->id, b->id, DEVICE_ID_LEN);
}

static enum status order_keys(struct registry_content *c)
{
	size_t n = (size_t)c->n_devices;
	c->by_key = calloc(n + 1, sizeof(*c->by_key));
	if (c->by_key == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < n; i++) {
		memcpy(c->by_key[i].key_id, c->devices[i].key_id, KEY_ID_LEN);
		c->by_key[i].device = (int)i;
	}
	qsort(c->by_key, n, sizeof(*c->by_key), compare_keys);
	return STATUS_OK;
}

enum status registry_content_read(struct database *db, struct registry_content *ret_content)
{
	struct registry_content c = {.province = UNIT_NONE};
	enum status s = read_units(&c, db);
	if (s == STATUS_OK)
		s = shape_tree(&c);
	if (s == STATUS_OK)
		s = registry_links_parents(&c);
	if (s == STATUS_OK)
		s = registry_links_successions(&c, db);
	if (s == STATUS_OK)
		s = read_devices(&c, db);
	if (s == STATUS_OK)
		s = registry_links_postings(&c, db);
	if (s == STATUS_OK)
		s = order_keys(&c);
	if (s == STATUS_OK)
		*ret_content = c;
	else
		registry_content_clear(&c);
	return s;
}

const struct device *registry_content_find_device(const struct registry_content *c,
						  const uint8_t id[static DEVICE_ID_LEN])
{
	struct device wanted = {0};
	memcpy(wanted.id, id, DEVICE_ID_LEN);
	if (c->n_devices == 0)
		return NULL;
	return bsearch(&wanted, c->devices, (size_t)c->n_devices, sizeof(wanted), compare_ids);
}

const struct device *registry_content_find_key(const struct registry_content *c,
					       const uint8_t key_id[static KEY_ID_LEN])
{
	struct key_entry wanted = {0};
	memcpy(wanted.key_id, key_id, KEY_ID_LEN);
	const struct key_entry *found =
		bsearch(&wanted, c->by_key, (size_t)c->n_devices, sizeof(wanted), compare_keys);
	return found == NULL ? NULL : &c->devices[found->device];
}
