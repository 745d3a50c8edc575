#include <sys/stat.h>
#include <time.h>

#include "agent/commands.h"
#include "agent/session.h"
#include "config/messages.h"
#include "config/secrecy.h"
#include "protocol/calendar.h"
#include "protocol/sign.h"

_Static_assert(sizeof(time_t) == 8, "seconds go on after 2038");

static int64_t wall_clock(void *context)
{
	struct timespec now = {0};
	(void)context;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* this clock is always there */
	return time_bounded((int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000);
}

int main(int argc, char **argv)
{
	struct shell shell = {.now_ms = wall_clock};
	(void)umask(077); /* what we make is nobody else's */
	if (secrecy_begin() != STATUS_OK)
		return say_error(STATUS_PERMISSION, _("The system does not let keys be kept out of core dumps."));
	if (sign_start() != STATUS_OK)
		return say_error(STATUS_DISK, _("The system gives no randomness."));
	return options_dispatch(&commands_program, argc, argv, &shell);
}
