#include "config/rights.h"

#include <pwd.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { ACCOUNT_ROOM = 4096, OWNER_ROOM = 80 };

static void name_of(uid_t uid, char ret_name[static RIGHTS_TEXT])
{
	struct passwd account;
	struct passwd *found = NULL;
	char room[ACCOUNT_ROOM];
	if (getpwuid_r(uid, &account, room, sizeof(room), &found) == 0 && found != NULL)
		(void)snprintf(ret_name, RIGHTS_TEXT, "%s", account.pw_name); /* cut is fine */
	else
		(void)snprintf(ret_name, RIGHTS_TEXT, "%lld", (long long)uid); /* chown takes it */
}

/* In quotes where a shell would read the path as several words. */
static void put_command(char ret_remedy[static RIGHTS_TEXT], const char *command, const char *path)
{
	static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789/._-+:@";
	const char *quote = path[strspn(path, plain)] == '\0' ? "" : "'";
	int len = snprintf(ret_remedy, RIGHTS_TEXT, "%s %s%s%s", command, quote, path, quote);
	/* Half a command is worse than none. */
	if (len < 0 || len >= RIGHTS_TEXT)
		ret_remedy[0] = '\0';
}

static void put_owner_remedy(char ret_remedy[static RIGHTS_TEXT], enum rights_kind kind, const char *owner,
			     const char *path)
{
	char own[RIGHTS_TEXT];
	char command[OWNER_ROOM];
	if (kind == RIGHTS_FOLDER) {
		(void)snprintf(ret_remedy, RIGHTS_TEXT, "sudo -u %.64s ...", owner);
		return;
	}
	name_of(geteuid(), own);
	(void)snprintf(command, sizeof(command), "sudo chown %.64s", own);
	put_command(ret_remedy, command, path);
}

enum rights rights_judge(const char *path, enum rights_kind kind, char ret_owner[static RIGHTS_TEXT],
			 char ret_remedy[static RIGHTS_TEXT])
{
	struct stat info;
	ret_owner[0] = '\0';
	ret_remedy[0] = '\0';
	/* A data directory may be reached by a link; a key may not. */
	if ((kind == RIGHTS_FOLDER ? stat(path, &info) : lstat(path, &info)) != 0)
		return RIGHTS_GOOD;
	name_of(info.st_uid, ret_owner);
	if (kind != RIGHTS_FOLDER && !S_ISREG(info.st_mode))
		return RIGHTS_NO_FILE;
	if (geteuid() != 0 && info.st_uid != geteuid()) {
		put_owner_remedy(ret_remedy, kind, ret_owner, path);
		return RIGHTS_FOREIGN;
	}
	mode_t forbidden = kind == RIGHTS_FOLDER   ? S_IWGRP | S_IWOTH
			   : kind == RIGHTS_SECRET ? S_IRWXG | S_IRWXO
						   : 0;
	if ((info.st_mode & forbidden) == 0)
		return RIGHTS_GOOD;
	put_command(ret_remedy, kind == RIGHTS_FOLDER ? "chmod 700" : "chmod 600", path);
	return RIGHTS_TOO_OPEN;
}
