/*
 * A wall clock that is wrong, for real programs: loaded before the others (LD_PRELOAD), it moves CLOCK_REALTIME and
 * what is derived from it by MOTCUA_CLOCK_SHIFT seconds, or by the number that stands in the file of that name,
 * which may change while the program runs. CLOCK_MONOTONIC stays as it is, as on a machine whose clock somebody
 * sets. Needs nothing of the sanitizers: theirs call the next definition, which is this one.
 */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

int clock_gettime(clockid_t id, struct timespec *ret_time);
int gettimeofday(struct timeval *restrict ret_time, void *restrict zone);
time_t time(time_t *ret_time);

static time_t shift(void)
{
	const char *given = getenv("MOTCUA_CLOCK_SHIFT");
	long long seconds = 0;
	if (given == NULL)
		return 0;
	if (given[0] != '/')
		return (time_t)strtoll(given, NULL, 10);
	FILE *file = fopen(given, "re");
	if (file == NULL)
		return 0;
	if (fscanf(file, "%lld", &seconds) != 1)
		seconds = 0;
	(void)fclose(file); /* only read */
	return (time_t)seconds;
}

int clock_gettime(clockid_t id, struct timespec *ret_time)
{
	int failed = (int)syscall(SYS_clock_gettime, id, ret_time);
	if (failed == 0 && (id == CLOCK_REALTIME || id == CLOCK_REALTIME_COARSE))
		ret_time->tv_sec += shift();
	return failed;
}

int gettimeofday(struct timeval *restrict ret_time, void *restrict zone)
{
	struct timespec now;
	(void)zone; /* nobody asks for one any more */
	if (clock_gettime(CLOCK_REALTIME, &now) != 0)
		return -1;
	ret_time->tv_sec = now.tv_sec;
	ret_time->tv_usec = now.tv_nsec / 1000;
	return 0;
}

time_t time(time_t *ret_time)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_REALTIME, &now); /* this clock is always there */
	if (ret_time != NULL)
		*ret_time = now.tv_sec;
	return now.tv_sec;
}
