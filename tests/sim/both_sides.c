#include "both_sides.h"

#include <stdlib.h>
#include <string.h>

#include "agent/store.h"
#include "protocol/batch_form.h"

static int sign_of(int64_t a, int64_t b)
{
	return (a > b) - (a < b);
}

int token_compare_things(const struct token *a, const struct token *b)
{
	return a->kind != b->kind ? sign_of(a->kind, b->kind) : slice_compare(a->key, b->key);
}

int token_compare(const void *one, const void *other)
{
	const struct token *a = one;
	const struct token *b = other;
	int order = token_compare_things(a, b);
	const int orders[] = {sign_of(a->field, b->field), sign_of(a->changed_at, b->changed_at),
			      sign_of(a->time_stated, b->time_stated), sign_of(a->value.state, b->value.state)};
	for (size_t i = 0; order == 0 && i < sizeof(orders) / sizeof(orders[0]); i++)
		order = orders[i];
	if (order == 0 && a->value.state == VALUE_NUMBER)
		order = sign_of(a->value.number, b->value.number);
	return order == 0 && a->value.state == VALUE_TEXT ? slice_compare(a->value.text, b->value.text) : order;
}

static void add_words(struct sim *sim, struct tokens *words, const struct change *c)
{
	for (size_t f = 0; f < FIELD_COUNT; f++) {
		if (c->fields[f].state == VALUE_ABSENT)
			continue;
		words->list = reading_more(sim, words->list, words->n, sizeof(*words->list));
		words->list[words->n++] = (struct token){.kind = c->kind,
							 .key = c->key,
							 .field = (enum field)f,
							 .value = c->fields[f],
							 .changed_at = c->changed_at,
							 .time_stated = c->time_stated};
	}
}

static void sort_words(struct tokens *words)
{
	size_t n = 0;
	if (words->n > 0)
		qsort(words->list, words->n, sizeof(*words->list), token_compare);
	for (size_t i = 0; i < words->n; i++)
		if (n == 0 || token_compare(&words->list[n - 1], &words->list[i]) != 0)
			words->list[n++] = words->list[i];
	words->n = n;
}

/* Up to which batch the hub speaks of a life of this device; 0: it does not know of it. */
static uint64_t hub_has(const struct sides *s, int64_t ordinal, int64_t incarnation_bits)
{
	struct sim *sim = s->r->sim;
	uint8_t bits[8];
	bits_put((uint64_t)incarnation_bits, bits);
	struct query q = query_start(sim->hub->db,
				     "SELECT have FROM chain WHERE device = ?1 AND ordinal = ?2 AND bits = ?3");
	query_blob(&q, 1, slice_of(s->p->agent->device, DEVICE_ID_LEN));
	query_int(&q, 2, ordinal);
	query_blob(&q, 3, slice_of(bits, sizeof(bits)));
	uint64_t have = query_row(&q) ? (uint64_t)query_get_int(&q, 0) : 0;
	SIM_OK(sim, query_finish(&q));
	return have;
}

/* What has a receipt and was not refused, of batches that the hub speaks of; and what waits for that. */
static void read_here(struct sides *s)
{
	struct sim *sim = s->r->sim;
	int64_t ordinal = -1;
	uint64_t have = 0;
	struct query q = query_start(s->p->agent->db,
				     "SELECT record, ordinal, i.bits, seq, accepted_at IS NOT NULL FROM change"
				     " LEFT JOIN incarnation i USING (ordinal) WHERE coalesce(verdict, 0) = 0"
				     " AND (ordinal IS NULL OR ordinal >= coalesce((SELECT number FROM meta"
				     " WHERE name = '" STORE_KEY_FROM "'), 0)) ORDER BY ordinal");
	while (query_row(&q)) {
		struct change c;
		if (!query_is_null(&q, 1) && query_get_int(&q, 1) != ordinal)
			have = hub_has(s, query_get_int(&q, 1), query_get_int(&q, 2));
		ordinal = query_get_int(&q, 1);
		bool spoken_of = query_get_int(&q, 4) != 0 && (uint64_t)query_get_int(&q, 3) <= have;
		SIM_OK(sim, change_decode(query_get_blob(&q, 0), &c));
		reading_keep(s->r, &c);
		add_words(sim, spoken_of ? &s->here : &s->waiting, &c);
	}
	SIM_OK(sim, query_finish(&q));
	sort_words(&s->here);
	sort_words(&s->waiting);
}

static void read_there(struct sides *s)
{
	for (size_t i = 0; i < s->r->n; i++) {
		const struct logged *l = &s->r->logged[i];
		if (l->verdict == VERDICT_TAKEN &&
		    memcmp(l->origin.device, s->p->agent->device, DEVICE_ID_LEN) == 0)
			add_words(s->r->sim, &s->there, &l->change);
	}
	sort_words(&s->there);
}

/* --- the day of a thing, as PROTOCOL.md section 12 says it, in words of its own --- */

static int64_t last_said(const struct group *g, enum field field)
{
	const struct token *last = NULL;
	for (size_t i = 0; i < g->n; i++) {
		const struct token *w = &g->first[i];
		bool later = last == NULL || w->changed_at > last->changed_at;
		bool more = last != NULL && w->changed_at == last->changed_at && w->value.state == VALUE_NUMBER &&
			    (last->value.state != VALUE_NUMBER || w->value.number > last->value.number);
		if (w->field == field && (later || more))
			last = w;
	}
	return last == NULL || last->value.state != VALUE_NUMBER ? TIME_UNSET : last->value.number;
}

int32_t sides_day(const struct group *g)
{
	int64_t first = g->first[0].changed_at;
	for (size_t i = 1; i < g->n; i++)
		first = g->first[i].changed_at < first ? g->first[i].changed_at : first;
	if (g->first->kind == KIND_DOSSIER) {
		int64_t received = last_said(g, FIELD_RECEIVED_AT);
		int64_t at = received != TIME_UNSET ? received : last_said(g, FIELD_SUBMITTED_AT);
		return date_of(at != TIME_UNSET ? at : first);
	}
	if (g->first->kind == KIND_EQUIPMENT) {
		int64_t used = last_said(g, FIELD_IN_USE_ON);
		int64_t day = used != TIME_UNSET ? used : last_said(g, FIELD_INSTALLED_ON);
		return day != TIME_UNSET ? (int32_t)day : date_of(first);
	}
	struct indicator_key parts;
	struct period period;
	bool told = indicator_key_split(g->first->key, &parts) == STATUS_OK &&
		    period_parse((const char *)parts.period.data, parts.period.len, &period) == STATUS_OK;
	return told ? period.to : date_of(first);
}

bool token_is_among(const struct token *one, const struct token *list, size_t n)
{
	return n > 0 && bsearch(one, list, n, sizeof(*one), token_compare) != NULL;
}

struct group sides_group(const struct tokens *words, size_t at)
{
	while (at > 0 && token_compare_things(words->list + at - 1, words->list + at) == 0)
		at--;
	struct group g = {.first = words->list + at};
	while (at + g.n < words->n && token_compare_things(g.first, g.first + g.n) == 0)
		g.n++;
	return g;
}

void sides_read(struct reading *r, struct party *p, struct sides *s)
{
	*s = (struct sides){.r = r, .p = p};
	read_here(s);
	read_there(s);
}

void sides_clear(struct sides *s)
{
	free(s->here.list);
	free(s->there.list);
	free(s->waiting.list);
}
