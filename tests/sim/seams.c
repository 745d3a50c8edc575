#include <sodium.h>
#include <sqlite3.h>
#include <string.h>

#include "sim.h"

/* Neither library hands a context back, so what stands in for them has to be found by name. */
static struct {
	uint64_t random;
	long opened;
	sqlite3_vfs vfs;
	sqlite3_vfs *real;
} seams;

static const char *random_name(void)
{
	return "motcua-sim";
}

static uint32_t random_number(void)
{
	return (uint32_t)sim_mix(&seams.random);
}

static void random_bytes(void *out, const size_t len)
{
	uint8_t *bytes = out;
	for (size_t i = 0; i < len; i++)
		bytes[i] = (uint8_t)sim_mix(&seams.random);
}

/* Not const: libsodium takes a pointer to one it might change. */
static randombytes_implementation seeded = {
	.implementation_name = random_name,
	.random = random_number,
	.buf = random_bytes,
};

static int open_counted(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *ret_flags)
{
	(void)vfs;
	seams.opened += (flags & SQLITE_OPEN_MAIN_DB) != 0 ? 1 : 0;
	return seams.real->xOpen(seams.real, name, file, flags, ret_flags);
}

void seams_take(uint64_t seed)
{
	seams.random = ~seed;
	seams.opened = 0;
	(void)randombytes_set_implementation(&seeded); /* answers 0 always */
	if (seams.real == NULL) {
		seams.real = sqlite3_vfs_find(NULL);
		seams.vfs = *seams.real;
		seams.vfs.zName = SIM_VFS;
		seams.vfs.xOpen = open_counted;
	}
	(void)sqlite3_vfs_register(&seams.vfs, 0); /* without it the first opening fails */
}

void seams_give_back(void)
{
	(void)randombytes_set_implementation(&randombytes_sysrandom_implementation);
	(void)sqlite3_vfs_unregister(&seams.vfs);
}

long seams_opened(void)
{
	return seams.opened;
}
