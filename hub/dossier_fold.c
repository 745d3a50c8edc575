#include "hub/dossier_fold.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/dossier_table.h"
#include "protocol/thing_join.h"

enum { STORED_MAX = 16 * 1024 * 1024, SPLIT_CODE = LIMIT_KEY + 2 * DEVICE_ID_LEN + 2 };

/* The devices an operator has split off one code. */
struct splits {
	size_t count;
	uint8_t devices[DOSSIER_SPLITS][DEVICE_ID_LEN];
};

static bool is_split_off(const struct splits *splits, const uint8_t *device)
{
	for (size_t i = 0; i < splits->count; i++)
		if (memcmp(splits->devices[i], device, DEVICE_ID_LEN) == 0)
			return true;
	return false;
}

static bool keeps_rest(const void *context, const struct origin *origin)
{
	return !is_split_off(context, origin->device);
}

static bool keeps_one(const void *context, const struct origin *origin)
{
	return memcmp(context, origin->device, DEVICE_ID_LEN) == 0;
}

enum status dossier_fold_said(struct database *db, struct slice code, struct slice *ret_said)
{
	const size_t tail = 2 * DEVICE_ID_LEN + 1;
	*ret_said = code;
	if (code.len <= tail || code.data[code.len - tail] != '@')
		return STATUS_OK;
	struct query q = query_start(db, "SELECT 1 FROM split WHERE code = ?1 AND lower(hex(device)) = ?2");
	query_text(&q, 1, slice_of(code.data, code.len - tail));
	query_text(&q, 2, slice_of(code.data + code.len - tail + 1, tail - 1));
	if (query_row(&q))
		ret_said->len = code.len - tail;
	return query_finish(&q);
}

static enum status read_splits(struct state *state, struct slice code, struct splits *ret_splits)
{
	struct splits splits = {0};
	*ret_splits = splits;
	if (!state->rare.splits)
		return STATUS_OK;
	struct query q = query_start(state->db, "SELECT device FROM split WHERE code = ?1 ORDER BY device");
	query_text(&q, 1, code);
	while (splits.count < DOSSIER_SPLITS && query_row(&q)) {
		struct slice device = query_get_blob(&q, 0);
		if (device.len == DEVICE_ID_LEN)
			memcpy(splits.devices[splits.count++], device.data, DEVICE_ID_LEN);
	}
	*ret_splits = splits;
	return query_finish(&q);
}

static enum status note_conflict(struct state *state, struct slice code, const struct resolved *r)
{
	struct scope scope = registry_scope(state->registry);
	struct conflict conflict;
	enum status s = conflict_find(r, &scope, &conflict);
	if (s != STATUS_OK || (conflict.reasons == 0 && !state->rare.conflicts))
		return s;
	state->rare.conflicts = true;
	struct query q = query_start(
		state->db, conflict.reasons == 0 ? "DELETE FROM conflict WHERE code = ?1"
						 : "INSERT OR REPLACE INTO conflict (code, reasons, fingerprint)"
						   " VALUES (?1, ?2, ?3)");
	query_text(&q, 1, code);
	if (conflict.reasons != 0) {
		query_int(&q, 2, conflict.reasons);
		query_blob(&q, 3, slice_of(conflict.fingerprint, HASH_LEN));
	}
	return query_run(&q);
}

static enum status put_row(struct state *state, struct slice code, const struct thing *thing)
{
	struct scope scope = registry_scope(state->registry);
	struct resolved resolved;
	enum status s = fold_resolve(thing, &scope, &resolved);
	if (s != STATUS_OK)
		return s;
	if (state->agrees != NULL) {
		bool agrees = false;
		s = dossier_table_agrees(state->db, state->registry, code, &resolved, &state->days, &agrees);
		*state->agrees = *state->agrees && agrees;
	} else {
		s = dossier_table_put(state->db, state->registry, code, &resolved, &state->days);
		if (s == STATUS_OK)
			s = spans_mark(state->db, &state->spans, code);
		if (s == STATUS_OK)
			s = note_conflict(state, code, &resolved);
	}
	resolved_free(&resolved);
	return s;
}

/* What a device split off says is a dossier of its own, "CODE@device". */
static enum status put_split_row(struct state *state, struct slice code, const struct thing *thing,
				 const uint8_t *device)
{
	char hex[2 * DEVICE_ID_LEN + 1];
	char own_code[SPLIT_CODE];
	struct thing share = thing_new(KIND_DOSSIER);
	(void)snprintf(own_code, sizeof(own_code), "%.*s@%s", (int)code.len, (const char *)code.data,
		       hex_format(device, DEVICE_ID_LEN, hex));
	enum status s = thing_share(thing, keeps_one, device, &share);
	if (s == STATUS_OK)
		s = put_row(state, slice_str(own_code), &share);
	thing_free(&share);
	return s;
}

