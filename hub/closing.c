#include "hub/closing.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void closing_clear(struct closing *c)
{
	closing_set_clear(&c->set);
	free(c->silent);
	free(c->rows);
	bytes_free(&c->body);
	*c = (struct closing){0};
}

enum status closing_apply(struct database *db, const struct act *act)
{
	struct closing closing;
	struct closing_name name;
	/* Whatever stands in the table can be read later. */
	enum status s = closing_take(act->body, &closing);
	if (s == STATUS_OK)
		s = closing_take_name(act->body, &name);
	if (s != STATUS_OK)
		return s;
	struct query q =
		query_start(db, "INSERT INTO closing (period, rule, revision, first_day, last_day, at, who,"
				" body) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT DO NOTHING");
	query_text(&q, 1, name.period);
	query_text(&q, 2, name.rule);
	query_int(&q, 3, name.revision);
	query_int(&q, 4, closing.period.from);
	query_int(&q, 5, closing.period.to);
	query_int(&q, 6, act->at);
	query_text(&q, 7, act->who);
	query_blob(&q, 8, act->body);
	s = query_run(&q);
	closing_clear(&closing);
	return s;
}

/* Columns: at, who, body. */
static enum status take_row(struct query *q, struct closing *ret_closing)
{
	struct slice who = query_get_text(q, 1);
	struct slice body = query_get_blob(q, 2);
	struct bytes copy = bytes_new(LIMIT_ACT);
	bytes_put(&copy, body.data, body.len);
	enum status s = who.len > WHO_TEXT ? STATUS_CORRUPT : bytes_status(&copy);
	if (s == STATUS_OK)
		s = closing_take(bytes_slice(&copy), ret_closing);
	if (s != STATUS_OK) {
		bytes_free(&copy);
		return s;
	}
	ret_closing->body = copy;
	ret_closing->at = query_get_int(q, 0);
	(void)snprintf(ret_closing->who, sizeof(ret_closing->who), "%.*s", (int)who.len, (const char *)who.data);
	return STATUS_OK;
}

static enum status take_first(struct query *q, struct closing *ret_closing)
{
	enum status s = STATUS_EMPTY;
	struct closing closing = {0};
	if (query_row(q))
		s = take_row(q, &closing);
	enum status end = query_finish(q);
	if (end != STATUS_OK && s == STATUS_OK)
		closing_clear(&closing);
	if (end != STATUS_OK)
		return end;
	if (s == STATUS_OK)
		*ret_closing = closing;
	return s;
}

enum status closing_find(struct database *db, struct period period, const char *rule, struct closing *ret_closing)
{
	struct query q = query_start(db, "SELECT at, who, body FROM closing WHERE first_day = ?1 AND last_day = ?2"
					 " AND rule = ?3 ORDER BY revision DESC LIMIT 1");
	query_int(&q, 1, period.from);
	query_int(&q, 2, period.to);
	query_str(&q, 3, rule);
	return take_first(&q, ret_closing);
}

enum status closing_find_before(struct database *db, int32_t last_day, const char *rule,
				struct closing *ret_closing)
{
	struct query q = query_start(db, "SELECT at, who, body FROM closing WHERE last_day = ?1 AND rule = ?2"
					 " ORDER BY first_day DESC, revision DESC LIMIT 1");
	query_int(&q, 1, last_day);
	query_str(&q, 2, rule);
	return take_first(&q, ret_closing);
}

enum status closing_load(struct database *db, const struct closing_ref *ref, struct closing *ret_closing)
{
	struct query q = query_start(db, "SELECT at, who, body FROM closing WHERE first_day = ?1 AND last_day = ?2"
					 " AND rule = ?3 AND revision = ?4");
	query_int(&q, 1, ref->period.from);
	query_int(&q, 2, ref->period.to);
	query_str(&q, 3, ref->rule);
	query_int(&q, 4, ref->revision);
	return take_first(&q, ret_closing);
}

static struct closing_ref take_ref(struct query *q)
{
	struct closing_ref ref = {
		.period = {.from = (int32_t)query_get_int(q, 0), .to = (int32_t)query_get_int(q, 1)},
		.revision = query_get_int(q, 3),
		.last = query_get_int(q, 4) != 0,
	};
	struct slice rule = query_get_text(q, 2);
	(void)snprintf(ref.rule, sizeof(ref.rule), "%.*s", (int)rule.len, (const char *)rule.data);
	return ref;
}

enum status closing_list(struct database *db, struct closing_ref **ret_refs, size_t *ret_n)
{
	struct query q = query_start(db, "SELECT first_day, last_day, rule, revision, revision ="
					 " (SELECT max(revision) FROM closing AS c WHERE c.period = closing.period"
					 " AND c.rule = closing.rule) FROM closing"
					 " ORDER BY first_day, last_day, rule, revision");
	struct closing_ref *refs = NULL;
	size_t n = 0;
	enum status s = STATUS_OK;
	while (s == STATUS_OK && query_row(&q)) {
		struct closing_ref *more = realloc(refs, (n + 1) * sizeof(*refs));
		s = more == NULL ? STATUS_NO_MEMORY : STATUS_OK;
		if (more == NULL)
			break;
		refs = more;
		refs[n++] = take_ref(&q);
	}
	enum status end = query_finish(&q);
	if (s == STATUS_OK)
		s = end;
	if (s != STATUS_OK) {
		free(refs);
		return s;
	}
	*ret_refs = refs;
	*ret_n = n;
	return STATUS_OK;
}
