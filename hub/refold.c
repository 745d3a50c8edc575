#include "hub/refold.h"

#include <inttypes.h>

#include "config/log.h"
#include "hub/state.h"

struct due {
	bool dossiers;
	bool mentions;
};

static enum status find_due(struct database *db, struct due *ret_due)
{
	struct query q = query_start(db, "SELECT EXISTS (SELECT 1 FROM note WHERE name = 'refold'),"
					 " EXISTS (SELECT 1 FROM note WHERE name = 'mentions')");
	bool read = query_row(&q);
	ret_due->dossiers = read && query_get_int(&q, 0) != 0;
	ret_due->mentions = read && query_get_int(&q, 1) != 0;
	return query_finish(&q);
}

enum status refold_is_due(struct database *db, bool *ret_due)
{
	struct due due;
	enum status s = find_due(db, &due);
	*ret_due = due.dossiers || due.mentions;
	return s;
}

enum status refold_forget(struct database *db)
{
	return database_script(db, "DELETE FROM note WHERE name IN ('refold', 'mentions')");
}

/* An entry that cannot be read is what 'verify' finds: it is no reason not to open. */
static enum status read_entry(void *context, const struct log_entry *entry)
{
	enum status s = state_apply_entry(context, entry);
	if (s == STATUS_OK || status_is_trouble(s))
		return s;
	log_event(LOG_ERROR, "event=unreadable entry=%" PRId64 " code=%s", entry->n, status_code(s));
	return STATUS_OK;
}

static enum status refold(struct hub *hub, const struct due *due)
{
	struct state state = state_of(hub);
	enum status s = due->dossiers ? state_refresh(&state) : STATUS_OK;
	state.only_mentions = true;
	if (s == STATUS_OK && due->mentions)
		s = log_walk(hub->db, 1, read_entry, &state);
	state_clear(&state);
	return s == STATUS_OK ? refold_forget(hub->db) : s;
}

enum status refold_if_due(struct hub *hub)
{
	struct due due;
	struct hub_transaction t;
	bool any = false;
	enum status s = refold_is_due(hub->db, &any);
	if (s == STATUS_OK && any)
		s = hub_begin(hub, &t);
	if (s != STATUS_OK || !any)
		return s;
	/* Asked again: another process may have been faster. */
	s = find_due(hub->db, &due);
	return hub_end(&t, s == STATUS_OK ? refold(hub, &due) : s);
}
