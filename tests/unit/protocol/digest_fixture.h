/*
 * Digests for the tests: a world of two devices, of which the first is compared.
 */
#ifndef MOTCUA_TESTS_DIGEST_FIXTURE_H
#define MOTCUA_TESTS_DIGEST_FIXTURE_H

#include <stdio.h>

#include "fold_fixture.h"

#include "protocol/digest.h"

#define MAY_1  19844 /* 2024-05-01 */
#define MAY_22 19865 /* the local date of NOON */
#define MAY_31 19874

static inline bool of_first(const void *context, const struct origin *origin)
{
	(void)context;
	return origin->device[0] == 1;
}

static const struct digest_choice FIRST_DEVICE = {.includes = of_first};

static inline struct digest may(void)
{
	return digest_new((struct period){MAY_1, MAY_31});
}

/* Adds the line of a thing, which must be of the digest's days. */
static inline void add_line(struct digest *d, const struct thing *t, const char *key)
{
	bool added = false;
	assert_int_equal(digest_add(d, t, slice_str(key), &FIRST_DEVICE, 0, &added), STATUS_OK);
	assert_true(added);
}

static inline void finish(struct digest *d)
{
	assert_int_equal(digest_finish(d), STATUS_OK);
}

/* The code of May of a digest that has only this thing. */
static inline void code_of_thing(const struct thing *t, const char *key, char ret_code[static DIGEST_CODE_TEXT])
{
	static const uint8_t device[DEVICE_ID_LEN] = {1};
	uint8_t root[HASH_LEN];
	struct digest d = may();
	add_line(&d, t, key);
	finish(&d);
	digest_root(d.sums, d.n_sums, d.days, device, root);
	(void)digest_code(root, ret_code);
	digest_free(&d);
}

#endif
