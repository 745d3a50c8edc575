#include "config/messages.h"

#include <libintl.h>
#include <locale.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"

static const char domain[] = "motcua";

/* Chosen once at the start, like gettext's own state. */
static bool vietnamese;
static bool quiet;

/* dir if the catalogue is there, else NULL and dir is freed. */
static char *locale_in(char *dir)
{
	char *catalogue = dir == NULL ? NULL : path_join(dir, "vi/LC_MESSAGES/motcua.mo");
	bool found = catalogue != NULL && path_exists(catalogue);
	free(catalogue);
	if (found)
		return dir;
	free(dir);
	return NULL;
}

/* Of the build tree or a copied folder, else of the place the program was moved to as a whole; or NULL. */
static char *locale_of_program(void)
{
	char *dir = locale_in(program_file_beside("locale"));
	return dir != NULL ? dir : locale_in(program_file_shared("locale"));
}

enum status messages_open(const char *language)
{
	if (strcmp(language, "vi") != 0 && strcmp(language, "en") != 0)
		return STATUS_USAGE;
	vietnamese = false;
	if (strcmp(language, "en") == 0)
		return STATUS_OK;
	/*
	 * In the locale "C" gettext translates nothing; C.UTF-8 is built into glibc, so that it is there on a
	 * machine without any locale, and lets LANGUAGE decide.
	 */
	(void)setlocale(LC_MESSAGES, "C.UTF-8"); /* where it is missing, messages are English */
	if (setenv("LANGUAGE", language, 1) != 0)
		return STATUS_NO_MEMORY;
	char *dir = locale_of_program();
	bool bound = bindtextdomain(domain, dir == NULL ? MOTCUA_LOCALEDIR : dir) != NULL;
	free(dir);
	if (!bound || bind_textdomain_codeset(domain, "UTF-8") == NULL)
		return STATUS_NO_MEMORY;
	vietnamese = true;
	return STATUS_OK;
}

const char *messages_language(void)
{
	return vietnamese ? "vi" : "en";
}

const char *message(const char *msgid)
{
	return vietnamese ? dgettext(domain, msgid) : msgid;
}

struct wording {
	const char *sentence;
	const char *advice;
};

