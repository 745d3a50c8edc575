#include "agent/spool.h"

#include <sys/inotify.h>
#include <unistd.h>

enum { DRAIN_BYTES = 4096 };

int spool_watch(const char *folder)
{
	int fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (fd >= 0 &&
	    inotify_add_watch(fd, folder, IN_CLOSE_WRITE | IN_MOVED_TO | IN_DELETE_SELF | IN_ONLYDIR) < 0) {
		(void)close(fd); /* nothing is watched by it */
		return -1;
	}
	return fd;
}

void spool_watch_drain(int fd)
{
	char events[DRAIN_BYTES];
	while (read(fd, events, sizeof(events)) > 0)
		continue;
}
