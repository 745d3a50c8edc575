#include "hub/registry_content.h"

#include <stdlib.h>
#include <string.h>

void registry_content_clear(struct registry_content *c)
{
	free(c->units);
	free(c->has_child);
	free(c->devices);
	free(c->by_key);
	*c = (struct registry_content){.province = UNIT_NONE};
}

/* Room for one more of count things; NULL if there is no memory. */
static void *grow(void *things, int count, int *cap, size_t size)
{
	if (count < *cap)
		return things;
	int wanted = *cap == 0 ? 64 : *cap * 2;
	void *grown = realloc(things, (size_t)wanted * size);
	if (grown != NULL)
		*cap = wanted;
	return grown;
}

int registry_content_find_unit(const struct registry_content *c, struct slice code)
{
	int low = 0;
	int high = c->n_units;
	while (low < high) {
		int middle = low + (high - low) / 2;
		int order = slice_compare(code, slice_str(c->units[middle].code));
		if (order == 0)
			return middle;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return UNIT_NONE;
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
	struct query q = query_start(db, "SELECT code, name, level, valid_from, valid_to FROM unit ORDER BY code");
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct unit *units = grow(c->units, c->n_units, &c->cap_units, sizeof(*units));
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
	}
	enum status finished = query_finish(&q);
	return finished != STATUS_OK ? finished : s;
}

/* Once all units are known; a parent that is not among them is none. */
static enum status read_parents(struct registry_content *c, struct database *db)
{
	struct query q = query_start(db, "SELECT code, parent FROM unit WHERE parent <> '' ORDER BY code");
	while (query_row(&q)) {
		int unit = registry_content_find_unit(c, query_get_text(&q, 0));
		if (unit != UNIT_NONE)
			c->units[unit].parent = registry_content_find_unit(c, query_get_text(&q, 1));
	}
	return query_finish(&q);
}

/* Walks up from a unit; units on a circle lose their parents, so that every later walk ends. */
static void break_circle(struct registry_content *c, int *walk_of, int start)
{
	int at = start;
	while (at != UNIT_NONE && walk_of[at] == UNIT_NONE) {
		walk_of[at] = start;
		at = c->units[at].parent;
	}
	if (at == UNIT_NONE || walk_of[at] != start)
		return;
	while (c->units[at].parent != UNIT_NONE) {
		int above = c->units[at].parent;
		c->units[at].parent = UNIT_NONE;
		at = above;
	}
}

static enum status shape_tree(struct registry_content *c)
{
	size_t n = (size_t)c->n_units + 1;
	int *walk_of = malloc(n * sizeof(*walk_of));
	c->has_child = calloc(n, sizeof(*c->has_child));
	if (walk_of == NULL || c->has_child == NULL) {
		free(walk_of);
		return STATUS_NO_MEMORY;
	}
	for (int i = 0; i < c->n_units; i++)
		walk_of[i] = UNIT_NONE;
	for (int i = 0; i < c->n_units; i++)
		break_circle(c, walk_of, i);
	free(walk_of);
	for (int i = c->n_units - 1; i >= 0; i--) {
		const struct unit *u = &c->units[i];
		if (u->parent != UNIT_NONE)
			c->has_child[u->parent] = true;
		else if (c->province == UNIT_NONE || u->level == LEVEL_PROVINCE ||
			 c->units[c->province].level != LEVEL_PROVINCE)
			c->province = i;
	}
	return STATUS_OK;
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
		struct device *devices = grow(c->devices, c->n_devices, &c->cap_devices, sizeof(*devices));
		if (devices == NULL) {
			s = STATUS_NO_MEMORY;
			break;
		}
		c->devices = devices;
		struct device *d = &devices[c->n_devices++];
		*d = (struct device){.unit = registry_content_find_unit(c, query_get_text(&q, 1)),
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
		s = read_parents(&c, db);
	if (s == STATUS_OK)
		s = shape_tree(&c);
	if (s == STATUS_OK)
		s = read_devices(&c, db);
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
