#include "config/child.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "config/datadir.h"

void child_beside(const char *name, struct bytes *out)
{
	char *path = program_file_beside(name);
	bytes_clear(out);
	if (path != NULL) {
		bytes_put_str(out, path);
		bytes_put_u8(out, '\0');
	}
	free(path);
}

/* A descriptor's number, -1 for "." and "..". */
static int parse_descriptor(const char *name)
{
	int fd = 0;
	for (; *name != '\0'; name++) {
		if (*name < '0' || *name > '9' || fd > (INT_MAX - 9) / 10)
			return -1;
		fd = fd * 10 + (*name - '0');
	}
	return fd;
}

/* Our own descriptors close on exec; those we inherited from whoever started us may not. */
static void keep_descriptors_here(void)
{
	DIR *listing = opendir("/proc/self/fd");
	if (listing == NULL)
		return;
	/* cppcheck-suppress readdirCalled ; safe on a listing no other thread reads, and readdir_r is deprecated */
	for (const struct dirent *entry; (entry = readdir(listing)) != NULL;) {
		int fd = parse_descriptor(entry->d_name);
		if (fd > STDERR_FILENO)
			(void)fcntl(fd, F_SETFD, FD_CLOEXEC); /* cannot fail on an open descriptor */
	}
	(void)closedir(listing); /* only read from */
}

/* The errno of what failed, 0 if the program runs. */
static int spawn(char *const *arguments, char *const *environment, int fd, pid_t *ret_pid)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t none;
	sigset_t all;
	if (posix_spawn_file_actions_init(&actions) != 0)
		return ENOMEM;
	if (posix_spawnattr_init(&attributes) != 0) {
		(void)posix_spawn_file_actions_destroy(&actions); /* cannot fail */
		return ENOMEM;
	}
	(void)sigemptyset(&none); /* these two cannot fail */
	(void)sigfillset(&all);
	bool ready = posix_spawn_file_actions_adddup2(&actions, fd, STDIN_FILENO) == 0 &&
		     posix_spawn_file_actions_adddup2(&actions, fd, STDOUT_FILENO) == 0 &&
		     posix_spawnattr_setsigmask(&attributes, &none) == 0 &&
		     posix_spawnattr_setsigdefault(&attributes, &all) == 0 &&
		     posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF) == 0;
	int error =
		ready ? posix_spawn(ret_pid, arguments[0], &actions, &attributes, arguments, environment) : ENOMEM;
	(void)posix_spawnattr_destroy(&attributes); /* these two cannot fail */
	(void)posix_spawn_file_actions_destroy(&actions);
	return error;
}

enum status child_start(char *const *arguments, char *const *environment, pid_t *ret_pid, int *ret_fd,
			int *ret_error)
{
	int ends[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends) != 0) {
		*ret_error = errno;
		return STATUS_BUSY;
	}
	keep_descriptors_here();
	int error =
		fcntl(ends[0], F_SETFL, O_NONBLOCK) == 0 ? spawn(arguments, environment, ends[1], ret_pid) : errno;
	(void)close(ends[1]); /* the program's own now */
	if (error == 0) {
		*ret_fd = ends[0];
		return STATUS_OK;
	}
	(void)close(ends[0]); /* never used */
	*ret_error = error;
	return error == ENOENT || error == EACCES || error == ENOEXEC ? STATUS_SETTINGS : STATUS_BUSY;
}

void child_end(pid_t pid, int fd, int leave_ms)
{
	/* Its end of the socket closes, or the time is up. */
	struct pollfd watch = {.fd = fd, .events = POLLIN};
	if (leave_ms > 0 && shutdown(fd, SHUT_WR) == 0)
		(void)poll(&watch, 1, leave_ms);
	/* Harmless if it has ended: it is not reaped yet. */
	(void)kill(pid, SIGKILL);
	while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
	(void)close(fd); /* nothing more to lose on it */
}
