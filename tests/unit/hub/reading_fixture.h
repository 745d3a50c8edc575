/*
 * A hub's tables in memory with a small province, filled as the state would fill them, for the tests of the
 * registry and the reports. Included by each test after cmocka.h.
 *
 * 27 province · 058 and 059 districts · 05801, 05802 communes of 058 · 05901 commune of 059 · H27 department
 */
#ifndef MOTCUA_TESTS_READING_FIXTURE_H
#define MOTCUA_TESTS_READING_FIXTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/dossier_table.h"
#include "hub/mentions.h"
#include "hub/registry.h"
#include "hub/store.h"

struct hub_tables {
	struct database *db;
	struct registry *registry;
	uint64_t seq;
	struct bytes writes;
	struct bytes days;
};

static inline int32_t day(const char *text)
{
	int32_t value = 0;
	assert_int_equal(date_parse(text, strlen(text), &value), STATUS_OK);
	return value;
}

static inline int64_t at(const char *text)
{
	int64_t value = 0;
	assert_int_equal(time_parse(text, strlen(text), &value), STATUS_OK);
	return value;
}

static inline void bind_date(struct query *q, int parameter, const char *date)
{
	if (date == NULL)
		query_null(q, parameter);
	else
		query_int(q, parameter, day(date));
}

static inline void add_unit(struct database *db, const char *code, enum unit_level level, const char *parent,
			    const char *valid_from, const char *valid_to)
{
	char name[64];
	(void)snprintf(name, sizeof(name), "Unit %s", code);
	struct query q = query_start(db, "INSERT INTO unit VALUES (?1, ?2, ?3, ?4, ?5, ?6, '')");
	query_str(&q, 1, code);
	query_str(&q, 2, name);
	query_int(&q, 3, (int64_t)level);
	query_str(&q, 4, parent);
	bind_date(&q, 5, valid_from);
	bind_date(&q, 6, valid_to);
	assert_int_equal(query_run(&q), STATUS_OK);
}

/* Ids and keys follow from the number; keys run against the order of the ids. */
static inline void device_id(int number, uint8_t id[static DEVICE_ID_LEN])
{
	memset(id, number, DEVICE_ID_LEN);
}

static inline void device_key_id(int number, uint8_t id[static KEY_ID_LEN])
{
	memset(id, 0xFF - number, KEY_ID_LEN);
}

static inline void add_device(struct database *db, int number, const char *unit, const char *heard)
{
	uint8_t id[DEVICE_ID_LEN];
	uint8_t key_id[KEY_ID_LEN];
	uint8_t key[PUBLIC_KEY_LEN];
	device_id(number, id);
	device_key_id(number, key_id);
	memset(key, number + 100, sizeof(key));
	struct query q = query_start(
		db, "INSERT INTO device (id, unit, state, enrolled_at, heard_day, key_id, public_key, box_key)"
		    " VALUES (?1, ?2, 1, 1700000000000, ?3, ?4, ?5, ?5)");
	query_blob(&q, 1, slice_of(id, sizeof(id)));
	query_str(&q, 2, unit);
	bind_date(&q, 3, heard);
	query_blob(&q, 4, slice_of(key_id, sizeof(key_id)));
	query_blob(&q, 5, slice_of(key, sizeof(key)));
	assert_int_equal(query_run(&q), STATUS_OK);
}

static inline struct database *tables_blank(void)
{
	struct database *db = NULL;
	struct database_plan plan = store_plan(":memory:", NULL, DATABASE_SCRATCH, true);
	assert_int_equal(database_open(&plan, &db), STATUS_OK);
	return db;
}

static inline void add_province(struct database *db)
{
	add_unit(db, "27", LEVEL_PROVINCE, "", NULL, NULL);
	add_unit(db, "058", LEVEL_DISTRICT, "27", NULL, NULL);
	add_unit(db, "059", LEVEL_DISTRICT, "27", NULL, NULL);
	add_unit(db, "05801", LEVEL_COMMUNE, "058", NULL, NULL);
	add_unit(db, "05802", LEVEL_COMMUNE, "058", NULL, NULL);
	add_unit(db, "05901", LEVEL_COMMUNE, "059", NULL, NULL);
	add_unit(db, "H27", LEVEL_DEPARTMENT, "27", NULL, NULL);
}

static inline void read_registry(struct hub_tables *h)
{
	enum status s =
		h->registry == NULL ? registry_new(h->db, &h->registry) : registry_reload(h->registry, h->db);
	assert_int_equal(s, STATUS_OK);
}

/* Devices 1, 2, 3 of the communes 05801, 05802, 05901, device 4 of the district 058; none heard of yet. */
static inline struct hub_tables tables_new(void)
{
	struct hub_tables h = {.db = tables_blank(), .writes = bytes_new(1 << 20), .days = bytes_new(1 << 20)};
	add_province(h.db);
	add_device(h.db, 1, "05801", NULL);
	add_device(h.db, 2, "05802", NULL);
	add_device(h.db, 3, "05901", NULL);
	add_device(h.db, 4, "058", NULL);
	read_registry(&h);
	return h;
}

