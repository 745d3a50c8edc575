/* Totals that must be the same, however they were counted. Included by each test after cmocka.h. */
#ifndef MOTCUA_TESTS_SAME_TOTALS_H
#define MOTCUA_TESTS_SAME_TOTALS_H

#include <string.h>

#include "hub/totals.h"

static inline void assert_same_group(const struct totals_group *a, const struct totals_group *b)
{
	assert_string_equal(a->key, b->key);
	assert_int_equal(a->unit, b->unit);
	assert_memory_equal(&a->cells, &b->cells, sizeof(a->cells));
	assert_int_equal(a->units_expected, b->units_expected);
	assert_int_equal(a->units_reporting, b->units_reporting);
}

static inline void assert_same_totals(const struct totals *a, const struct totals *b)
{
	assert_int_equal(a->n_groups, b->n_groups);
	for (size_t i = 0; i < a->n_groups; i++)
		assert_same_group(&a->groups[i], &b->groups[i]);
	assert_same_group(&a->total, &b->total);
}

#endif
