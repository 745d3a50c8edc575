#include "agent/service.h"

#include "agent/queue.h"
#include "agent/schedule.h"
#include "agent/service_wait.h"
#include "agent/spool.h"
#include "agent/sync.h"
#include "agent/trouble.h"
#include "config/log.h"
#include "config/notify.h"

enum {
	LOOK_MS = 2 * 1000,             /* how long others may go on writing before their work is looked at */
	LOOK_ANYWAY_MS = 5 * 60 * 1000, /* a spool folder on another machine gives no sign */
	LOOK_AGAIN_MS = 60 * 1000,      /* what cannot be watched, a file that could not be taken */
};

/* Times are those of waiter_now, but for what is stored and shown. */
struct service {
	struct session *session;
	struct agent *agent;
	struct waiter *waiter;
	int64_t next_sync;
	int64_t next_alive;
	int64_t alive_every_ms; /* -1: nobody wants to hear */
	int64_t failures;
	int64_t spool_wait_ms;
	enum status spool_status; /* said once when it changes */
	bool spool_watched;
	bool data_watched;
};

static int64_t least(int64_t a, int64_t b)
{
	return a < b ? a : b;
}

/* The word that the work goes on comes from the work: between steps of the loop, of an import, of an exchange. */
static void show_life(void *context)
{
	struct service *service = context;
	int64_t now = waiter_now();
	if (service->alive_every_ms < 0 || now < service->next_alive)
		return;
	notify_alive();
	service->next_alive = now + service->alive_every_ms;
}

static bool shall_stop(void *context)
{
	struct service *service = context;
	show_life(service);
	return waiter_stopped(service->waiter);
}

static void import_spool(struct service *service)
{
	const struct setup *setup = &service->session->setup;
	const struct spool_plan plan = {.folder = setup->spool,
					.keep_days = setup->keep_imported_days,
					.stopped = shall_stop,
					.context = service};
	struct spool_report report;
	waiter_forget(service->waiter, WAKE_SPOOL);
	service->spool_watched = waiter_watch(service->waiter, WAKE_SPOOL, setup->spool);
	enum status s = spool_scan(service->agent, &plan, &report);
	if (s != service->spool_status && s != STATUS_OK && s != STATUS_STOPPED)
		log_event(LOG_WARNING, "spool status=%s path=%s", status_code(s), setup->spool);
	service->spool_status = s;
	service->spool_wait_ms = report.wait_ms;
}

/* For people: the wall clock's name for the time of the plan. */
static void note_plan(const struct service *service)
{
	int64_t at = agent_now(service->agent) + (service->next_sync - waiter_now());
	enum status s = store_set_number(service->agent->db, STORE_NEXT_ATTEMPT, at);
	if (s != STATUS_OK)
		log_event(LOG_WARNING, "next attempt not kept status=%s", status_code(s));
}

static void plan(struct service *service, enum status outcome, const struct sync_report *report)
{
	int64_t wait_ms = 0;
	service->failures = sync_failures(report, outcome, service->failures);
	if (outcome == STATUS_OK)
		wait_ms = schedule_interval_ms(agent_now(service->agent), service->session->setup.sync_minutes);
	else
		wait_ms = schedule_backoff_ms(service->failures, report->retry_after_s, random_u64());
	service->next_sync = waiter_now() + wait_ms;
	note_plan(service);
}

/*
 * A plan that is still stored was cut short, by the power or a crash: it is gone on with, so that neither a PC that
 * restarts again and again nor all PCs of a province at once call on the hub.
 */
static enum status resume_plan(struct service *service)
{
	int64_t planned = TIME_UNSET;
	enum status s = store_number(service->agent->db, STORE_NEXT_ATTEMPT, TIME_UNSET, &planned);
	if (s == STATUS_OK)
		s = store_number(service->agent->db, STORE_FAILURES, 0, &service->failures);
	service->next_sync = waiter_now();
	if (s == STATUS_OK && planned != TIME_UNSET)
		service->next_sync += schedule_resume_ms(agent_now(service->agent), planned, random_u64());
	return s;
}

