#include "hub/refold.h"

#include "hub/state.h"

static enum status is_due(struct hub *hub, bool *ret_due)
{
	struct query q = query_start(hub->db, "SELECT 1 FROM note WHERE name = 'refold'");
	*ret_due = query_row(&q);
	return query_finish(&q);
}

static enum status refold(struct hub *hub)
{
	struct state state = state_of(hub);
	enum status s = state_refresh(&state);
	state_clear(&state);
	return s == STATUS_OK ? database_script(hub->db, "DELETE FROM note WHERE name = 'refold'") : s;
}

enum status refold_if_due(struct hub *hub)
{
	bool due = false;
	struct hub_transaction t;
	enum status s = is_due(hub, &due);
	if (s != STATUS_OK || !due)
		return s;
	s = hub_begin(hub, &t);
	return s == STATUS_OK ? hub_end(&t, refold(hub)) : s;
}
