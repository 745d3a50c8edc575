#include "hub/verify.h"

#include <stdio.h>
#include <string.h>

#include "hub/chain_place.h"
#include "hub/spans.h"
#include "hub/state.h"
#include "hub/store.h"
#include "hub/verify_closings.h"

struct verifying {
	struct verify_report *report;
	struct state state; /* scratch: only acts, or everything when full */
	bool full;
	bool identity; /* the log began with it */
	int64_t last;
	uint8_t chain[HASH_LEN]; /* of the entry before */
	struct slice identity_doc;
	struct verify_closings closings;
};

const char *verify_finding_name(enum finding_kind kind)
{
	switch (kind) {
	case FINDING_GAP:
		return "gap";
	case FINDING_CHAIN:
		return "chain";
	case FINDING_SIGNATURE:
		return "signature";
	case FINDING_UNREADABLE:
		return "unreadable";
	case FINDING_STATE:
		return "state";
	case FINDING_CLOSING:
		return "closing";
	}
	return "";
}

static void found(struct verify_report *report, enum finding_kind kind, int64_t entry, const char *where)
{
	if (report->n_findings < VERIFY_FINDINGS) {
		struct finding *f = &report->findings[report->n_findings];
		f->kind = kind;
		f->entry = entry;
		(void)snprintf(f->where, sizeof(f->where), "%s", where);
	}
	report->n_findings++;
}

/*
 * L3: a device's batches stand one behind the other, but for those that came after the operator had given them up;
 * each names the one before, and their times never fall.
 */
static enum status check_place(struct verifying *v, const struct log_entry *entry, const struct batch_head *head,
			       const uint8_t *hash)
{
	struct chain_place p;
	enum status s = chain_place(v->state.db, v->state.log_db, head, hash, &p);
	if (s != STATUS_OK)
		return s;
	bool fits = p.place == PLACE_NEXT || p.place == PLACE_LATE;
	/* One that came again has the time it was given first, whatever its predecessor got. */
	bool falls = entry->accepted_at < p.not_before && entry->type != LOG_AGAIN;
	if (!fits || falls)
		found(v->report, FINDING_CHAIN, entry->n, "batch");
	return STATUS_OK;
}

/* Without full, only the chains of the devices are followed. */
static enum status follow_chain(struct verifying *v, const struct log_entry *entry, const struct batch_head *head,
				const uint8_t hash[static HASH_LEN])
{
	if (v->full)
		return STATUS_OK;
	return state_place_batch(&v->state, entry, head, hash);
}

static enum status check_batch(struct verifying *v, const struct log_entry *entry)
{
	struct envelope e;
	struct device device;
	struct batch_head head;
	uint8_t hash[HASH_LEN];
	enum status s = envelope_peek(entry->body, &e);
	hash_bytes(entry->body, hash);
	if (s == STATUS_OK)
		s = registry_find_key(v->state.registry, e.key_id, &device);
	if (s == STATUS_OK)
		s = envelope_verify(&e, MESSAGE_BATCH, v->state.hub_id, device.public_key);
	if (s == STATUS_OK)
		s = batch_peek(e.payload, &head);
	if (s == STATUS_OK && memcmp(head.device, device.id, DEVICE_ID_LEN) != 0)
		s = STATUS_FORGED;
	if (s == STATUS_OK)
		s = check_place(v, entry, &head, hash);
	return s == STATUS_OK ? follow_chain(v, entry, &head, hash) : s;
}

/* The identity that is served and pinned must be the one the log began with. */
static void check_identity(struct verifying *v, const struct log_entry *entry, const struct act *act)
{
	struct cbor r = cbor_reader(act->body.data, act->body.len);
	if (act->type != ACT_INIT)
		return;
	cbor_array_of(&r, 2);
	(void)cbor_uint(&r, INT64_MAX); /* the epoch */
	struct slice identity = cbor_bytes(&r, LIMIT_IDENTITY);
	v->identity = true;
	if (cbor_end(&r) != STATUS_OK || !slice_equal(identity, v->identity_doc))
		found(v->report, FINDING_STATE, entry->n, "note identity");
}

static enum status check_signature(struct verifying *v, const struct log_entry *entry)
{
	struct act act;
	if (entry->type != LOG_ACT)
		return check_batch(v, entry);
	enum status s = act_open(entry->body, v->state.hub_id, v->state.hub_key, &act);
	if (s == STATUS_OK)
		check_identity(v, entry, &act);
	return s;
}

