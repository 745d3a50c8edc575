/*
 * A listening TCP socket on a numeric address, opened before anything else so that a taken address has its own
 * answer. Close-on-exec, non-blocking; the caller closes it.
 */
#ifndef MOTCUA_HUB_LISTENER_H
#define MOTCUA_HUB_LISTENER_H

#include <stdint.h>

#include "protocol/status.h"

/* port 0: any free one. STATUS_BUSY if the address is taken, STATUS_SETTINGS if it is none of this machine. */
MUST_CHECK enum status listener_open(const char *address, uint16_t port, int *ret_fd);

/* The port it listens on, 0 if fd is no such socket. */
uint16_t listener_port(int fd);

/* A peer's numeric address without its port; "?" if it is of no known kind. Returns ret_text. */
enum { ADDRESS_TEXT = 48 };
struct sockaddr;
char *listener_address(const struct sockaddr *peer, char ret_text[static ADDRESS_TEXT]);

#endif
