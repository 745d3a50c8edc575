/*
 * What the *_windows.c files share: names, errors and access lists of the Win32 API. Only they include this.
 */
#ifndef MOTCUA_CONFIG_SYSTEM_WINDOWS_H
#define MOTCUA_CONFIG_SYSTEM_WINDOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/status.h"

/* The system's own STATUS_NO_MEMORY and the like would take the place of ours. */
#ifndef WIN32_NO_STATUS
#error "the build for Windows defines WIN32_NO_STATUS"
#endif

/* UTF-8 as the system's UTF-16, slashes turned; a new string the caller frees, NULL on no memory or no UTF-8. */
wchar_t *wide_of(const char *text);
/* The other way. */
char *narrow_of(const wchar_t *text);

/* GetLastError() as a status, as status_of_errno does it. */
enum status status_of_windows(unsigned long error);

/*
 * True if an account that is neither the owner nor this one nor the system nor an administrator has one of these
 * rights (an ACCESS_MASK) to an open file or folder; also if nobody restricts them. handle was opened with
 * READ_CONTROL.
 */
bool others_may(void *handle, unsigned long mask);
/*
 * The security of what is made for this account alone, folders' contents included: a SECURITY_DESCRIPTOR the caller
 * gives to LocalFree; NULL if the system has no memory for it.
 */
void *private_descriptor(void);

/* Milliseconds since 1970 of a FILETIME as one number. */
int64_t ms_of_filetime(uint64_t filetime);

/* The handle the service manager gave (a SERVICE_STATUS_HANDLE), for notify_windows.c; NULL: not a service. */
void notify_manager(void *handle);

/* The last error of this thread as a status. */
enum status windows_status(void);

/* All ways of sharing. */
enum { WINDOWS_SHARE_ALL = 7 };
/* CreateFileW on a path in UTF-8: INVALID_HANDLE_VALUE with the reason in GetLastError(). Close with windows_close.
 */
void *windows_open(const char *path, unsigned long access, unsigned long sharing, unsigned long how,
		   unsigned long flags);
void windows_close(void *handle);

#endif