static void found_closing(struct verifying *v, int64_t entry, struct slice body)
{
	char where[CLOSING_NAME_TEXT];
	verify_closings_name(body, where);
	found(v->report, FINDING_CLOSING, entry, where);
}

/* After such an act all facts are derived anew: at the next closing or the end, for however many of them at once.
 */
static enum status put_off_facts(struct verifying *v, const struct log_entry *entry)
{
	struct act act;
	if (entry->type != LOG_ACT)
		return STATUS_OK;
	enum status s = act_open(entry->body, v->state.hub_id, v->state.hub_key, &act);
	if (s == STATUS_OK && (act.type == ACT_UNITS || act.type == ACT_SUCCESSION || act.type == ACT_ASSIGN))
		v->state.defer_facts = true;
	return s;
}

/* Applies it to the scratch state; a closing is counted again from that. */
static enum status apply_entry(struct verifying *v, const struct log_entry *entry)
{
	enum closing_verdict verdict = CLOSING_SAME;
	if (entry->type != LOG_ACT && !v->full)
		return STATUS_OK;
	enum status s = put_off_facts(v, entry);
	if (s == STATUS_OK)
		s = state_apply_entry(&v->state, entry);
	if (s == STATUS_OK && v->full && entry->type == LOG_ACT)
		s = verify_closings_take(&v->closings, &v->state, entry, &verdict);
	struct act act;
	if (verdict == CLOSING_OTHER && act_open(entry->body, v->state.hub_id, v->state.hub_key, &act) == STATUS_OK)
		found_closing(v, entry->n, act.body);
	return s;
}

/* Those whose batches stand behind them, as after the hub was put back. */
static enum status check_later_closings(struct hub *hub, struct verifying *v)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; i < v->closings.n_later && s == STATUS_OK; i++) {
		const struct closing_place *place = &v->closings.later[i];
		enum closing_verdict verdict = CLOSING_SAME;
		s = verify_closings_later(hub, place, &verdict);
		v->report->closings_waiting += s == STATUS_OK && verdict == CLOSING_LATER ? 1 : 0;
		if (s == STATUS_OK && verdict == CLOSING_OTHER)
			found_closing(v, place->entry, bytes_slice(&place->body));
	}
	return s;
}

static enum status check_entry(void *context, const struct log_entry *entry)
{
	struct verifying *v = context;
	uint8_t chain[HASH_LEN];
	v->report->entries++;
	if (entry->type != LOG_ACT)
		v->report->batches++;
	else
		v->report->acts++;
	if (entry->n != v->last + 1)
		found(v->report, FINDING_GAP, entry->n, "log");
	log_chain(v->chain, entry, chain);
	if (memcmp(chain, entry->chain, HASH_LEN) != 0)
		found(v->report, FINDING_CHAIN, entry->n, "log");
	v->last = entry->n;
	memcpy(v->chain, entry->chain, HASH_LEN);
	enum status s = check_signature(v, entry);
	if (status_is_trouble(s))
		return s;
	if (s != STATUS_OK)
		found(v->report, FINDING_SIGNATURE, entry->n, "log");
	s = apply_entry(v, entry);
	if (status_is_trouble(s))
		return s;
	if (s != STATUS_OK)
		found(v->report, FINDING_UNREADABLE, entry->n, "log");
	return STATUS_OK;
}

static int count_columns(const char *columns)
{
	int n = 1;
	for (; *columns != '\0'; columns++)
		n += *columns == ',' ? 1 : 0;
	return n;
}

static bool same_row(struct query *a, struct query *b, int n_columns)
{
	for (int i = 0; i < n_columns; i++) {
		if (query_is_null(a, i) != query_is_null(b, i))
			return false;
		if (!query_is_null(a, i) && !slice_equal(query_get_blob(a, i), query_get_blob(b, i)))
			return false;
	}
	return true;
}

/* Names a row by its table and the printable part of its first key column. */
static void name_row(const struct derived_table *table, struct query *q, char out[static FINDING_TEXT])
{
	char hex[33] = "";
	struct slice key = query_get_blob(q, 0);
	(void)hex_format(key.data, key.len < 16 ? key.len : 16, hex);
	if (strcmp(table->name, "device") == 0 || strcmp(table->name, "batch") == 0 ||
	    strcmp(table->name, "chain") == 0 || strcmp(table->name, "skipped") == 0)
		(void)snprintf(out, FINDING_TEXT, "%s %s", table->name, hex);
	else
		(void)snprintf(out, FINDING_TEXT, "%s %.*s", table->name, (int)(key.len < 64 ? key.len : 64),
			       (const char *)key.data);
}