static enum status put_rows(struct state *state, struct slice code, const struct thing *thing)
{
	struct splits splits;
	enum status s = read_splits(state, code, &splits);
	if (s != STATUS_OK || splits.count == 0)
		return s == STATUS_OK ? put_row(state, code, thing) : s;
	struct thing rest = thing_new(KIND_DOSSIER);
	s = thing_share(thing, keeps_rest, &splits, &rest);
	if (s == STATUS_OK)
		s = put_row(state, code, &rest);
	thing_free(&rest);
	for (size_t i = 0; i < splits.count && s == STATUS_OK; i++)
		s = put_split_row(state, code, thing, splits.devices[i]);
	return s;
}

/* A thing with the bytes its text borrows from. */
struct stored_thing {
	struct thing thing;
	struct bytes bytes;
};

static enum status read_stored(struct state *state, struct slice code, struct stored_thing *ret_stored)
{
	*ret_stored = (struct stored_thing){.thing = thing_new(KIND_DOSSIER), .bytes = bytes_new(STORED_MAX)};
	struct query q = query_start(state->db, "SELECT writes FROM thing WHERE kind = ?1 AND key = ?2");
	query_int(&q, 1, KIND_DOSSIER);
	query_text(&q, 2, code);
	bool found = query_row(&q);
	if (found) {
		struct slice writes = query_get_blob(&q, 0);
		bytes_put(&ret_stored->bytes, writes.data, writes.len);
	}
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		s = bytes_status(&ret_stored->bytes);
	if (s == STATUS_OK && found)
		s = thing_read(bytes_slice(&ret_stored->bytes), &ret_stored->thing);
	return s;
}

static void clear_stored(struct stored_thing *stored)
{
	thing_free(&stored->thing);
	bytes_free(&stored->bytes);
}

static enum status count_joined(struct state *state, struct slice code, size_t *ret_count)
{
	struct query q = query_start(state->db, "SELECT count(*) FROM link WHERE official = ?1");
	query_text(&q, 1, code);
	*ret_count = query_row(&q) ? (size_t)query_get_int(&q, 0) : 0;
	return query_finish(&q);
}

/* Reads what is joined to a code into joined, at most max of it, and adds it to the official thing. */
static enum status join_all(struct state *state, struct slice code, struct thing *into, struct stored_thing *joined,
			    size_t max)
{
	struct query q =
		query_start(state->db, "SELECT provisional FROM link WHERE official = ?1 ORDER BY provisional");
	query_text(&q, 1, code);
	enum status s = STATUS_OK;
	for (size_t n = 0; s == STATUS_OK && n < max && query_row(&q); n++) {
		s = read_stored(state, query_get_text(&q, 0), &joined[n]);
		if (s == STATUS_OK)
			s = thing_join(into, &joined[n].thing);
	}
	enum status end = query_finish(&q);
	return s == STATUS_OK ? end : s;
}

/* The rows of an official dossier: its own writes and those of every provisional one joined to it. */
static enum status put_official(struct state *state, struct slice code)
{
	struct stored_thing own;
	size_t count = 0;
	enum status s = count_joined(state, code, &count);
	if (s != STATUS_OK)
		return s;
	/* Text is borrowed from these until the rows are written. */
	struct stored_thing *joined = calloc(count + 1, sizeof(*joined));
	if (joined == NULL)
		return STATUS_NO_MEMORY;
	s = read_stored(state, code, &own);
	if (s == STATUS_OK)
		s = join_all(state, code, &own.thing, joined, count);
	if (s == STATUS_OK)
		s = put_rows(state, code, &own.thing);
	for (size_t i = 0; i < count; i++)
		clear_stored(&joined[i]);
	free(joined);
	clear_stored(&own);
	return s;
}

static enum status read_link(struct state *state, struct slice provisional, struct bytes *ret_official)
{
	struct query q = query_start(state->db, "SELECT official FROM link WHERE provisional = ?1");
	query_text(&q, 1, provisional);
	bytes_clear(ret_official);
	if (query_row(&q)) {
		struct slice official = query_get_text(&q, 0);
		bytes_put(ret_official, official.data, official.len);
	}
	enum status s = query_finish(&q);
	return s == STATUS_OK ? bytes_status(ret_official) : s;
}

static enum status write_link(struct state *state, struct slice provisional, struct slice official)
{
	struct query q = query_start(
		state->db, official.len == 0
				   ? "DELETE FROM link WHERE provisional = ?1"
				   : "INSERT OR REPLACE INTO link (provisional, official) VALUES (?1, ?2)");
	query_text(&q, 1, provisional);
	if (official.len > 0)
		query_text(&q, 2, official);
	return query_run(&q);
}

