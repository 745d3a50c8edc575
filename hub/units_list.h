/*
 * A list of units under way from a file into the log: its rows, and what can be told only once all are read. For
 * units_file.c alone.
 */
#ifndef MOTCUA_HUB_UNITS_LIST_H
#define MOTCUA_HUB_UNITS_LIST_H

#include "hub/units_file.h"
#include "protocol/words.h"

#define UNITS_NO_PARENT UINT32_MAX

struct listed_unit {
	uint32_t code;   /* index into codes */
	uint32_t parent; /* index into codes, UNITS_NO_PARENT */
	enum unit_level level;
	int32_t from; /* INT32_MIN: always */
	int32_t to;   /* INT32_MAX: until further notice; inclusive */
	bool left_out;
	int64_t line;
	size_t begin; /* of its encoded row in body */
	size_t end;
};

struct units_list {
	struct bytes body;        /* encoded rows one after the other, without an array's head */
	struct words codes;       /* of units and of parents */
	struct listed_unit *rows; /* once checked: by code and day */
	int count;
	int cap;
	size_t n_indexed; /* codes when the rows were put in order */
	int *first;       /* per code: its first row; -1 where the file has none */
	int64_t left_out;
	struct units_fault fault;
	struct slice province; /* the code of init */
};

/*
 * Everything that needs the whole list, against what is known already: leaves out what does not stand below the
 * codes of `only`; STATUS_REFUSED with list->fault for a code that stands twice for the same days, an unknown or
 * ended parent, a circle, another province that has not ended, days that would hide a unit known already.
 */
MUST_CHECK enum status units_list_check(struct units_list *list, const struct registry *registry, const char *only);

#endif
