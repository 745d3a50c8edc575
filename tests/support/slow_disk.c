/*
 * A disk that takes its time, for real programs: loaded before the others (LD_PRELOAD), fsync and fdatasync return
 * MOTCUA_SYNC_MS later than they would.
 */
#define _GNU_SOURCE
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

static void wait(void)
{
	const char *given = getenv("MOTCUA_SYNC_MS");
	long ms = given == NULL ? 0 : strtol(given, NULL, 10);
	const struct timespec nap = {.tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000};
	(void)nanosleep(&nap, NULL); /* cut short is fine, too */
}

int fsync(int fd)
{
	wait();
	return (int)syscall(SYS_fsync, fd);
}

int fdatasync(int fd)
{
	wait();
	return (int)syscall(SYS_fdatasync, fd);
}
