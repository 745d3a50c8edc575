#include "protocol/status.h"

const char *status_code(enum status s)
{
	static const char *const codes[] = {
#define X(name, code, exit) code,
		STATUS_TABLE(X)
#undef X
	};
	return (unsigned)s < STATUS_COUNT ? codes[s] : "E-UNKNOWN";
}

int status_exit(enum status s)
{
	static const unsigned char exits[] = {
#define X(name, code, exit) exit,
		STATUS_TABLE(X)
#undef X
	};
	return (unsigned)s < STATUS_COUNT ? exits[s] : EXIT_DISK;
}
