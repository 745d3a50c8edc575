#include "hub/close.h"

#include "hub/closing_count.h"

/* *ret_revision is the next one's. STATUS_EXISTS with *ret_before. */
static enum status choose_revision(struct hub *hub, const struct close_plan *plan, int64_t *ret_revision,
				   struct closing *ret_before)
{
	struct closing before;
	enum status s = closing_find(hub->db, plan->period, plan->rule->name, &before);
	if (s == STATUS_EMPTY)
		*ret_revision = 1;
	if (s != STATUS_OK)
		return s == STATUS_EMPTY ? STATUS_OK : s;
	*ret_revision = before.revision + 1;
	if (!plan->again) {
		*ret_before = before;
		return STATUS_EXISTS;
	}
	closing_clear(&before);
	return *ret_revision > CLOSING_REVISIONS ? STATUS_LIMIT : STATUS_OK;
}

static enum status record(struct hub *hub, const char *who, const struct close_plan *plan,
			  struct closing *ret_closing)
{
	struct bytes body = bytes_new(LIMIT_ACT);
	struct closing closing = {
		.period = plan->period, .rule = *plan->rule, .today = date_of(hub_now(hub)), .revision = 1};
	enum status s = closing.today < plan->period.to ? STATUS_USAGE : STATUS_OK;
	if (s == STATUS_OK && registry_province(hub->registry) == UNIT_NONE)
		s = STATUS_EMPTY;
	if (s == STATUS_OK)
		s = choose_revision(hub, plan, &closing.revision, ret_closing);
	if (s == STATUS_OK)
		s = registry_reload(hub->registry, hub->db); /* days on which computers were heard of */
	if (s == STATUS_OK)
		s = closing_set_read(hub->db, &closing.set);
	if (s == STATUS_OK)
		s = closing_count(hub->db, hub->registry, &closing);
	if (s == STATUS_OK)
		s = closing_put(&closing, &body);
	if (s == STATUS_OK)
		s = act_record(hub, ACT_CLOSE, who, bytes_slice(&body));
	closing_clear(&closing);
	bytes_free(&body);
	return s == STATUS_OK ? closing_find(hub->db, plan->period, plan->rule->name, ret_closing) : s;
}

enum status close_period(struct hub *hub, const char *who, const struct close_plan *plan,
			 struct closing *ret_closing)
{
	struct hub_transaction t;
	struct closing closing = {0};
	enum status s = hub_begin(hub, &t);
	if (s != STATUS_OK)
		return s;
	s = record(hub, who, plan, &closing);
	bool stood = s == STATUS_EXISTS;
	s = hub_end(&t, s);
	if (s == STATUS_OK || stood)
		*ret_closing = closing;
	else
		closing_clear(&closing);
	return s;
}
