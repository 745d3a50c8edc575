#include "hub/listener.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

enum { PORT_TEXT = 8 };

enum status listener_open(const char *address, uint16_t port, int *ret_fd)
{
	struct addrinfo hints = {.ai_flags = AI_PASSIVE | AI_NUMERICHOST | AI_NUMERICSERV,
				 .ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	char service[PORT_TEXT];
	(void)snprintf(service, sizeof(service), "%u", (unsigned)port); /* five digits fit */
	if (getaddrinfo(address, service, &hints, &found) != 0)
		return STATUS_SETTINGS;
	enum status s = STATUS_SETTINGS;
	int on = 1;
	int fd = socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0)
		goto out;
	if (bind(fd, found->ai_addr, found->ai_addrlen) != 0 || listen(fd, SOMAXCONN) != 0) {
		s = errno == EADDRINUSE ? STATUS_BUSY : STATUS_SETTINGS;
		goto out;
	}
	*ret_fd = fd;
	fd = -1;
	s = STATUS_OK;
out:
	if (fd >= 0)
		(void)close(fd); /* nothing was written to it */
	freeaddrinfo(found);
	return s;
}

uint16_t listener_port(int fd)
{
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
	} address = {0};
	socklen_t len = sizeof(address);
	if (getsockname(fd, &address.any, &len) != 0)
		return 0;
	if (address.any.sa_family == AF_INET6)
		return ntohs(address.v6.sin6_port);
	return address.any.sa_family == AF_INET ? ntohs(address.v4.sin_port) : 0;
}

char *listener_address(const struct sockaddr *peer, char ret_text[static ADDRESS_TEXT])
{
	socklen_t len = 0;
	if (peer != NULL && peer->sa_family == AF_INET)
		len = sizeof(struct sockaddr_in);
	else if (peer != NULL && peer->sa_family == AF_INET6)
		len = sizeof(struct sockaddr_in6);
	if (len == 0 || getnameinfo(peer, len, ret_text, ADDRESS_TEXT, NULL, 0, NI_NUMERICHOST) != 0)
		(void)snprintf(ret_text, ADDRESS_TEXT, "?");
	return ret_text;
}
