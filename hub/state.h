/*
 * The state is a fold over the log (L6): this file applies one entry to the derived tables (store.h). Intake
 * applies what it has just appended; rebuild and verify apply everything from the start. The same code, so the same
 * state.
 */
#ifndef MOTCUA_HUB_STATE_H
#define MOTCUA_HUB_STATE_H

#include "hub/act.h"
#include "hub/log.h"
#include "hub/spans.h"
#include "protocol/rarely.h"

/* Whether there is any of what most hubs have none of: it saves three look-ups a change. */
struct rare_rows {
	bool known;
	bool links;
	bool splits;
	bool conflicts;
};

struct state {
	struct database *db;
	struct database *log_db; /* whose log acts refer to; NULL: db */
	struct registry *registry;
	uint8_t hub_id[HUB_ID_LEN];
	uint8_t hub_key[PUBLIC_KEY_LEN];
	bool defer_facts;   /* leave the dossier facts to one state_refresh() at the end */
	bool acts_alone;    /* no change is applied, not even what was set aside and is taken by an act */
	bool only_mentions; /* of an entry nothing is applied but of which units its changes speak */
	int64_t refreshed;  /* how often state_refresh() was at work */
	bool *agrees;       /* dossier_fold_agrees() is at work: nothing is written, false where a row differs */
	struct rare_rows rare;
	struct rarely_seam rarely;
	struct spans_marked spans; /* in the transaction at hand: a state lives in one alone */
	struct bytes scratch;      /* encoded thing */
	struct bytes days;         /* dossier history */
};

/* A state over a hub's own tables, or over others with the same registry's form. Free with state_clear. */
struct state state_of(struct hub *hub);
struct state state_new(struct database *db, struct registry *registry, const struct hub *hub);
void state_clear(struct state *state);

/*
 * Applies the changes of a batch but those that `judged` (encoded verdicts) refuses. With ret_verdicts, the
 * verdicts including those that only applying could tell (a thing with too many changes) are appended to it: they
 * are what enters the log.
 */
MUST_CHECK enum status state_apply_changes(struct state *state, const struct batch_head *head, int64_t accepted_at,
					   struct batch *batch, struct slice judged, struct bytes *ret_verdicts);

/* Gives a batch that stands in the log as `entry` its place in its chain. hash is the SHA-256 of the envelope. */
MUST_CHECK enum status state_place_batch(struct state *state, const struct log_entry *entry,
					 const struct batch_head *head, const uint8_t hash[static HASH_LEN]);

MUST_CHECK enum status state_apply_act(struct state *state, const struct act *act);

/* Applies an entry as it stands in the log: opens, decodes, applies. STATUS_MALFORMED if it cannot be read. */
MUST_CHECK enum status state_apply_entry(struct state *state, const struct log_entry *entry);

/* Recomputes the facts of every dossier: after units or devices changed, and at the end of a rebuild. */
MUST_CHECK enum status state_refresh(struct state *state);

/* Empties the derived tables and applies the whole log. */
MUST_CHECK enum status state_rebuild(struct state *state, struct database *log_db);

#endif
