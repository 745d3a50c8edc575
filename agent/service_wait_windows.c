#include "agent/service_wait.h"

#include <windows.h>

#include <stdlib.h>

#include "config/system_windows.h"

enum {
	EVENTS_WORDS = 1024,
	CLOCK_SLACK_MS = 2000,
	FILETIME_PER_MS = 10000,
	IS_SET = 0 /* WAIT_OBJECT_0, which WIN32_NO_STATUS takes away */
};

/* A folder under watch: the system notes what happens in it from one reading to the next. */
struct watch {
	HANDLE folder; /* NULL: none */
	OVERLAPPED reading;
	DWORD events[EVENTS_WORDS];
};

struct waiter {
	HANDLE stop;   /* stays set */
	HANDLE clock;  /* the service manager's word that the clock was set, or the machine woke up */
	HANDLE count;  /* relative: not fooled by a clock that is set, but may stand still while the machine sleeps
			*/
	HANDLE moment; /* absolute: the other way round */
	int64_t clock_offset_ms;
	struct watch spool;
	struct watch data;
};

/* Handlers of the console and of the service manager get no context of ours; there is one service in a process. */
static HANDLE stop_event;
static HANDLE clock_event;

static BOOL WINAPI on_console(DWORD what)
{
	(void)what; /* Ctrl-C, Ctrl-Break, the window closed, the user or the machine leaves: all mean the same */
	return SetEvent(stop_event);
}

static DWORD WINAPI on_control(DWORD what, DWORD kind, LPVOID data, LPVOID context)
{
	(void)kind, (void)data, (void)context; /* the system's signature */
	switch (what) {
	case SERVICE_CONTROL_STOP:
	case SERVICE_CONTROL_SHUTDOWN:
		return SetEvent(stop_event) ? NO_ERROR : GetLastError();
	case SERVICE_CONTROL_TIMECHANGE:
	case SERVICE_CONTROL_POWEREVENT:
		return SetEvent(clock_event) ? NO_ERROR : GetLastError();
	case SERVICE_CONTROL_INTERROGATE:
		return NO_ERROR;
	default:
		return ERROR_CALL_NOT_IMPLEMENTED;
	}
}

