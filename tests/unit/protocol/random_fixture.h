/*
 * Random numbers that are the same on every machine and in every run, so that a failing case can be had again.
 */
#ifndef MOTCUA_TESTS_RANDOM_FIXTURE_H
#define MOTCUA_TESTS_RANDOM_FIXTURE_H

#include <stdint.h>

struct random {
	uint64_t state; /* the seed; any number will do */
};

/* SplitMix64. */
static inline uint64_t random_next(struct random *r)
{
	r->state += UINT64_C(0x9e3779b97f4a7c15);
	uint64_t z = r->state;
	z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
	return z ^ z >> 31;
}

/* 0 to n - 1. */
static inline uint64_t random_below(struct random *r, uint64_t n)
{
	return random_next(r) % n;
}

#endif
