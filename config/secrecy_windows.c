#include "config/secrecy.h"

#include <windows.h>

#include <aclapi.h>
#include <sddl.h>

/* No other program may read this process's memory: the list names the system alone, and what the rest may do. */
static enum status shut_memory(void)
{
	static const wchar_t text[] = L"D:P(A;;GA;;;SY)(A;;0x101401;;;BA)(A;;0x101401;;;OW)";
	PSECURITY_DESCRIPTOR descriptor = NULL;
	PACL list = NULL;
	BOOL present = FALSE;
	BOOL defaulted = FALSE;
	if (!ConvertStringSecurityDescriptorToSecurityDescriptorW(text, SDDL_REVISION_1, &descriptor, NULL))
		return STATUS_NO_MEMORY;
	/* 0x101401: SYNCHRONIZE, PROCESS_QUERY_LIMITED_INFORMATION, PROCESS_QUERY_INFORMATION, PROCESS_TERMINATE.
	 */
	DWORD error = GetSecurityDescriptorDacl(descriptor, &present, &list, &defaulted) && present
			      ? SetSecurityInfo(GetCurrentProcess(), SE_KERNEL_OBJECT,
						DACL_SECURITY_INFORMATION | PROTECTED_DACL_SECURITY_INFORMATION,
						NULL, NULL, list, NULL)
			      : ERROR_INVALID_ACL;
	(void)LocalFree(descriptor); /* the list lies in it */
	return error == ERROR_SUCCESS ? STATUS_OK : STATUS_PERMISSION;
}

enum status secrecy_begin(void)
{
	/* No window asks what to do after a crash, and the error reporting takes no copy of the memory along. */
	(void)SetErrorMode(SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX);
	return shut_memory();
}