/* Two ordered walks: at the first row that differs the rest of the table says nothing more. */
static enum status compare_table(struct hub *hub, struct verifying *v, const struct derived_table *table)
{
	struct query ours = query_start(hub->db, table->select);
	struct query theirs = query_start(v->state.db, table->select);
	int n_columns = count_columns(table->columns);
	bool same = true;
	char where[FINDING_TEXT] = "";
	for (;;) {
		bool have_ours = query_row(&ours);
		bool have_theirs = query_row(&theirs);
		if (!have_ours && !have_theirs)
			break;
		same = have_ours && have_theirs && same_row(&ours, &theirs, n_columns);
		if (!same) {
			name_row(table, have_ours ? &ours : &theirs, where);
			break;
		}
	}
	enum status s = query_finish(&ours);
	enum status other = query_finish(&theirs);
	if (s != STATUS_OK || other != STATUS_OK)
		return s != STATUS_OK ? s : other;
	if (!same)
		found(v->report, FINDING_STATE, 0, where);
	return STATUS_OK;
}

/* What was taken off the end of the log leaves no gap in it. */
static enum status check_end(struct hub *hub, struct verifying *v)
{
	uint8_t end[LOG_END_LEN];
	struct bytes noted = bytes_new(LIMIT_SETTINGS);
	enum status s = hub_note_get(hub, "log", &noted);
	if (s == STATUS_OK)
		s = log_end(hub->db, end);
	bool same = s == STATUS_OK && slice_equal(bytes_slice(&noted), slice_of(end, sizeof(end)));
	bytes_free(&noted);
	if (status_is_trouble(s))
		return s;
	if (!same)
		found(v->report, FINDING_GAP, v->last + 1, "end of the log");
	if (!v->identity)
		found(v->report, FINDING_GAP, 1, "identity");
	return STATUS_OK;
}

/* The sums that totals are read from, against the rows they are of; both as of the same snapshot. */
static enum status check_spans(struct hub *hub, struct verifying *v)
{
	struct registry *registry = NULL;
	char first[SPAN_CODE] = "";
	char where[FINDING_TEXT];
	bool agree = true;
	enum status s = registry_new(hub->db, &registry);
	if (s == STATUS_OK)
		s = spans_agree(hub->db, registry, &agree, first);
	registry_free(registry);
	if (status_is_trouble(s) || (s == STATUS_OK && agree))
		return s;
	(void)snprintf(where, sizeof(where), "span %s", first);
	found(v->report, FINDING_STATE, 0, where);
	return STATUS_OK;
}

static enum status compare_state(struct hub *hub, struct verifying *v)
{
	enum status s = state_refresh(&v->state);
	for (const struct derived_table *t = DERIVED_TABLES; t->name != NULL && s == STATUS_OK; t++)
		s = compare_table(hub, v, t);
	return s == STATUS_OK ? check_spans(hub, v) : s;
}

enum status verify_run(struct hub *hub, bool full, struct verify_report *report)
{
	struct database *scratch = NULL;
	struct registry *registry = NULL;
	struct verifying v = {.report = report, .full = full, .identity_doc = bytes_slice(&hub->identity_doc)};
	*report = (struct verify_report){0};
	struct database_plan plan = store_plan("", NULL, DATABASE_SCRATCH, true);
	enum status s = database_open(&plan, &scratch);
	if (s == STATUS_OK)
		s = registry_new(scratch, &registry);
	if (s != STATUS_OK)
		goto out;
	v.state = state_new(scratch, registry, hub);
	v.state.log_db = hub->db;
	v.state.defer_facts = true;
	s = database_begin(scratch);
	if (s == STATUS_OK)
		s = log_walk_ranges(hub->db, rarely_limit(&hub->world.rarely, RARELY_RANGE_ENDS, LOG_RANGE),
				    check_entry, &v); /* the tables are compared as of its end */
	if (s == STATUS_OK)
		s = check_end(hub, &v);
	if (s == STATUS_OK && full)
		s = compare_state(hub, &v);
	database_rollback(hub->db);
	if (s == STATUS_OK)
		s = check_later_closings(hub, &v);
	report->refreshed = v.state.refreshed;
	verify_closings_clear(&v.closings);
	state_clear(&v.state);
out:
	registry_free(registry);
	database_close(scratch);
	if (s == STATUS_OK && report->n_findings > 0)
		return STATUS_DIFFERENT;
	return s;
}
