#include "hub/passphrase.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "protocol/sign.h"

struct bytes passphrase_new(void)
{
	struct bytes passphrase = bytes_new(PASSPHRASE_MAX);
	/* All at once: growing would leave copies behind. */
	if (bytes_grow(&passphrase, PASSPHRASE_MAX) != NULL)
		passphrase.len = 0;
	return passphrase;
}

void passphrase_free(struct bytes *passphrase)
{
	if (passphrase->data != NULL)
		secret_wipe(passphrase->data, passphrase->cap);
	bytes_free(passphrase);
}

/* The first line, without its end. */
static enum status keep_line(struct bytes *passphrase)
{
	const uint8_t *end = passphrase->len == 0 ? NULL : memchr(passphrase->data, '\n', passphrase->len);
	if (end != NULL)
		passphrase->len = (size_t)(end - passphrase->data);
	if (passphrase->len > 0 && passphrase->data[passphrase->len - 1] == '\r')
		passphrase->len--;
	return passphrase->len == 0 ? STATUS_EMPTY : STATUS_OK;
}

static void take_line(struct bytes *passphrase)
{
	bytes_clear(passphrase);
	for (int c = getchar(); c != EOF && c != '\n' && passphrase->len < PASSPHRASE_MAX; c = getchar())
		bytes_put_u8(passphrase, (uint8_t)c);
}

/* While nothing is shown, nothing ends the program: the terminal would stay so. */
static enum status ask(const char *prompt, struct bytes *passphrase)
{
	struct termios before;
	sigset_t held;
	sigset_t old;
	bool terminal = isatty(STDIN_FILENO) == 1 && tcgetattr(STDIN_FILENO, &before) == 0;
	if (terminal) {
		struct termios silent = before;
		silent.c_lflag &= ~(tcflag_t)ECHO;
		(void)sigemptyset(&held);
		(void)sigaddset(&held, SIGINT);
		(void)sigaddset(&held, SIGTERM);
		(void)sigaddset(&held, SIGTSTP);
		(void)sigprocmask(SIG_BLOCK, &held, &old);
		(void)fputs(prompt, stderr);
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent); /* shown then, and still asked */
	}
	take_line(passphrase);
	if (terminal) {
		(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
		(void)fputc('\n', stderr);
		(void)sigprocmask(SIG_SETMASK, &old, NULL);
	}
	return keep_line(passphrase);
}

static enum status ask_again(const struct bytes *passphrase)
{
	struct bytes second = passphrase_new();
	enum status s = ask(_("Once more: "), &second);
	if (s == STATUS_OK && !slice_equal(bytes_slice(passphrase), bytes_slice(&second)))
		s = STATUS_DIFFERENT;
	passphrase_free(&second);
	return s;
}

enum status passphrase_get(const char *file, bool is_new, struct bytes *ret_passphrase)
{
	enum status s = bytes_status(ret_passphrase);
	if (s == STATUS_OK && file != NULL) {
		s = file_read_secret(file, ret_passphrase);
		if (s == STATUS_OK)
			s = keep_line(ret_passphrase);
	} else if (s == STATUS_OK) {
		s = ask(is_new ? _("A new passphrase for the keys: ") : _("The passphrase of the keys: "),
			ret_passphrase);
		if (s == STATUS_OK && is_new && isatty(STDIN_FILENO) == 1)
			s = ask_again(ret_passphrase);
	}
	return s == STATUS_OK && is_new && ret_passphrase->len < PASSPHRASE_LEAST ? STATUS_LIMIT : s;
}
