/*
 * Allocations that fail when they are told to: those of our own code, which the linker turns here, and those of
 * SQLite. One thread.
 */
#ifndef MOTCUA_TESTS_FAIL_MEMORY_H
#define MOTCUA_TESTS_FAIL_MEMORY_H

#include <stdbool.h>
#include <stdint.h>

enum memory { MEMORY_NONE, MEMORY_OURS, MEMORY_SQLITE };

/* Before SQLite is used at all. */
void fail_memory_begin(void);
/* From now on the n-th allocation of this kind fails, forever: and all after it. Counting begins anew. */
void fail_memory(enum memory which, int64_t nth, bool forever);
/* How many failed since. */
int64_t fail_memory_failed(void);
/* What SQLite has and has not given back. */
int64_t fail_memory_held(void);

#endif
