#include "protocol/status.h"

#include <string.h>

static const char *const codes[] = {
#define X(name, code, exit) code,
	STATUS_TABLE(X)
#undef X
};

const char *status_code(enum status s)
{
	return (unsigned)s < STATUS_COUNT ? codes[s] : "E-UNKNOWN";
}

enum status status_of_code(const char *code)
{
	unsigned s = 0;
	while (s < STATUS_COUNT && strcmp(codes[s], code) != 0)
		s++;
	return (enum status)s;
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

bool status_is_trouble(enum status s)
{
	return s == STATUS_NO_MEMORY || s == STATUS_BUSY || s == STATUS_DISK || s == STATUS_DISK_FULL ||
	       s == STATUS_DISK_SYNC;
}
