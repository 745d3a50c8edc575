#include "config/notify.h"

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "config/log.h"

enum { DECIMAL = 10, US_PER_MS = 1000 };

/* False if nobody asked to be told, or under a name that is none. */
static bool find_listener(struct sockaddr_un *ret_address, socklen_t *ret_len)
{
	const char *name = getenv("NOTIFY_SOCKET");
	if (name == NULL || (name[0] != '/' && name[0] != '@') || name[1] == '\0')
		return false;
	size_t len = strlen(name);
	if (len >= sizeof(ret_address->sun_path))
		return false;
	*ret_address = (struct sockaddr_un){.sun_family = AF_UNIX};
	memcpy(ret_address->sun_path, name, len);
	/* "@" stands for the zero byte an abstract name begins with; such a name has no other end than its length.
	 */
	if (name[0] == '@')
		ret_address->sun_path[0] = '\0';
	else
		len++;
	*ret_len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len);
	return true;
}

static void tell(const char *state, int flags)
{
	struct sockaddr_un address;
	socklen_t len = 0;
	if (!find_listener(&address, &len))
		return;
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	ssize_t n = -1;
	if (fd >= 0) {
		do
			n = sendto(fd, state, strlen(state), MSG_NOSIGNAL | flags, (struct sockaddr *)&address,
				   len);
		while (n < 0 && errno == EINTR);
	}
	if (n < 0)
		log_event(LOG_WARNING, "event=manager-not-told state=%s errno=%d", state, errno);
	if (fd >= 0)
		(void)close(fd); /* the datagram has left, or not */
}

void notify_ready(void)
{
	tell("READY=1", 0);
}

void notify_alive(void)
{
	/* The work does not wait for a manager that does not read; the next word comes in time. */
	tell("WATCHDOG=1", MSG_DONTWAIT);
}

void notify_stopping(void)
{
	tell("STOPPING=1", 0);
}

int64_t notify_every_ms(void)
{
	const char *pid = getenv("WATCHDOG_PID");
	const char *allowed = getenv("WATCHDOG_USEC");
	if (allowed == NULL || (pid != NULL && strtoll(pid, NULL, DECIMAL) != (long long)getpid()))
		return -1;
	char *end = NULL;
	errno = 0;
	long long us = strtoll(allowed, &end, DECIMAL);
	if (errno != 0 || *end != '\0' || us <= 0)
		return -1;
	int64_t every_ms = (int64_t)us / US_PER_MS / 2;
	return every_ms > 0 ? every_ms : 1;
}
