#include "hub/as_known.h"

#include "hub/store.h"

struct folding {
	struct state state;
	int64_t at;
};

static enum status fold_known(void *context, const struct log_entry *entry)
{
	struct folding *f = context;
	if (entry->accepted_at > f->at)
		return STATUS_OK;
	enum status s = state_apply_entry(&f->state, entry);
	return s == STATUS_UNKNOWN_DEVICE && entry->type != LOG_ACT ? STATUS_OK : s;
}

static enum status open_scratch(struct as_known *known)
{
	struct database_plan plan = store_plan("", NULL, DATABASE_SCRATCH, true);
	enum status s = database_open(&plan, &known->db);
	if (s == STATUS_OK)
		s = registry_new(known->db, &known->registry);
	return s == STATUS_OK ? database_begin(known->db) : s;
}

void as_known_clear(struct as_known *known)
{
	registry_free(known->registry);
	database_close(known->db);
	*known = (struct as_known){0};
}

enum status as_known_at(struct hub *hub, int64_t at, struct as_known *ret_known)
{
	struct as_known known = {0};
	enum status s = open_scratch(&known);
	if (s == STATUS_OK) {
		struct folding f = {.state = state_new(known.db, known.registry, hub), .at = at};
		f.state.log_db = hub->db;
		f.state.defer_facts = true;
		s = log_walk_ranges(hub->db, fold_known, &f);
		if (s == STATUS_OK)
			s = state_refresh(&f.state);
		state_clear(&f.state);
	}
	if (s == STATUS_OK)
		s = registry_reload(known.registry, known.db);
	if (s == STATUS_OK)
		*ret_known = known;
	else
		as_known_clear(&known);
	return s;
}

void as_known_enter(struct hub *hub, struct as_known *known)
{
	database_close(hub->db);
	registry_free(hub->registry);
	hub->db = known->db;
	hub->registry = known->registry;
	*known = (struct as_known){0};
}
