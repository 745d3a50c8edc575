#include "config/system_windows.h"

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>
#include <stdlib.h>

/* 1601 to 1970 in the 100 ns of a FILETIME. */
#define EPOCH_DIFFERENCE UINT64_C(116444736000000000)
enum { FILETIME_PER_MS = 10000 };

wchar_t *wide_of(const char *text)
{
	int n = MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, NULL, 0);
	wchar_t *wide = n > 0 ? calloc((size_t)n, sizeof(*wide)) : NULL;
	if (wide == NULL)
		return NULL;
	if (MultiByteToWideChar(CP_UTF8, MB_ERR_INVALID_CHARS, text, -1, wide, n) != n) {
		free(wide);
		return NULL;
	}
	for (wchar_t *at = wide; *at != L'\0'; at++)
		if (*at == L'/')
			*at = L'\\';
	return wide;
}

char *narrow_of(const wchar_t *text)
{
	int n = WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, -1, NULL, 0, NULL, NULL);
	char *narrow = n > 0 ? calloc((size_t)n, 1) : NULL;
	if (narrow == NULL)
		return NULL;
	if (WideCharToMultiByte(CP_UTF8, WC_ERR_INVALID_CHARS, text, -1, narrow, n, NULL, NULL) != n) {
		free(narrow);
		return NULL;
	}
	for (char *at = narrow; *at != '\0'; at++)
		if (*at == '\\')
			*at = '/';
	return narrow;
}

enum status status_of_windows(unsigned long error)
{
	switch (error) {
	case ERROR_DISK_FULL:
	case ERROR_HANDLE_DISK_FULL:
	case ERROR_NOT_ENOUGH_QUOTA:
		return STATUS_DISK_FULL;
	case ERROR_WRITE_PROTECT:
		return STATUS_DISK_READ_ONLY;
	case ERROR_ACCESS_DENIED:
	case ERROR_PRIVILEGE_NOT_HELD:
	case ERROR_DIRECTORY: /* a file where a folder is wanted */
		return STATUS_PERMISSION;
	case ERROR_FILE_NOT_FOUND:
	case ERROR_PATH_NOT_FOUND:
	case ERROR_BAD_NETPATH:
	case ERROR_INVALID_DRIVE:
		return STATUS_EMPTY;
	case ERROR_FILE_EXISTS:
	case ERROR_ALREADY_EXISTS:
		return STATUS_EXISTS;
	case ERROR_NOT_ENOUGH_MEMORY:
	case ERROR_OUTOFMEMORY:
		return STATUS_NO_MEMORY;
	case ERROR_TOO_MANY_OPEN_FILES:
	case ERROR_SHARING_VIOLATION:
	case ERROR_LOCK_VIOLATION:
		return STATUS_BUSY;
	default:
		return STATUS_DISK;
	}
}

/* The account this process runs under; false if it cannot be told. */
static bool is_own(PSID sid)
{
	union {
		TOKEN_USER user;
		BYTE room[sizeof(TOKEN_USER) + SECURITY_MAX_SID_SIZE];
	} own;
	HANDLE token = NULL;
	DWORD len = 0;
	if (!OpenProcessToken(GetCurrentProcess(), TOKEN_QUERY, &token))
		return false;
	bool same =
		GetTokenInformation(token, TokenUser, &own, sizeof(own), &len) && EqualSid(own.user.User.Sid, sid);
	(void)CloseHandle(token); /* only asked */
	return same;
}

static bool is_trusted(PSID sid, PSID owner)
{
	static const WELL_KNOWN_SID_TYPE known[] = {WinLocalSystemSid, WinBuiltinAdministratorsSid,
						    WinCreatorOwnerSid, WinCreatorOwnerRightsSid};
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (IsWellKnownSid(sid, known[i]))
			return true;
	return EqualSid(sid, owner) || is_own(sid);
}

/* Rights are stored mapped, but generic ones may stand where somebody wrote them by hand. */
static bool ace_lets(const ACE_HEADER *header, PSID owner, ACCESS_MASK mask)
{
	const ACCESS_ALLOWED_ACE *ace = (const void *)header;
	if ((header->AceFlags & INHERIT_ONLY_ACE) != 0 || header->AceType == ACCESS_DENIED_ACE_TYPE)
		return false;
	if ((ace->Mask & (mask | GENERIC_ALL | GENERIC_READ | GENERIC_WRITE)) == 0)
		return false;
	/* Conditional and foreign kinds are not understood here, so they count as open. */
	PSID sid = (PSID)(ULONG_PTR)&ace->SidStart;
	return header->AceType != ACCESS_ALLOWED_ACE_TYPE || !is_trusted(sid, owner);
}

bool others_may(void *handle, unsigned long mask)
{
	PSID owner = NULL;
	PACL list = NULL;
	PSECURITY_DESCRIPTOR descriptor = NULL;
	ACL_SIZE_INFORMATION size = {0};
	bool open = true;
	if (GetSecurityInfo(handle, SE_FILE_OBJECT, OWNER_SECURITY_INFORMATION | DACL_SECURITY_INFORMATION, &owner,
			    NULL, &list, NULL, &descriptor) != ERROR_SUCCESS)
		return true;
	/* Without a list everybody may everything. */
	if (list != NULL && GetAclInformation(list, &size, sizeof(size), AclSizeInformation)) {
		open = false;
		for (DWORD i = 0; !open && i < size.AceCount; i++) {
			void *ace = NULL;
			open = !GetAce(list, i, &ace) || ace_lets(ace, owner, mask);
		}
	}
	(void)LocalFree(descriptor); /* owner and list lie in it */
	return open;
}

void *private_descriptor(void)
{
	/* Owner, system and administrators, nothing inherited from above. */
	static const wchar_t text[] = L"D:P(A;OICI;FA;;;OW)(A;OICI;FA;;;SY)(A;OICI;FA;;;BA)";
	PSECURITY_DESCRIPTOR descriptor = NULL;
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, NULL))
		return NULL;
	return descriptor;
}

int64_t ms_of_filetime(uint64_t filetime)
{
	return ((int64_t)filetime - (int64_t)EPOCH_DIFFERENCE) / FILETIME_PER_MS;
}

_Static_assert(WINDOWS_SHARE_ALL == (FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE), "ways of sharing");

enum status windows_status(void)
{
	return status_of_windows(GetLastError());
}

void *windows_open(const char *path, unsigned long access, unsigned long sharing, unsigned long how,
		   unsigned long flags)
{
	wchar_t *wide = wide_of(path);
	if (wide == NULL) {
		SetLastError(ERROR_NOT_ENOUGH_MEMORY);
		return INVALID_HANDLE_VALUE;
	}
	HANDLE handle = CreateFileW(wide, access, sharing, NULL, how, flags, NULL);
	DWORD error = GetLastError();
	free(wide);
	SetLastError(error);
	return handle;
}

void windows_close(void *handle)
{
	(void)CloseHandle(handle); /* what was written was flushed before */
}