/* Brings the link of a provisional dossier up to date; *ret_before is what it was. */
static enum status move_link(struct state *state, struct slice code, const struct thing *thing,
			     struct bytes *ret_before, struct bytes *ret_now)
{
	struct scope scope = registry_scope(state->registry);
	struct resolved resolved;
	enum status s = read_link(state, code, ret_before);
	if (s == STATUS_OK)
		s = fold_resolve(thing, &scope, &resolved);
	if (s != STATUS_OK)
		return s;
	struct slice official = fold_official(code, &resolved);
	bytes_clear(ret_now);
	bytes_put(ret_now, official.data, official.len);
	s = bytes_status(ret_now);
	bool moved = s == STATUS_OK && !slice_equal(bytes_slice(ret_before), official);
	if (moved && state->agrees != NULL)
		*state->agrees = false;
	else if (moved)
		s = write_link(state, code, official);
	state->rare.links = state->rare.links || official.len > 0;
	resolved_free(&resolved);
	return s;
}

enum status dossier_fold_start(struct state *state)
{
	struct query q = query_start(state->db, "SELECT EXISTS (SELECT 1 FROM link), EXISTS (SELECT 1 FROM split),"
						" EXISTS (SELECT 1 FROM conflict)");
	if (query_row(&q))
		state->rare = (struct rare_rows){.known = true,
						 .links = query_get_int(&q, 0) != 0,
						 .splits = query_get_int(&q, 1) != 0,
						 .conflicts = query_get_int(&q, 2) != 0};
	return query_finish(&q);
}

enum status dossier_fold(struct state *state, struct slice code, const struct thing *thing)
{
	enum status known = state->rare.known ? STATUS_OK : dossier_fold_start(state);
	if (known != STATUS_OK)
		return known;
	if (!code_is_provisional(code) && !state->rare.links)
		return put_rows(state, code, thing);
	/* Official: its own writes may not be all there is. */
	if (!code_is_provisional(code)) {
		struct query q = query_start(state->db, "SELECT provisional FROM link WHERE official = ?1 LIMIT 1");
		query_text(&q, 1, code);
		bool joined = query_row(&q);
		enum status s = query_finish(&q);
		if (s != STATUS_OK)
			return s;
		return joined ? put_official(state, code) : put_rows(state, code, thing);
	}
	struct bytes before = bytes_new(LIMIT_KEY);
	struct bytes now = bytes_new(LIMIT_KEY);
	enum status s = move_link(state, code, thing, &before, &now);
	if (s == STATUS_OK)
		s = put_rows(state, code, thing);
	if (s == STATUS_OK && before.len > 0 && !slice_equal(bytes_slice(&before), bytes_slice(&now)))
		s = put_official(state, bytes_slice(&before));
	if (s == STATUS_OK && now.len > 0)
		s = put_official(state, bytes_slice(&now));
	bytes_free(&before);
	bytes_free(&now);
	return s;
}

enum status dossier_fold_agrees(struct state *state, struct slice code, const struct thing *thing, bool *ret_agrees)
{
	bool agrees = true;
	state->agrees = &agrees;
	enum status s = dossier_fold(state, code, thing);
	state->agrees = NULL;
	if (s == STATUS_OK)
		*ret_agrees = agrees;
	return s;
}

enum status dossier_fold_code(struct state *state, struct slice code)
{
	struct stored_thing stored;
	enum status s = read_stored(state, code, &stored);
	if (s == STATUS_OK)
		s = dossier_fold(state, code, &stored.thing);
	clear_stored(&stored);
	return s;
}

/* Calls each for the writes of every dossier. */
static enum status walk_things(struct state *state, enum status (*each)(struct state *state, struct slice code,
									const struct thing *thing))
{
	enum status s = STATUS_OK;
	struct query q = query_start(state->db, "SELECT key, writes FROM thing WHERE kind = ?1");
	struct thing thing = thing_new(KIND_DOSSIER);
	query_int(&q, 1, KIND_DOSSIER);
	while (s == STATUS_OK && query_row(&q)) {
		s = thing_read(query_get_blob(&q, 1), &thing);
		if (s == STATUS_OK)
			s = each(state, query_get_text(&q, 0), &thing);
	}
	thing_free(&thing);
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}

static enum status link_one(struct state *state, struct slice code, const struct thing *thing)
{
	if (!code_is_provisional(code))
		return STATUS_OK;
	struct bytes before = bytes_new(LIMIT_KEY);
	struct bytes now = bytes_new(LIMIT_KEY);
	enum status s = move_link(state, code, thing, &before, &now);
	bytes_free(&before);
	bytes_free(&now);
	return s;
}

enum status dossier_fold_all(struct state *state)
{
	enum status s = database_script(state->db, "DELETE FROM dossier; DELETE FROM conflict; DELETE FROM link");
	if (s == STATUS_OK)
		s = spans_clear(state->db);
	state->spans = (struct spans_marked){0};
	if (s == STATUS_OK)
		s = dossier_fold_start(state);
	if (s == STATUS_OK)
		s = walk_things(state, link_one);
	if (s == STATUS_OK)
		s = walk_things(state, put_rows);
	/* Whatever has something joined to it, with or without writes of its own. */
	struct query q = query_start(state->db, "SELECT DISTINCT official FROM link");
	while (s == STATUS_OK && query_row(&q))
		s = put_official(state, query_get_text(&q, 0));
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}
