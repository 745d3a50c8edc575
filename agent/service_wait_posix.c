#include "agent/service_wait.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/inotify.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "config/datadir.h"

enum { EVENTS_ROOM = 4096, MS_PER_S = 1000, NS_PER_MS = 1000000 };

/* Later than any clock is set to: only its being set ends the wait for it. */
#define FAR_AHEAD_S ((time_t)253402300799)

/* A descriptor is -1 where there is none. */
struct waiter {
	int stop;
	int timer; /* counts while the system sleeps, too */
	int clock; /* cancelled when the wall clock is set */
	int spool;
	int data;
	bool stopped;
};

static enum status watch_signals(struct waiter *w)
{
	sigset_t ours;
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	(void)sigemptyset(&ours); /* these cannot fail for a valid signal */
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGINT);
	if (sigaction(SIGPIPE, &ignore, NULL) != 0 || sigprocmask(SIG_BLOCK, &ours, NULL) != 0)
		return status_of_errno(errno);
	w->stop = signalfd(-1, &ours, SFD_NONBLOCK | SFD_CLOEXEC);
	return w->stop < 0 ? status_of_errno(errno) : STATUS_OK;
}

static enum status watch_clock(struct waiter *w)
{
	const struct itimerspec far = {.it_value = {.tv_sec = FAR_AHEAD_S}};
	if (timerfd_settime(w->clock, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &far, NULL) == 0)
		return STATUS_OK;
	/* Set once more between two looks: the wait ends at once, which is right. */
	return errno == ECANCELED ? STATUS_OK : status_of_errno(errno);
}

enum status waiter_new(struct waiter **ret_waiter)
{
	struct waiter *w = malloc(sizeof(*w));
	if (w == NULL)
		return STATUS_NO_MEMORY;
	*w = (struct waiter){.stop = -1, .spool = -1, .data = -1};
	w->timer = timerfd_create(CLOCK_BOOTTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	w->clock = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC);
	enum status s = w->timer < 0 || w->clock < 0 ? status_of_errno(errno) : watch_clock(w);
	if (s == STATUS_OK)
		s = watch_signals(w);
	if (s == STATUS_OK)
		*ret_waiter = w;
	else
		waiter_free(w);
	return s;
}

static void close_if_open(int *fd)
{
	if (*fd >= 0)
		(void)close(*fd); /* only read from */
	*fd = -1;
}

void waiter_free(struct waiter *w)
{
	if (w == NULL)
		return;
	close_if_open(&w->stop);
	close_if_open(&w->timer);
	close_if_open(&w->clock);
	close_if_open(&w->spool);
	close_if_open(&w->data);
	free(w);
}

int64_t waiter_now(void)
{
	struct timespec now = {0};
	(void)clock_gettime(CLOCK_BOOTTIME, &now); /* cannot fail with this clock */
	return (int64_t)now.tv_sec * MS_PER_S + now.tv_nsec / NS_PER_MS;
}

static int *watch_of(struct waiter *w, enum wake which)
{
	return which == WAKE_SPOOL ? &w->spool : &w->data;
}

bool waiter_watch(struct waiter *w, enum wake which, const char *folder)
{
	int *fd = watch_of(w, which);
	const uint32_t gone = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;
	if (*fd >= 0)
		return true;
	*fd = inotify_init1(IN_NONBLOCK | IN_CLOEXEC);
	if (*fd >= 0 && inotify_add_watch(*fd, folder, IN_CLOSE_WRITE | IN_MOVED_TO | gone) < 0)
		close_if_open(fd);
	return *fd >= 0;
}

/* Reads away what happened. True if the folder itself is gone: nothing more comes of it. */
static bool read_events(int fd)
{
	_Alignas(struct inotify_event) char events[EVENTS_ROOM];
	bool gone = false;
	for (ssize_t n; (n = read(fd, events, sizeof(events))) > 0;) {
		for (const char *at = events; at < events + n;) {
			const struct inotify_event *event = (const void *)at;
			gone = gone || (event->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED)) != 0;
			at += sizeof(*event) + event->len;
		}
	}
	return gone;
}

void waiter_forget(struct waiter *w, enum wake which)
{
	int *fd = watch_of(w, which);
	if (*fd >= 0 && read_events(*fd))
		close_if_open(fd);
}

/* True if the wall clock was set since the last look. */
static bool clock_was_set(struct waiter *w)
{
	uint64_t times = 0;
	bool was_set = read(w->clock, &times, sizeof(times)) < 0 && errno == ECANCELED;
	return was_set && watch_clock(w) == STATUS_OK;
}

static bool set_timer(const struct waiter *w, int64_t until_ms)
{
	/* All zero would disarm it. */
	int64_t at_ms = until_ms > 1 ? until_ms : 1;
	const struct itimerspec at = {.it_value = {.tv_sec = (time_t)(at_ms / MS_PER_S),
						   .tv_nsec = (long)(at_ms % MS_PER_S * NS_PER_MS)}};
	return timerfd_settime(w->timer, TFD_TIMER_ABSTIME, &at, NULL) == 0;
}

unsigned waiter_wait(struct waiter *w, unsigned heed, int64_t until_ms)
{
	/* poll passes over descriptors below zero. */
	struct pollfd watched[] = {
		{.fd = w->timer, .events = POLLIN},
		{.fd = (heed & WAKE_STOP) != 0 ? w->stop : -1, .events = POLLIN},
		{.fd = (heed & WAKE_SPOOL) != 0 ? w->spool : -1, .events = POLLIN},
		{.fd = (heed & WAKE_DATA) != 0 ? w->data : -1, .events = POLLIN},
		{.fd = (heed & WAKE_CLOCK) != 0 ? w->clock : -1, .events = POLLIN},
	};
	unsigned woken = 0;
	if (!set_timer(w, until_ms) || poll(watched, sizeof(watched) / sizeof(watched[0]), -1) <= 0)
		return woken;
	if (watched[1].revents != 0)
		woken |= WAKE_STOP;
	if (watched[2].revents != 0)
		woken |= WAKE_SPOOL;
	if (watched[3].revents != 0)
		woken |= WAKE_DATA;
	if (watched[4].revents != 0 && clock_was_set(w))
		woken |= WAKE_CLOCK;
	return woken;
}

bool waiter_stopped(struct waiter *w)
{
	struct pollfd watched = {.fd = w->stop, .events = POLLIN};
	w->stopped = w->stopped || poll(&watched, 1, 0) > 0;
	return w->stopped;
}

intptr_t waiter_stop_handle(const struct waiter *w)
{
	return w->stop;
}