/* The transport lives for the exchange only: idle, nothing of TLS is in memory. */
static void sync_now(struct service *service)
{
	struct agent *a = service->agent;
	const struct setup *setup = &service->session->setup;
	struct store_tip tip = {.sealed_at = TIME_UNSET};
	struct sync_report report = {.retry_after_s = -1};
	enum status s = store_get_tip(a->db, &a->incarnation, &tip);
	const struct uplink_care care = {.stop = waiter_stop_handle(service->waiter),
					 .every_ms = service->alive_every_ms,
					 .alive = show_life,
					 .context = service};
	a->world.transport = uplink_transport_new(setup->uplink[0] == '\0' ? NULL : setup->uplink, &care);
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
	if (s != STATUS_STOPPED || !waiter_stopped(service->waiter))
		plan(service, s, &report);
}

static bool sync_due(struct service *service)
{
	if (waiter_now() >= service->next_sync)
		return true;
	if (service->failures > 0)
		return false;
	struct queue_counts counts;
	return queue_count(service->agent, &counts) == STATUS_OK &&
	       counts.waiting >= service->session->setup.sync_after;
}

/* Until nothing is due any more: what was written meanwhile, by us or by others, was looked at. */
static void work(struct service *service)
{
	bool due = true;
	while (due && !shall_stop(service)) {
		import_spool(service);
		waiter_forget(service->waiter, WAKE_DATA);
		due = sync_due(service);
		if (due && !shall_stop(service))
			sync_now(service);
	}
}

static int64_t time_to_wake(const struct service *service)
{
	int64_t now = waiter_now();
	bool again = !service->spool_watched || !service->data_watched || service->spool_status != STATUS_OK;
	int64_t until = least(service->next_sync, now + (again ? LOOK_AGAIN_MS : LOOK_ANYWAY_MS));
	if (service->spool_wait_ms >= 0)
		until = least(until, now + service->spool_wait_ms);
	return service->alive_every_ms < 0 ? until : least(until, service->next_alive);
}

static void wait_for_work(struct service *service)
{
	int64_t until = time_to_wake(service);
	/* After a failure the hub is left alone until the time is up, whatever comes in. */
	unsigned heed = service->failures > 0 ? WAKE_ALL & ~(unsigned)WAKE_DATA : WAKE_ALL;
	unsigned woken = waiter_wait(service->waiter, heed, until);
	if (woken == WAKE_DATA)
		woken |= waiter_wait(service->waiter, heed & ~(unsigned)WAKE_DATA,
				     least(until, waiter_now() + LOOK_MS));
	if ((woken & WAKE_CLOCK) != 0)
		note_plan(service);
}

static enum status start(struct service *service)
{
	/* Started again once it can be written, by whoever looks after services. */
	if (database_is_read_only(service->agent->db))
		return STATUS_DISK_READ_ONLY;
	/* Once at every start: what the disk did to the file shows before it is signed. */
	enum status s = database_check(service->agent->db);
	if (s == STATUS_OK)
		s = resume_plan(service);
	if (s != STATUS_OK)
		return s;
	if (!waiter_watch(service->waiter, WAKE_DATA, service->agent->dir))
		log_event(LOG_WARNING,
			  "the data directory cannot be watched: other processes' work waits for its time");
	log_event(LOG_NOTICE, "service started device=%s unit=%s", service->agent->device_text,
		  service->agent->unit);
	notify_ready();
	return STATUS_OK;
}

enum status service_run(struct session *session)
{
	struct service service = {
		.session = session,
		.agent = session->agent,
		.alive_every_ms = notify_every_ms(),
		.spool_wait_ms = -1,
		.spool_status = STATUS_OK,
	};
	enum status s = waiter_new(&service.waiter);
	if (s == STATUS_OK)
		s = start(&service);
	if (s == STATUS_OK) {
		/* What is taken in must go into the database that is there. */
		while (!shall_stop(&service) && (s = agent_check_file(service.agent)) == STATUS_OK) {
			work(&service);
			if (!database_sync_failed(service.agent->db))
				wait_for_work(&service);
		}
		notify_stopping();
		if (store_set_number(service.agent->db, STORE_NEXT_ATTEMPT, TIME_UNSET) != STATUS_OK)
			log_event(LOG_WARNING, "next attempt not cleared");
		log_event(LOG_NOTICE, "service stopped status=%s", status_code(s));
	}
	waiter_free(service.waiter);
	return s;
}