static int64_t wall_ms(void)
{
	FILETIME now;
	GetSystemTimeAsFileTime(&now);
	return ms_of_filetime((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime);
}

int64_t waiter_now(void)
{
	return (int64_t)GetTickCount64(); /* counts while the machine sleeps, too */
}

enum status waiter_new(struct waiter **ret_waiter)
{
	struct waiter *w = calloc(1, sizeof(*w));
	if (w == NULL)
		return STATUS_NO_MEMORY;
	w->stop = CreateEventW(NULL, TRUE, FALSE, NULL);
	w->clock = CreateEventW(NULL, FALSE, FALSE, NULL);
	w->count = CreateWaitableTimerW(NULL, TRUE, NULL);
	w->moment = CreateWaitableTimerW(NULL, TRUE, NULL);
	w->clock_offset_ms = wall_ms() - waiter_now();
	stop_event = w->stop;
	clock_event = w->clock;
	if (w->stop == NULL || w->clock == NULL || w->count == NULL || w->moment == NULL ||
	    !SetConsoleCtrlHandler(on_console, TRUE)) {
		waiter_free(w);
		return STATUS_BUSY;
	}
	/* Fails where no service manager has started us: then nobody is told, and the console stops us. */
	notify_manager(RegisterServiceCtrlHandlerExW(L"motcua-agent", on_control, NULL));
	*ret_waiter = w;
	return STATUS_OK;
}

static void end_watch(struct watch *watch)
{
	DWORD n = 0;
	if (watch->folder == NULL)
		return;
	/* The system writes into our memory until the reading has ended. */
	if (CancelIoEx(watch->folder, &watch->reading) || GetLastError() != ERROR_NOT_FOUND)
		(void)GetOverlappedResult(watch->folder, &watch->reading, &n, TRUE); /* its end is all we want */
	(void)CloseHandle(watch->reading.hEvent); /* nobody waits for it any more */
	(void)CloseHandle(watch->folder);
	watch->folder = NULL;
}

static void close_if_open(HANDLE handle)
{
	if (handle != NULL)
		(void)CloseHandle(handle); /* nothing was written to it */
}

void waiter_free(struct waiter *w)
{
	if (w == NULL)
		return;
	(void)SetConsoleCtrlHandler(on_console, FALSE); /* fails where it was not set */
	end_watch(&w->spool);
	end_watch(&w->data);
	close_if_open(w->stop);
	close_if_open(w->clock);
	close_if_open(w->count);
	close_if_open(w->moment);
	free(w);
}

static bool read_on(struct watch *watch)
{
	const DWORD what = FILE_NOTIFY_CHANGE_FILE_NAME | FILE_NOTIFY_CHANGE_LAST_WRITE | FILE_NOTIFY_CHANGE_SIZE;
	return ResetEvent(watch->reading.hEvent) &&
	       ReadDirectoryChangesW(watch->folder, watch->events, sizeof(watch->events), FALSE, what, NULL,
				     &watch->reading, NULL);
}

static struct watch *watch_of(struct waiter *w, enum wake which)
{
	return which == WAKE_SPOOL ? &w->spool : &w->data;
}

bool waiter_watch(struct waiter *w, enum wake which, const char *folder)
{
	struct watch *watch = watch_of(w, which);
	if (watch->folder != NULL)
		return true;
	wchar_t *path = wide_of(folder);
	HANDLE handle =
		path == NULL ? INVALID_HANDLE_VALUE
			     : CreateFileW(path, FILE_LIST_DIRECTORY,
					   FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
					   OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS | FILE_FLAG_OVERLAPPED, NULL);
	free(path);
	if (handle == INVALID_HANDLE_VALUE)
		return false;
	*watch = (struct watch){.folder = handle, .reading = {.hEvent = CreateEventW(NULL, TRUE, FALSE, NULL)}};
	if (watch->reading.hEvent != NULL && read_on(watch))
		return true;
	close_if_open(watch->reading.hEvent);
	close_if_open(handle);
	watch->folder = NULL;
	return false;
}

void waiter_forget(struct waiter *w, enum wake which)
{
	struct watch *watch = watch_of(w, which);
	while (watch->folder != NULL && WaitForSingleObject(watch->reading.hEvent, 0) == IS_SET) {
		DWORD n = 0;
		/* It fails where the folder is gone; no bytes mean that more happened than there was room for. */
		if (!GetOverlappedResult(watch->folder, &watch->reading, &n, FALSE) || !read_on(watch))
			end_watch(watch);
	}
}

static bool set_timers(const struct waiter *w, int64_t left_ms)
{
	FILETIME now;
	GetSystemTimeAsFileTime(&now);
	LARGE_INTEGER relative = {.QuadPart = -left_ms * FILETIME_PER_MS};
	LARGE_INTEGER absolute = {.QuadPart = (int64_t)((uint64_t)now.dwHighDateTime << 32 | now.dwLowDateTime) +
					      left_ms * FILETIME_PER_MS};
	return SetWaitableTimer(w->count, &relative, 0, NULL, NULL, FALSE) &&
	       SetWaitableTimer(w->moment, &absolute, 0, NULL, NULL, FALSE);
}

/* True if the wall clock went another way than the clock nobody sets, since the last look. */
static bool clock_was_set(struct waiter *w)
{
	int64_t offset_ms = wall_ms() - waiter_now();
	int64_t moved_ms = offset_ms - w->clock_offset_ms;
	w->clock_offset_ms = offset_ms;
	return moved_ms > CLOCK_SLACK_MS || moved_ms < -CLOCK_SLACK_MS;
}

static bool is_set(HANDLE handle)
{
	return handle != NULL && WaitForSingleObject(handle, 0) == IS_SET;
}

static unsigned look(struct waiter *w, unsigned heed)
{
	unsigned woken = is_set(w->stop) ? WAKE_STOP : 0;
	if (w->spool.folder != NULL && is_set(w->spool.reading.hEvent))
		woken |= WAKE_SPOOL;
	if (w->data.folder != NULL && is_set(w->data.reading.hEvent))
		woken |= WAKE_DATA;
	if (clock_was_set(w))
		woken |= WAKE_CLOCK;
	return woken & heed;
}

unsigned waiter_wait(struct waiter *w, unsigned heed, int64_t until_ms)
{
	HANDLE handles[6] = {w->count, w->moment, w->clock};
	DWORD n = 3;
	if ((heed & WAKE_STOP) != 0)
		handles[n++] = w->stop;
	if ((heed & WAKE_SPOOL) != 0 && w->spool.folder != NULL)
		handles[n++] = w->spool.reading.hEvent;
	if ((heed & WAKE_DATA) != 0 && w->data.folder != NULL)
		handles[n++] = w->data.reading.hEvent;
	for (;;) {
		int64_t left_ms = until_ms - waiter_now();
		unsigned woken = look(w, heed);
		if (woken != 0 || left_ms <= 0)
			return woken;
		/* A timer that fired too early, because the clock was set or the machine slept, is set anew. */
		if (!set_timers(w, left_ms) || WaitForMultipleObjects(n, handles, FALSE, INFINITE) == WAIT_FAILED)
			return 0;
	}
}

bool waiter_stopped(struct waiter *w)
{
	return is_set(w->stop);
}

intptr_t waiter_stop_handle(const struct waiter *w)
{
	return (intptr_t)w->stop;
}
