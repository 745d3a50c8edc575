#include "config/machine.h"

#include <windows.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/system_windows.h"

enum { NS_PER_FILETIME = 100 };

void machine_own_id(char ret_id[static MACHINE_TEXT])
{
	wchar_t guid[MACHINE_TEXT];
	DWORD size = sizeof(guid);
	/* The 64-bit view, whatever this program was built for. */
	LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE, L"SOFTWARE\\Microsoft\\Cryptography", L"MachineGuid",
				     RRF_RT_REG_SZ | RRF_SUBKEY_WOW6464KEY, NULL, guid, &size);
	char *text = error == ERROR_SUCCESS ? narrow_of(guid) : NULL;
	(void)snprintf(ret_id, MACHINE_TEXT, "%s",
		       text == NULL ? "" : text); /* as long as the room it was read to */
	free(text);
}

/* Windows counts its starts; one out of hibernation is the same start, for us as for it. */
void machine_boot(char ret_id[static MACHINE_TEXT])
{
	DWORD number = 0;
	DWORD size = sizeof(number);
	LSTATUS error = RegGetValueW(HKEY_LOCAL_MACHINE,
				     L"SYSTEM\\CurrentControlSet\\Control\\Session Manager\\Memory Management"
				     L"\\PrefetchParameters",
				     L"BootId", RRF_RT_REG_DWORD, NULL, &number, &size);
	ret_id[0] = '\0';
	if (error == ERROR_SUCCESS)
		(void)snprintf(ret_id, MACHINE_TEXT, "%lu", (unsigned long)number); /* ten digits fit */
}

enum status file_place(const char *path, struct file_place *ret_place)
{
	BY_HANDLE_FILE_INFORMATION info;
	FILE_BASIC_INFO times;
	wchar_t *wide = wide_of(path);
	if (wide == NULL)
		return STATUS_NO_MEMORY;
	HANDLE file =
		CreateFileW(wide, FILE_READ_ATTRIBUTES, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE,
			    NULL, OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
	enum status s = file == INVALID_HANDLE_VALUE ? status_of_windows(GetLastError()) : STATUS_OK;
	free(wide);
	if (s != STATUS_OK)
		return s;
	if (GetFileInformationByHandle(file, &info) &&
	    GetFileInformationByHandleEx(file, FileBasicInfo, &times, sizeof(times)))
		*ret_place = (struct file_place){
			.number = (uint64_t)info.nFileIndexHigh << 32 | info.nFileIndexLow,
			.touched_ns = (int64_t)((uint64_t)times.ChangeTime.QuadPart * NS_PER_FILETIME),
		};
	else
		s = status_of_windows(GetLastError());
	(void)CloseHandle(file); /* only asked */
	return s;
}
