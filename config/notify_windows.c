#include "config/notify.h"

#include <windows.h>

#include "config/log.h"
#include "config/system_windows.h"

enum { STOP_HINT_MS = 30 * 1000 };

static SERVICE_STATUS_HANDLE manager;

void notify_manager(void *handle)
{
	manager = handle;
}

static void tell(DWORD state, DWORD accepted, DWORD hint_ms)
{
	SERVICE_STATUS status = {.dwServiceType = SERVICE_WIN32_OWN_PROCESS,
				 .dwCurrentState = state,
				 .dwControlsAccepted = accepted,
				 .dwWaitHint = hint_ms};
	if (manager != NULL && !SetServiceStatus(manager, &status))
		log_event(LOG_WARNING, "event=manager-not-told state=%lu error=%lu", (unsigned long)state,
			  (unsigned long)GetLastError());
}

static void tell_running(void)
{
	tell(SERVICE_RUNNING,
	     SERVICE_ACCEPT_STOP | SERVICE_ACCEPT_SHUTDOWN | SERVICE_ACCEPT_POWEREVENT | SERVICE_ACCEPT_TIMECHANGE,
	     0);
}

void notify_ready(void)
{
	tell_running();
}

/* The service manager has no watchdog to be told: notify_every_ms says so, and nobody calls this in vain. */
void notify_alive(void)
{
	tell_running();
}

void notify_stopping(void)
{
	tell(SERVICE_STOP_PENDING, 0, STOP_HINT_MS);
}

int64_t notify_every_ms(void)
{
	return -1;
}
