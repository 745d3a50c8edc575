/*
 * Runs a function in a child process and keeps what it printed: what is said and logged goes to the standard
 * streams, and some of it changes the process for good. Included by a test after cmocka.h.
 */
#ifndef MOTCUA_TESTS_CAPTURE_H
#define MOTCUA_TESTS_CAPTURE_H

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { CAPTURE_MAX = 8192 };

struct capture {
	int exit_status;
	char out[CAPTURE_MAX];
	char err[CAPTURE_MAX];
};

static inline void capture_read(FILE *from, char *into)
{
	rewind(from);
	size_t n = fread(into, 1, CAPTURE_MAX - 1, from);
	into[n] = '\0';
	(void)fclose(from); /* a temporary file that was read */
}

static inline void capture_run(int (*run)(void *context), void *context, struct capture *ret_capture)
{
	FILE *out = tmpfile();
	FILE *err = tmpfile();
	assert_non_null(out);
	assert_non_null(err);
	(void)fflush(NULL); /* or the child would print it once more */
	pid_t child = fork();
	assert_true(child >= 0);
	if (child == 0) {
		if (dup2(fileno(out), STDOUT_FILENO) < 0 || dup2(fileno(err), STDERR_FILENO) < 0)
			_exit(99);
		int exit_status = run(context);
		exit(exit_status); /* not _exit: leaks are looked for, and streams flushed */
	}
	int how = 0;
	assert_int_equal(waitpid(child, &how, 0), child);
	assert_true(WIFEXITED(how));
	ret_capture->exit_status = WEXITSTATUS(how);
	capture_read(out, ret_capture->out);
	capture_read(err, ret_capture->err);
}

#endif
