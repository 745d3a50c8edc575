/*
 * The value of one cell by the record table: words, numbers, dates and text as people and programs write them.
 * Any thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_ROW_VALUE_H
#define MOTCUA_PROTOCOL_TABLES_ROW_VALUE_H

#include "protocol/tables/row.h"

/*
 * The value a cell states for a field: VALUE_ABSENT for an empty or blank cell, VALUE_NULL for null. Text borrows
 * from work. STATUS_REFUSED with *ret_fault set; STATUS_NO_MEMORY.
 */
MUST_CHECK enum status cell_value(const struct field_spec *spec, const struct cell *cell, struct bytes *work,
				  struct value *ret_value, enum row_fault *ret_fault);

/* A stated instant; TIME_UNSET for an empty cell or null. STATUS_REFUSED if it is none; STATUS_NO_MEMORY. */
MUST_CHECK enum status cell_instant(const struct cell *cell, struct bytes *work, int64_t *ret_ms);

#endif
