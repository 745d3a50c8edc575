#include "hub/spans_quiet.h"

#include "config/log.h"
#include "hub/disk_space.h"
#include "hub/log_limit.h"

enum { LOCK_WAIT_MS = 1000 };

struct spans_quiet spans_quiet_new(void)
{
	return (struct spans_quiet){.pass = spans_pass_new(), .counted = -1};
}

void spans_quiet_clear(struct spans_quiet *q)
{
	spans_pass_clear(&q->pass);
}

/* Work that comes meanwhile has to wait as long. */
static enum status begin_soon(struct hub *hub, struct hub_transaction *t)
{
	const int wait_ms = hub->lock_wait_ms;
	if (wait_ms > LOCK_WAIT_MS)
		hub->lock_wait_ms = LOCK_WAIT_MS;
	enum status s = hub_begin(hub, t);
	hub->lock_wait_ms = wait_ms;
	return s;
}

/* Reports count what is left empty. */
static void say_left_empty(struct hub *hub, enum status s)
{
	if (log_limit_passes(hub->remarks, slice_str("spans"), hub_now(hub)))
		log_event(LOG_WARNING, "event=not-counted code=%s", status_code(s));
}

enum status spans_quiet_count(struct spans_quiet *q, struct hub *hub, bool *ret_more, bool *ret_wrote)
{
	struct hub_transaction t;
	*ret_more = false;
	*ret_wrote = false;
	if (q->counted == hub->last_entry || disk_is_short(hub))
		return STATUS_OK;
	if (q->pass.from.len == 0)
		q->begun = hub->last_entry;
	enum status s = begin_soon(hub, &t);
	if (s == STATUS_OK)
		s = hub_end(&t, spans_refresh_some(hub->db, hub->registry, SPAN_ROWS, SPANS_AT_ONCE, &q->pass,
						   ret_more));
	*ret_wrote = s == STATUS_OK;
	*ret_more = s == STATUS_OK && *ret_more;
	if (s == STATUS_OK && *ret_more)
		return s;
	if (s == STATUS_OK)
		q->counted = q->begun;
	if (s == STATUS_OK && q->pass.damaged > 0)
		say_left_empty(hub, STATUS_CORRUPT);
	if (s != STATUS_OK && s != STATUS_BUSY)
		say_left_empty(hub, s);
	spans_pass_clear(&q->pass);
	return s;
}
