#include <string.h>
#include <time.h>

#include "agent/commands.h"
#include "agent/session.h"

static int64_t wall_clock(void *context)
{
	struct timespec now = {0};
	(void)context;
	(void)clock_gettime(CLOCK_REALTIME, &now); /* this clock is always there */
	return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static bool has_lang(int argc, char **argv)
{
	for (int i = 1; i < argc && strcmp(argv[i], "--") != 0; i++) {
		if (strcmp(argv[i], "--lang") == 0 || strncmp(argv[i], "--lang=", 7) == 0)
			return true;
	}
	return false;
}

int main(int argc, char **argv)
{
	struct shell shell = {.now_ms = wall_clock, .lang_given = has_lang(argc, argv)};
	return options_dispatch(&commands_program, argc, argv, &shell);
}
