#include "config/rights.h"

#include <windows.h>

#include <aclapi.h>
#include <stdio.h>
#include <stdlib.h>

#include "config/system_windows.h"

enum { NAME_ROOM = 257 };

static const ACCESS_MASK writing = FILE_WRITE_DATA | FILE_APPEND_DATA | FILE_DELETE_CHILD | WRITE_DAC | WRITE_OWNER;

static void put_owner(HANDLE file, char ret_owner[static RIGHTS_TEXT])
{
	PSID owner = NULL;
	PSECURITY_DESCRIPTOR descriptor = NULL;
	wchar_t name[NAME_ROOM];
	wchar_t domain[NAME_ROOM];
	DWORD name_room = NAME_ROOM;
	DWORD domain_room = NAME_ROOM;
	SID_NAME_USE use = SidTypeUnknown;
	char *text = NULL;
	if (GetSecurityInfo(file, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION, &owner, NULL, NULL, NULL,
			    &descriptor) != ERROR_SUCCESS)
		return;
	if (LookupAccountSidW(NULL, owner, name, &name_room, domain, &domain_room, &use))
		text = narrow_of(name);
	(void)snprintf(ret_owner, RIGHTS_TEXT, "%s", text == NULL ? "?" : text); /* cut is fine */
	free(text);
	(void)LocalFree(descriptor); /* owner lies in it */
}

/* The owner, the system and administrators, and nobody else: by their numbers, which are the same in every
 * language. */
static void put_remedy(const wchar_t *path, bool folder, char ret_remedy[static RIGHTS_TEXT])
{
	char text[RIGHTS_TEXT];
	int narrowed = WideCharToMultiByte(CP_UTF8, 0, path, -1, text, sizeof(text), NULL, NULL);
	const char *all = folder ? "(OI)(CI)F" : "F";
	int len =
		narrowed <= 0
			? -1
			: snprintf(
				  ret_remedy, RIGHTS_TEXT,
				  "icacls \"%s\" /inheritance:r /grant:r *S-1-3-4:%s *S-1-5-18:%s *S-1-5-32-544:%s",
				  text, all, all, all);
	/* Half a command is worse than none. */
	if (len < 0 || len >= RIGHTS_TEXT)
		ret_remedy[0] = '\0';
}

static enum rights judge(HANDLE file, enum rights_kind kind)
{
	BY_HANDLE_FILE_INFORMATION info;
	const DWORD other = FILE_ATTRIBUTE_REPARSE_POINT | FILE_ATTRIBUTE_DIRECTORY;
	if (kind != RIGHTS_FOLDER && GetFileInformationByHandle(file, &info) &&
	    (info.dwFileAttributes & other) != 0)
		return RIGHTS_NO_FILE;
	if (kind == RIGHTS_FILE)
		return RIGHTS_GOOD;
	ACCESS_MASK forbidden = kind == RIGHTS_SECRET ? writing | FILE_READ_DATA : writing;
	return others_may(file, forbidden) ? RIGHTS_TOO_OPEN : RIGHTS_GOOD;
}

enum rights rights_judge(const char *path, enum rights_kind kind, char ret_owner[static RIGHTS_TEXT],
			 char ret_remedy[static RIGHTS_TEXT])
{
	ret_owner[0] = '\0';
	ret_remedy[0] = '\0';
	wchar_t *wide = wide_of(path);
	if (wide == NULL)
		return RIGHTS_GOOD;
	HANDLE file = CreateFileW(
		wide, READ_CONTROL | FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
		NULL, OPEN_EXISTING,
		FILE_FLAG_BACKUP_SEMANTICS | (kind == RIGHTS_FOLDER ? 0 : FILE_FLAG_OPEN_REPARSE_POINT), NULL);
	enum rights found = RIGHTS_GOOD;
	if (file == INVALID_HANDLE_VALUE) {
		/* Not even its rights may be seen: it is somebody else's, and only he can hand it over. */
		found = GetLastError() == ERROR_ACCESS_DENIED ? RIGHTS_FOREIGN : RIGHTS_GOOD;
	} else {
		found = judge(file, kind);
		put_owner(file, ret_owner);
		(void)CloseHandle(file); /* only asked */
	}
	if (found == RIGHTS_FOREIGN)
		(void)snprintf(ret_owner, RIGHTS_TEXT, "?");
	if (found == RIGHTS_TOO_OPEN || found == RIGHTS_FOREIGN)
		put_remedy(wide, kind == RIGHTS_FOLDER, ret_remedy);
	free(wide);
	return found;
}
