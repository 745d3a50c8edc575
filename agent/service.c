#include "agent/service.h"

#include <errno.h>
#include <signal.h>
#include <sys/select.h>
#include <time.h>
#include <unistd.h>

#include "agent/queue.h"
#include "agent/schedule.h"
#include "agent/spool.h"
#include "agent/sync.h"
#include "agent/trouble.h"
#include "config/datadir.h"
#include "config/log.h"

enum {
	WAKE_MS = 60 * 1000,             /* how soon work of other processes is noticed */
	TOO_FAR_MS = 25 * 60 * 60 * 1000 /* no plan is longer: the clock was set */
};

struct service {
	struct session *session;
	struct agent *agent;
	int watch;
	int64_t next_sync;
	int64_t failures;
	int64_t spool_wait_ms;
	enum status spool_status; /* said once when it changes */
};

static volatile sig_atomic_t stop_asked;

static void on_signal(int number)
{
	(void)number;
	stop_asked = 1;
}

static enum status catch_signals(void)
{
	struct sigaction action = {.sa_handler = on_signal, .sa_flags = SA_RESTART};
	struct sigaction ignore = {.sa_handler = SIG_IGN};
	(void)sigemptyset(&action.sa_mask); /* cannot fail */
	stop_asked = 0;
	if (sigaction(SIGTERM, &action, NULL) != 0 || sigaction(SIGINT, &action, NULL) != 0 ||
	    sigaction(SIGPIPE, &ignore, NULL) != 0)
		return status_of_errno(errno);
	return STATUS_OK;
}

static void import_spool(struct service *service)
{
	const struct setup *setup = &service->session->setup;
	struct spool_report report = {.wait_ms = -1};
	if (service->watch < 0)
		service->watch = spool_watch(setup->spool);
	enum status s = spool_scan(service->agent, setup->spool, setup->keep_imported_days, &report);
	if (s != service->spool_status && s != STATUS_OK)
		log_event(LOG_WARNING, "spool status=%s path=%s", status_code(s), setup->spool);
	service->spool_status = s;
	service->spool_wait_ms = report.wait_ms;
}

static void plan(struct service *service, enum status outcome, int64_t retry_after_s)
{
	int64_t now = agent_now(service->agent);
	if (outcome == STATUS_OK) {
		service->failures = 0;
		service->next_sync = now + schedule_interval_ms(now, service->session->setup.sync_minutes);
	} else {
		service->failures++;
		service->next_sync = now + schedule_backoff_ms(service->failures, retry_after_s, random_u64());
	}
	enum status s = store_set_number(service->agent->db, STORE_NEXT_ATTEMPT, service->next_sync);
	if (s != STATUS_OK)
		log_event(LOG_WARNING, "next attempt not kept status=%s", status_code(s));
}

/* The transport lives for the exchange only: idle, nothing of TLS is in memory. */
static void sync_now(struct service *service)
{
	struct agent *a = service->agent;
	const struct setup *setup = &service->session->setup;
	struct store_tip tip = {.sealed_at = TIME_UNSET};
	struct sync_report report = {.retry_after_s = -1};
	enum status s = store_get_tip(a->db, &a->incarnation, &tip);
	a->world.transport = uplink_transport_new(setup->uplink[0] == '\0' ? NULL : setup->uplink);
	if (s == STATUS_OK)
		s = sync_run(a, schedule_heartbeat_due(agent_now(a), tip.sealed_at), &report);
	if (a->world.transport != NULL)
		a->world.transport->close(a->world.transport);
	a->world.transport = NULL;
	log_event(s == STATUS_OK ? LOG_NOTICE : LOG_WARNING,
		  "sync status=%s sealed=%lld acknowledged=%lld refused=%lld ignored=%lld waiting=%lld",
		  status_code(s), (long long)report.sealed, (long long)report.settlement.acknowledged,
		  (long long)report.settlement.refused, (long long)report.settlement.ignored,
		  (long long)report.waiting);
	if (report.lives > 0)
		log_event(LOG_WARNING, "trouble=%s incarnation=%llu", trouble_name(TROUBLE_DB_ROLLED_BACK),
			  (unsigned long long)a->incarnation.ordinal);
	if (report.settlement.hub_went_back)
		log_event(LOG_WARNING, "trouble=%s", trouble_name(TROUBLE_HUB_REGRESSED));
	plan(service, s, report.retry_after_s);
}

static bool sync_due(struct service *service)
{
	int64_t now = agent_now(service->agent);
	if (now >= service->next_sync || service->next_sync > now + TOO_FAR_MS)
		return true;
	if (service->failures > 0)
		return false;
	struct queue_counts counts;
	return queue_count(service->agent, &counts) == STATUS_OK &&
	       counts.waiting >= service->session->setup.sync_after;
}

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

static struct timespec time_to_wait(struct service *service)
{
	int64_t wait_ms = least(WAKE_MS, service->next_sync - agent_now(service->agent));
	if (service->spool_wait_ms >= 0)
		wait_ms = least(wait_ms, service->spool_wait_ms);
	if (wait_ms < 0)
		wait_ms = 0;
	return (struct timespec){.tv_sec = (time_t)(wait_ms / 1000), .tv_nsec = (long)(wait_ms % 1000) * 1000000L};
}

/* The signals are blocked between looking at the flag and sleeping, so that none is missed. */
static void wait_for_work(struct service *service)
{
	const struct timespec timeout = time_to_wait(service);
	sigset_t ours;
	sigset_t before;
	fd_set readable;
	(void)sigemptyset(&ours); /* these cannot fail for a valid signal */
	(void)sigaddset(&ours, SIGTERM);
	(void)sigaddset(&ours, SIGINT);
	FD_ZERO(&readable);
	bool watching = service->watch >= 0 && service->watch < FD_SETSIZE;
	if (watching)
		FD_SET(service->watch, &readable);
	if (sigprocmask(SIG_BLOCK, &ours, &before) != 0)
		return;
	if (stop_asked == 0 &&
	    pselect(watching ? service->watch + 1 : 0, &readable, NULL, NULL, &timeout, &before) > 0)
		spool_watch_drain(service->watch);
	(void)sigprocmask(SIG_SETMASK, &before, NULL); /* a mask that was in force is valid */
}

enum status service_run(struct session *session)
{
	struct service service = {
		.session = session,
		.agent = session->agent,
		.watch = -1,
		.spool_wait_ms = -1,
		.spool_status = STATUS_OK,
	};
	enum status s = catch_signals();
	if (s != STATUS_OK)
		return s;
	/* Once at every start: what the disk did to the file shows before it is signed. */
	s = database_check(service.agent->db);
	if (s != STATUS_OK)
		return s;
	log_event(LOG_NOTICE, "service started device=%s unit=%s", service.agent->device_text, service.agent->unit);
	/* What is taken in must go into the database that is there. */
	while (stop_asked == 0 && (s = agent_check_file(service.agent)) == STATUS_OK) {
		import_spool(&service);
		if (sync_due(&service))
			sync_now(&service);
		wait_for_work(&service);
	}
	if (service.watch >= 0)
		(void)close(service.watch); /* only watched */
	if (store_set_number(service.agent->db, STORE_NEXT_ATTEMPT, TIME_UNSET) != STATUS_OK)
		log_event(LOG_WARNING, "next attempt not cleared");
	log_event(LOG_NOTICE, "service stopped status=%s", status_code(s));
	return s;
}
