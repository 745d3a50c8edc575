/*
 * The load of `fill`: what the devices of a province say of their dossiers, day by day. Each day and number of a
 * device has its one dossier, a function of these three alone, so that a day can be told at any time without a look
 * at the days before: accepted, done and returned, about 2.9 changes in all (as tests/bench/load.py has them).
 */
#ifndef MOTCUA_TESTS_FILL_LOAD_H
#define MOTCUA_TESTS_FILL_LOAD_H

#include "protocol/record.h"

enum {
	FILL_COMMUNES = 100,
	FILL_DEPARTMENTS = 25,
	FILL_DEVICES = FILL_COMMUNES + FILL_DEPARTMENTS, /* one for each */
	FILL_A_DAY = 80,                                 /* dossiers of a device */
	FILL_DAY_MAX = 2000,                             /* changes of a device, far more than there are */
	FILL_UNIT = 16,
	FILL_TEXT = 64
};

/* A change with the text it borrows. */
struct fill_change {
	struct change change;
	char code[FILL_TEXT];
};

struct fill_day {
	char unit[FILL_UNIT];
	size_t count;
	struct fill_change changes[FILL_DAY_MAX];
};

/* The code of a device's unit. */
void fill_unit(int device, char out[static FILL_UNIT]);

/* What a device says on a day since the first one, in its order; borrows from ret_day, which may not move. */
void fill_load(int device, int32_t day, struct fill_day *ret_day);

/* The first day of the load, 2023-01-02, as days since 1970. */
int32_t fill_first_day(void);

#endif
