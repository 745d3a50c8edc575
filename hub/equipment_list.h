/*
 * The assets behind the report on equipment (report_equipment.h), one by one, with their state and condition on the
 * day, and what units lack. The assets of a list are those the report counts by type. One thread, inside the
 * caller's snapshot.
 */
#ifndef MOTCUA_HUB_EQUIPMENT_LIST_H
#define MOTCUA_HUB_EQUIPMENT_LIST_H

#include "hub/report_equipment.h"

/* The values of field condition. */
enum equipment_condition { CONDITION_OK = 1, CONDITION_FAULTY = 2, CONDITION_REPAIR = 3 };

enum equipment_choice { EQUIPMENT_ALL, EQUIPMENT_FAULTY /* or under repair */ };

struct asset_line {
	int unit; /* index */
	char key[LIMIT_KEY + 1];
	int64_t type;      /* 0: unstated, as all three */
	int64_t state;     /* on the day */
	int64_t condition; /* on the day */
	int32_t warranty_until;
};

struct asset_list {
	size_t count;
	size_t cap;
	struct asset_line *lines; /* by unit and key */
};

/* With a warranty_until only what has a warranty that ends from the day asked up to then; DAY_UNSET: any. */
MUST_CHECK enum status equipment_list(struct database *db, const struct registry *r,
				      const struct equipment_query *query, enum equipment_choice choice,
				      int32_t warranty_until, struct asset_list *ret_list);
void asset_list_free(struct asset_list *list);

/* One object a line. */
void asset_list_print_json(const struct asset_list *list, const struct registry *r, FILE *out);
/* Every format but JSON; query: what was asked. Nothing was printed if it fails. */
MUST_CHECK enum status asset_list_print(const struct asset_list *list, const struct equipment_query *query,
					const struct registry *r, enum report_format format, FILE *out);

/* A unit that has less of a type than it should. */
struct missing_line {
	int unit; /* index */
	int type;
	int64_t required;
	int64_t present;
};
MUST_CHECK enum status equipment_missing(struct database *db, const struct registry *r,
					 const struct equipment_query *query,
					 enum status (*each)(void *context, const struct missing_line *line),
					 void *context);
MUST_CHECK enum status missing_print(struct database *db, const struct registry *r,
				     const struct equipment_query *query, enum report_format format, FILE *out);

#endif
