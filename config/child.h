/*
 * Programs of ours that another one starts: each gets one socket as its stdin and stdout, our stderr, no other
 * descriptor and no environment but what it is given. One user, one thread.
 */
#ifndef MOTCUA_CONFIG_CHILD_H
#define MOTCUA_CONFIG_CHILD_H

#include <sys/types.h>

#include "protocol/bytes.h"

enum { CHILD_PATH = 4096 + 64 };

/*
 * Puts the path of a program that lies beside the running one into out, with a zero byte behind it. Where that
 * folder cannot be told it stays empty: a bare name would be looked for in the current folder.
 */
void child_beside(const char *name, struct bytes *out);

/*
 * Starts arguments[0]; both lists end with NULL. *ret_fd is our end of the socket, not blocking. STATUS_SETTINGS:
 * there is no such program, or it cannot be run; STATUS_BUSY: not now. Then *ret_error is the errno of it.
 */
MUST_CHECK enum status child_start(char *const *arguments, char *const *environment, pid_t *ret_pid, int *ret_fd,
				   int *ret_error);

/*
 * Ends and reaps it, and closes our end; leave_ms: it first gets so long to end by itself, since its stdin does.
 */
void child_end(pid_t pid, int fd, int leave_ms);

#endif