static const struct wording wordings[STATUS_COUNT] = {
	[STATUS_OK] = {N_("Done."), N_("There is nothing to do.")},
	[STATUS_EMPTY] = {N_("There is no such thing here."), N_("Check the name or the code.")},
	[STATUS_DIFFERENT] = {N_("The comparison found a difference."),
			      N_("Look at the list of differences; nothing was changed.")},
	[STATUS_USAGE] = {N_("The command was not understood."),
			  N_("Add --help to the command to see how it is used.")},
	[STATUS_REFUSED] = {N_("Some input was refused; the rest was taken."),
			    N_("The command 'rejected' lists what was refused and why.")},
	[STATUS_MALFORMED] = {N_("The content is damaged or not of the expected kind."),
			      N_("Check that it is the right file, and copy it again.")},
	[STATUS_VERSION] = {N_("The format has a version this program does not know."),
			    N_("Install the same version of the program on both sides.")},
	[STATUS_FORGED] = {N_("A signature does not match the content."),
			   N_("Do not use it. Get it again from where it was made; tell the province if it "
			      "happens again.")},
	[STATUS_FOREIGN] = {N_("The answer is genuine but does not belong to this request."),
			    N_("Nothing was lost and nothing was deleted. Try again; tell the province if it "
			       "happens again.")},
	[STATUS_LIMIT] = {N_("It is larger than the program accepts."), N_("Split it into smaller parts.")},
	[STATUS_UNKNOWN_DEVICE] = {N_("The hub does not know this computer."),
				   N_("Ask the province for an invitation and run 'enroll'.")},
	[STATUS_WAITING_DEVICE] =
		{N_("The province has not confirmed this computer yet."),
		 N_("Read the fingerprint out to the province by phone. What you enter meanwhile is "
		    "kept.")},
	[STATUS_SUSPENDED] = {N_("The province has suspended this computer."),
			      N_("Call the province. What you enter meanwhile is kept on this computer.")},
	[STATUS_INVITATION] = {N_("There is no open invitation under this code."),
			       N_("Check each character, or ask the province for a new code.")},
	[STATUS_FORK] = {N_("Two copies of this computer's data have been in use."),
			 N_("Use only one of the computers, and tell the province.")},
	[STATUS_UNREACHABLE] = {N_("The hub cannot be reached."),
				N_("Everything is kept here and sent later. Check the network.")},
	[STATUS_NO_NAME] =
		{N_("The hub's name is not found on this network."),
		 N_("Everything is kept here and sent later. Check the network, and the address 'status' "
		    "shows.")},
	[STATUS_BROKEN_OFF] = {N_("The line broke off in the middle of an exchange."),
			       N_("Everything is kept here; the next attempt sends less at once.")},
	[STATUS_PROXY] = {N_("The web proxy of the settings does not connect to the hub."),
			  N_("Check the setting proxy, and have the proxy let this computer through to the hub's "
			     "address.")},
	[STATUS_PROXY_LOGIN] = {N_("The web proxy wants a name and a password (407)."),
				N_("Ask whoever runs it to let this computer through to the hub's address without "
				   "them.")},
	[STATUS_PIN] = {N_("Another machine answers at the hub's address: perhaps the network's login page."),
			N_("Nothing was sent. Log in to the network with a browser; if that changes nothing, tell "
			   "the province.")},
	[STATUS_PORTAL] = {N_("A web page answered instead of the hub: perhaps the network's login page."),
			   N_("Log in to the network with a browser or set the proxy, then try again.")},
	[STATUS_BUSY] = {N_("It is in use at the moment."), N_("Try again in a minute.")},
	[STATUS_NO_MEMORY] = {N_("The computer is out of memory."), N_("Close other programs and try again.")},
	[STATUS_DISK_FULL] = {N_("The disk is full; this was NOT saved."),
			      N_("Free some space, then do it again. What was saved before is safe.")},
	[STATUS_DISK_READ_ONLY] = {N_("The disk cannot be written to; this was NOT saved."),
				   N_("Ask your technician to look at the disk, then do it again.")},
	[STATUS_DISK] = {N_("The disk did not do what was asked; this was NOT saved."),
			 N_("Try again. If it happens again, have the disk looked at.")},
	[STATUS_DISK_SYNC] = {N_("The disk did not confirm what was written; take it as NOT saved."),
			      N_("Do it again: what is entered twice counts once. Have the disk looked at soon.")},
	[STATUS_CORRUPT] = {N_("The database is damaged."),
			    N_("Delete nothing. Keep a copy of the data directory; on a commune's computer run "
			       "'motcua-agent reidentify'.")},
	[STATUS_PERMISSION] = {N_("The rights of the file or directory do not allow it."),
			       N_("Run it as the right user; others must not be able to write the data directory "
				  "or read its keys.")},
	[STATUS_SETTINGS] = {N_("The settings file is wrong."), N_("Correct the line named and start again.")},
	[STATUS_NO_DATA] = {N_("Nothing is set up in this data directory."),
			    N_("Check --data; on a new computer run 'enroll', on a new hub 'init'.")},
	[STATUS_LOST_DATA] = {N_("The database or a key is gone from the data directory."),
			      N_("Delete nothing. On a commune's computer 'motcua-agent status' names the command "
				 "that mends it.")},
	[STATUS_CLONED] =
		{N_("These data were set up on another computer."),
		 N_("If this computer takes its place, or both are to work on, run 'motcua-agent reidentify'.")},
	[STATUS_HUB_REGRESSED] =
		{N_("The hub has less than it acknowledged: it was put back from a copy."),
		 N_("Nothing is deleted here, and what it lacks is sent again. Tell the province.")},
	[STATUS_EXISTS] = {N_("It exists already."), N_("Nothing was changed.")},
	[STATUS_NEWER_SCHEMA] = {N_("The data were written by a newer program, or by another one."),
				 N_("Install the newest version of the program and check --data.")},
	[STATUS_STOPPED] = {N_("It was stopped before the end."), N_("Run it again; it goes on from there.")},
};

static struct wording wording_of(enum status s)
{
	if ((unsigned)s < STATUS_COUNT)
		return wordings[s];
	return (struct wording){N_("An unknown error occurred."),
				N_("Try again. If it happens again, ask for help.")};
}

const char *status_sentence(enum status s)
{
	return message(wording_of(s).sentence);
}

const char *status_advice(enum status s)
{
	return message(wording_of(s).advice);
}

/* Both lines in one lock of the stream, so that another thread's line does not come between. */
static int print_error(enum status s, const char *advice, const char *what, va_list args) PRINTF_LIKE(3, 0);

static int print_error(enum status s, const char *advice, const char *what, va_list args)
{
	flockfile(stderr);
	(void)fprintf(stderr, "%s: ", status_code(s)); /* nowhere to report that it failed, here and below */
	if (what == NULL)
		(void)fputs(status_sentence(s), stderr);
	else
		(void)vfprintf(stderr, what, args);
	(void)fprintf(stderr, advice[0] == '\0' ? "\n%s" : "\n  %s\n", advice);
	funlockfile(stderr);
	return status_exit(s);
}

int say_error(enum status s, const char *what, ...)
{
	va_list args;
	va_start(args, what);
	int exit_status = print_error(s, status_advice(s), what, args);
	va_end(args);
	return exit_status;
}

int say_error_advice(enum status s, const char *advice, const char *what, ...)
{
	va_list args;
	va_start(args, what);
	int exit_status = print_error(s, advice, what, args);
	va_end(args);
	return exit_status;
}

void say(const char *format, ...)
{
	if (quiet)
		return;
	va_list args;
	va_start(args, format);
	flockfile(stderr);
	(void)vfprintf(stderr, format, args); /* nowhere to report that it failed */
	(void)fputc('\n', stderr);
	funlockfile(stderr);
	va_end(args);
}

void say_quietly(void)
{
	quiet = true;
}
