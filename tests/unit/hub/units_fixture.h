/*
 * A province of two districts and eight communes that has two levels from 1 July 2025 on, in the tables alone.
 * Included by each test after cmocka.h.
 *
 * until 30 June: 06 province · 901 and 902 districts · 01 to 04 communes of 901 · 05 to 08 communes of 902
 * since 1 July:  06 province · 01, 03, 04, 09, 10 and 07 communes of it
 *
 * 01 and 02 merged into the new 01 · 03 renamed 09 · 04 divided between the new 04 and 10 · 05 and 06 merged into
 * the new 03, a code that had been another's · 07 goes on without a word · 08 ended without a word
 */
#ifndef MOTCUA_TESTS_UNITS_FIXTURE_H
#define MOTCUA_TESTS_UNITS_FIXTURE_H

#include "hub/unit_map.h"
#include "reading_fixture.h"

#define LAST  "2025-06-30"
#define FIRST "2025-07-01"

static inline void add_succession(struct database *db, const char *old, const char *heir, const char *from,
				  enum succession_kind kind)
{
	struct query q =
		query_start(db, "INSERT INTO succession (old, heir, from_day, kind) VALUES (?1, ?2, ?3, ?4)");
	query_str(&q, 1, old);
	query_str(&q, 2, heir);
	query_int(&q, 3, day(from));
	query_int(&q, 4, (int64_t)kind);
	assert_int_equal(query_run(&q), STATUS_OK);
}

static inline void add_assignment(struct database *db, int device, const char *from, const char *unit)
{
	uint8_t id[DEVICE_ID_LEN];
	device_id(device, id);
	struct query q = query_start(db, "INSERT INTO assignment (device, from_day, unit) VALUES (?1, ?2, ?3)");
	query_blob(&q, 1, slice_of(id, sizeof(id)));
	query_int(&q, 2, day(from));
	query_str(&q, 3, unit);
	assert_int_equal(query_run(&q), STATUS_OK);
}

static inline void add_old_units(struct database *db)
{
	static const char *const communes[] = {"01", "02", "03", "04", "05", "06C", "07", "08"};
	add_unit(db, "06", LEVEL_PROVINCE, "", NULL, LAST);
	add_unit(db, "901", LEVEL_DISTRICT, "06", NULL, LAST);
	add_unit(db, "902", LEVEL_DISTRICT, "06", NULL, LAST);
	for (int i = 0; i < 8; i++)
		add_unit(db, communes[i], LEVEL_COMMUNE, i < 4 ? "901" : "902", NULL, LAST);
}

static inline void add_new_units(struct database *db)
{
	static const char *const communes[] = {"01", "03", "04", "07", "09", "10"};
	add_unit(db, "06", LEVEL_PROVINCE, "", FIRST, NULL);
	for (int i = 0; i < 6; i++)
		add_unit(db, communes[i], LEVEL_COMMUNE, "06", FIRST, NULL);
	add_succession(db, "01", "01", FIRST, SUCCESSION_MERGE);
	add_succession(db, "02", "01", FIRST, SUCCESSION_MERGE);
	add_succession(db, "03", "09", FIRST, SUCCESSION_RENAME);
	add_succession(db, "04", "04", FIRST, SUCCESSION_SPLIT);
	add_succession(db, "04", "10", FIRST, SUCCESSION_SPLIT);
	add_succession(db, "05", "03", FIRST, SUCCESSION_MERGE);
	add_succession(db, "06C", "03", FIRST, SUCCESSION_MERGE);
}

/* Device 1 of the old 01, 2 of 02, 3 of 03, 4 of 04, 5 of 05, 6 of the district 901, 7 of the province. */
static inline struct hub_tables units_new(void)
{
	static const char *const of[] = {"01", "02", "03", "04", "05", "901", "06"};
	struct hub_tables h = {.db = tables_blank(), .writes = bytes_new(1 << 20), .days = bytes_new(1 << 20)};
	add_old_units(h.db);
	add_new_units(h.db);
	for (int i = 0; i < 7; i++)
		add_device(h.db, i + 1, of[i], NULL);
	read_registry(&h);
	return h;
}

/* The unit that has a code on a day. */
static inline int unit_on(const struct hub_tables *h, const char *code, const char *date)
{
	int unit = registry_find_unit_on(h->registry, slice_str(code), day(date));
	assert_int_not_equal(unit, UNIT_NONE);
	return unit;
}

static inline struct unit_map map_of(const struct hub_tables *h, const char *date)
{
	struct unit_map map;
	assert_int_equal(unit_map_new(h->registry, day(date), &map), STATUS_OK);
	return map;
}

#endif
