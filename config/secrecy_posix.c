#include "config/secrecy.h"

#include <sys/prctl.h>
#include <sys/resource.h>

enum status secrecy_begin(void)
{
	const struct rlimit none = {0};
	/* The limit alone is not enough: a core that is piped to a program does not heed it. */
	if (setrlimit(RLIMIT_CORE, &none) != 0 || prctl(PR_SET_DUMPABLE, 0UL, 0UL, 0UL, 0UL) != 0)
		return STATUS_PERMISSION;
	return STATUS_OK;
}