static inline void tables_free(struct hub_tables *h)
{
	registry_free(h->registry);
	database_close(h->db);
	bytes_free(&h->writes);
	bytes_free(&h->days);
}

/* The device spoke of a unit. */
static inline void mention(struct hub_tables *h, int device, const char *unit, const char *date)
{
	uint8_t id[DEVICE_ID_LEN];
	device_id(device, id);
	struct mention m = {
		.device = id, .unit = slice_str(unit), .day = day(date), .known_at = at("2026-01-01T00:00:00")};
	assert_int_equal(mentions_note(h->db, &m), STATUS_OK);
}

static inline int unit_index(const struct hub_tables *h, const char *code)
{
	int unit = registry_find_unit(h->registry, slice_str(code));
	assert_int_not_equal(unit, UNIT_NONE);
	return unit;
}

/* One "name=value" of a change; "name=" clears. Text borrows from value. */
static inline void set_field(struct change *c, const char *name, size_t name_len, const char *value, size_t len)
{
	const struct field_spec *spec = schema_field_named(c->kind, name, name_len);
	assert_non_null(spec);
	int64_t number = 0;
	int32_t date = 0;
	if (len == 0) {
		change_set_null(c, spec->field);
		return;
	}
	switch (spec->type) {
	case TYPE_TEXT:
	case TYPE_UNIT:
		change_set_text(c, spec->field, slice_of(value, len));
		return;
	case TYPE_ENUM:
	case TYPE_BOOL:
		assert_int_equal(schema_word(spec, value, len, &number), STATUS_OK);
		break;
	case TYPE_INT:
		number = strtoll(value, NULL, 10);
		break;
	case TYPE_TIME:
		assert_int_equal(time_parse(value, len, &number), STATUS_OK);
		break;
	case TYPE_DATE:
		assert_int_equal(date_parse(value, len, &date), STATUS_OK);
		number = date;
		break;
	}
	change_set_number(c, spec->field, number);
}

/* "status=done finished_at=2024-01-05T08:00:00": the fields of a change, separated by blanks. */
static inline struct change change_from(enum kind kind, const char *key, const char *changed_at, const char *fields)
{
	struct change c = change_new(kind);
	c.time_stated = true;
	c.changed_at = at(changed_at);
	c.key = slice_str(key);
	while (*fields != '\0') {
		size_t name = strcspn(fields, "=");
		size_t whole = strcspn(fields, " ");
		set_field(&c, fields, name, fields + name + 1, whole - name - 1);
		fields += whole + (fields[whole] == ' ');
	}
	return c;
}

static inline void store_thing(struct hub_tables *h, struct slice key, const struct thing *thing)
{
	bytes_clear(&h->writes);
	thing_put(thing, &h->writes);
	struct query q = query_start(h->db, "INSERT OR REPLACE INTO thing (kind, key, writes) VALUES (?1, ?2, ?3)");
	query_int(&q, 1, (int64_t)thing->kind);
	query_text(&q, 2, key);
	query_blob(&q, 3, bytes_slice(&h->writes));
	assert_int_equal(query_run(&q), STATUS_OK);
	if (thing->kind != KIND_DOSSIER)
		return;
	struct scope scope = registry_scope(h->registry);
	struct resolved resolved;
	assert_int_equal(fold_resolve(thing, &scope, &resolved), STATUS_OK);
	assert_int_equal(dossier_table_put(h->db, h->registry, key, &resolved, &h->days), STATUS_OK);
	resolved_free(&resolved);
}

/* A device tells a change, accepted as soon as it was made. */
static inline void tell(struct hub_tables *h, int device, enum kind kind, const char *key, const char *changed_at,
			const char *fields)
{
	struct change c = change_from(kind, key, changed_at, fields);
	struct origin origin = {
		.seq = ++h->seq, .time_stated = true, .changed_at = c.changed_at, .accepted_at = c.changed_at};
	device_id(device, origin.device);
	struct thing thing = thing_new(kind);
	bool fresh = false;
	struct query q = query_start(h->db, "SELECT writes FROM thing WHERE kind = ?1 AND key = ?2");
	query_int(&q, 1, (int64_t)kind);
	query_str(&q, 2, key);
	if (query_row(&q))
		assert_int_equal(thing_read(query_get_blob(&q, 0), &thing), STATUS_OK);
	assert_int_equal(thing_add(&thing, &origin, &c, &fresh), STATUS_OK);
	assert_true(fresh);
	store_thing(h, c.key, &thing);
	assert_int_equal(query_finish(&q), STATUS_OK);
	thing_free(&thing);
}

struct told_dossier {
	int device;
	const char *code;
	const char *fields;
};

static inline void tell_dossiers(struct hub_tables *h, const char *changed_at, const struct told_dossier *told,
				 size_t n)
{
	for (size_t i = 0; i < n; i++)
		tell(h, told[i].device, KIND_DOSSIER, told[i].code, changed_at, told[i].fields);
}

/* What print(context, stream) writes; to be freed. */
static inline char *printed(void (*print)(const void *context, FILE *out), const void *context)
{
	char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	assert_non_null(out);
	print(context, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

#endif
