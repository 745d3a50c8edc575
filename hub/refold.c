#include "hub/refold.h"

#include "hub/state.h"

static enum status find_due(struct hub *hub, bool *ret_dossiers, bool *ret_mentions)
{
	struct query q = query_start(hub->db, "SELECT EXISTS (SELECT 1 FROM note WHERE name = 'refold'),"
					      " EXISTS (SELECT 1 FROM note WHERE name = 'mentions')");
	bool read = query_row(&q);
	*ret_dossiers = read && query_get_int(&q, 0) != 0;
	*ret_mentions = read && query_get_int(&q, 1) != 0;
	return query_finish(&q);
}

static enum status read_entry(void *context, const struct log_entry *entry)
{
	return state_apply_entry(context, entry);
}

static enum status refold(struct hub *hub, bool dossiers, bool mentions)
{
	struct state state = state_of(hub);
	enum status s = dossiers ? state_refresh(&state) : STATUS_OK;
	state.only_mentions = true;
	if (s == STATUS_OK && mentions)
		s = log_walk(hub->db, 1, read_entry, &state);
	state_clear(&state);
	return s == STATUS_OK ? database_script(hub->db, "DELETE FROM note WHERE name IN ('refold', 'mentions')")
			      : s;
}

enum status refold_if_due(struct hub *hub)
{
	bool dossiers = false;
	bool mentions = false;
	struct hub_transaction t;
	enum status s = find_due(hub, &dossiers, &mentions);
	if (s != STATUS_OK || !(dossiers || mentions))
		return s;
	s = hub_begin(hub, &t);
	return s == STATUS_OK ? hub_end(&t, refold(hub, dossiers, mentions)) : s;
}
