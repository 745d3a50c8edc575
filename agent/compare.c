#include "agent/compare.h"

#include <stdlib.h>
#include <string.h>

#include "agent/book.h"

/* What a change is to a comparison. */
enum standing {
	STANDING_LOST = 0, /* the book has its writes, nothing else is known of it: it counts */
	STANDING_IN,
	STANDING_LATER,
	STANDING_OUT /* refused, or of an earlier key */
};

/* --- this PC's side --- */

static const struct comparison_chain *chain_of(const struct comparison_answer *answer, uint64_t ordinal,
					       uint64_t bits)
{
	for (size_t i = 0; i < answer->n_chains; i++)
		if (answer->chains[i].incarnation.ordinal == ordinal && answer->chains[i].incarnation.bits == bits)
			return &answer->chains[i];
	return NULL;
}

/* Of more incarnations than an answer names the oldest are left out: they are long settled. */
static bool speaks_for(const struct comparison_answer *answer, uint64_t ordinal, uint64_t bits, uint64_t seq)
{
	const struct comparison_chain *chain = chain_of(answer, ordinal, bits);
	if (chain != NULL)
		return seq <= chain->have;
	return answer->n_chains == LIMIT_INCARNATIONS &&
	       ordinal < answer->chains[LIMIT_INCARNATIONS - 1].incarnation.ordinal;
}

/* A row of: id, ordinal, bits, seq, has a receipt, is refused, is of an earlier key. */
static enum standing judge_change(struct query *q, enum compare_scope scope, const struct comparison_answer *answer)
{
	if (query_get_int(q, 5) != 0 || query_get_int(q, 6) != 0)
		return STANDING_OUT;
	bool sealed = !query_is_null(q, 3);
	bool acknowledged = query_get_int(q, 4) != 0;
	switch (scope) {
	case COMPARE_ACKNOWLEDGED:
		return acknowledged ? STANDING_IN : STANDING_LATER;
	case COMPARE_SEALED:
		return sealed ? STANDING_IN : STANDING_LATER;
	case COMPARE_AS_OF:
		break;
	}
	bool in = acknowledged && speaks_for(answer, (uint64_t)query_get_int(q, 1), (uint64_t)query_get_int(q, 2),
					     (uint64_t)query_get_int(q, 3));
	return in ? STANDING_IN : STANDING_LATER;
}

static enum status make_room(const struct agent *a, struct compare_own *own)
{
	struct query q = query_start(a->db, "SELECT coalesce(max(id), 0) FROM change");
	int64_t last = query_row(&q) ? query_get_int(&q, 0) : 0;
	enum status s = query_finish(&q);
	if (s != STATUS_OK)
		return s;
	own->n_standings = (size_t)last + 1;
	own->standings = calloc(own->n_standings, 1);
	return own->standings == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

static enum status read_standings(const struct agent *a, enum compare_scope scope,
				  const struct comparison_answer *answer, struct compare_own *own)
{
	struct query q = query_start(
		a->db, "SELECT id, ordinal, bits, seq, accepted_at IS NOT NULL, coalesce(verdict, 0) > 0,"
		       " coalesce(ordinal < (SELECT number FROM meta WHERE name = '" STORE_KEY_FROM "'), 0)"
		       " FROM change LEFT JOIN incarnation USING (ordinal)");
	while (query_row(&q)) {
		size_t id = (size_t)query_get_int(&q, 0);
		enum standing standing = judge_change(&q, scope, answer);
		if (id < own->n_standings)
			own->standings[id] = (uint8_t)standing;
		own->later += standing == STANDING_LATER ? 1 : 0;
	}
	return query_finish(&q);
}

bool compare_includes(const void *context, const struct origin *o)
{
	const struct compare_own *own = context;
	uint8_t standing = o->seq < own->n_standings ? own->standings[o->seq] : (uint8_t)STANDING_LOST;
	return standing == STANDING_IN || standing == STANDING_LOST;
}

bool compare_waits(const struct compare_own *own, const struct origin *o)
{
	return o->seq < own->n_standings && own->standings[o->seq] == STANDING_LATER;
}

static enum status add_thing(void *context, enum kind kind, struct slice key, const struct thing *thing)
{
	struct compare_own *own = context;
	const struct digest_choice choice = {.includes = compare_includes, .context = own};
	bool added = false;
	(void)kind; /* the thing knows it */
	return digest_add(&own->digest, thing, key, &choice, 0, &added);
}

enum status compare_sum(const struct agent *a, struct period days, enum compare_scope scope,
			const struct comparison_answer *answer, struct compare_own *ret_own)
{
	*ret_own = (struct compare_own){.digest = digest_new(days)};
	enum status s = make_room(a, ret_own);
	if (s == STATUS_OK)
		s = read_standings(a, scope, answer, ret_own);
	if (s == STATUS_OK)
		s = book_each(a, KIND_NONE, add_thing, ret_own);
	return s == STATUS_OK ? digest_finish(&ret_own->digest) : s;
}

void compare_own_free(struct compare_own *own)
{
	digest_free(&own->digest);
	free(own->standings);
	own->standings = NULL;
}

/* --- the days --- */

static int compare_places(int32_t day_a, enum kind kind_a, int32_t day_b, enum kind kind_b)
{
	if (day_a != day_b)
		return day_a < day_b ? -1 : 1;
	return (kind_a > kind_b) - (kind_a < kind_b);
}

static bool within(int32_t day, struct period month)
{
	return day >= month.from && day <= month.to;
}

/* Both ascend by day and kind. */
static void lay_days(const struct digest *d, const struct comparison_answer *answer, struct period month,
		     struct compare_result *result)
{
	size_t i = 0;
	size_t k = 0;
	while (i < d->n_sums || k < answer->n_sums) {
		const struct digest_sum *here = i < d->n_sums ? &d->sums[i] : NULL;
		const struct digest_sum *there = k < answer->n_sums ? &answer->sums[k] : NULL;
		int order = here == NULL    ? 1
			    : there == NULL ? -1
					    : compare_places(here->day, here->kind, there->day, there->kind);
		here = order <= 0 ? here : NULL;
		there = order >= 0 ? there : NULL;
		i += here != NULL ? 1 : 0;
		k += there != NULL ? 1 : 0;
		const struct digest_sum *any = here != NULL ? here : there;
		if (!within(any->day, month))
			continue;
		struct compare_day *day = &result->days[result->n_days++];
		*day = (struct compare_day){.kind = any->kind, .day = any->day};
		if (here != NULL) {
			day->here = here->count;
			memcpy(day->hash, here->hash, HASH_LEN);
		}
		day->there = there == NULL ? 0 : there->count;
		day->agree = here != NULL && there != NULL && here->count == there->count &&
			     memcmp(here->hash, there->hash, HASH_LEN) == 0;
		day->unknown = !day->agree && there != NULL; /* until its lines are found */
	}
}

static struct compare_day *find_day(struct compare_result *result, const struct digest_line *line)
{
	for (size_t i = 0; i < result->n_days; i++)
		if (result->days[i].day == line->day && result->days[i].kind == line->kind)
			return &result->days[i];
	return NULL;
}

/* --- the things of differing days --- */

/* Both sides' lines of the days that differ, each ascending by kind and key. */
struct lines {
	size_t n_here;
	struct digest_line *here;
	size_t n_there;
	struct digest_line *there;
};

static int compare_things(const void *a, const void *b)
{
	const struct digest_line *x = a;
	const struct digest_line *y = b;
	if (x->kind != y->kind)
		return x->kind < y->kind ? -1 : 1;
	return slice_compare(x->key, y->key);
}

static enum status take_there(const struct comparison_answer *answer, struct compare_result *result,
			      struct lines *lines)
{
	struct comparison_answer reading = *answer;
	struct digest_line line;
	lines->there = calloc(answer->n_lines + 1, sizeof(*lines->there));
	if (lines->there == NULL)
		return STATUS_NO_MEMORY;
	while (compared_next_line(&reading, &line)) {
		struct compare_day *day = find_day(result, &line);
		if (day == NULL || day->agree)
			continue;
		day->unknown = false;
		lines->there[lines->n_there++] = line;
	}
	qsort(lines->there, lines->n_there, sizeof(*lines->there), compare_things);
	return STATUS_OK;
}

/* Of days the answer does not go into, nothing can be said of single things. */
static enum status take_here(const struct digest *d, struct compare_result *result, struct lines *lines)
{
	lines->here = calloc(d->n_lines + 1, sizeof(*lines->here));
	if (lines->here == NULL)
		return STATUS_NO_MEMORY;
	for (size_t i = 0; i < d->n_lines; i++) {
		const struct compare_day *day = find_day(result, &d->lines[i]);
		if (day != NULL && !day->agree && !day->unknown)
			lines->here[lines->n_here++] = d->lines[i];
	}
	qsort(lines->here, lines->n_here, sizeof(*lines->here), compare_things);
	return STATUS_OK;
}

static bool has_mark(const uint8_t *marks, size_t n, const uint8_t *mark)
{
	for (size_t i = 0; i < n; i++)
		if (memcmp(marks + i * DIGEST_MARK_LEN, mark, DIGEST_MARK_LEN) == 0)
			return true;
	return false;
}

/* Of the marks of one line how many the other lacks. Either may be NULL. */
static size_t count_lacking(const struct digest_line *of, const struct digest_line *other)
{
	size_t n = 0;
	for (size_t i = 0; of != NULL && i < of->n_writes; i++)
		n += other == NULL || !has_mark(other->writes, other->n_writes, of->writes + i * DIGEST_MARK_LEN);
	return n;
}

/* Whether every write that only the hub has is one this PC made, and only waits for its receipt. */
static enum status is_waiting(const struct agent *a, const struct compare_own *own, const struct digest_line *here,
			      const struct digest_line *there, bool *ret_waiting)
{
	struct book_entry entry;
	enum status s = book_load(a, there->kind, there->key, &entry);
	uint8_t *known = s == STATUS_OK ? malloc((entry.thing.n_writes + 1) * DIGEST_MARK_LEN) : NULL;
	if (s == STATUS_OK && known == NULL)
		s = STATUS_NO_MEMORY;
	size_t n = 0;
	for (size_t i = 0; s == STATUS_OK && i < entry.thing.n_writes; i++) {
		const struct write *w = &entry.thing.writes[i];
		const struct origin *o = &entry.thing.origins[w->origin];
		if (compare_waits(own, o))
			s = digest_mark(w, o, known + n++ * DIGEST_MARK_LEN);
	}
	bool waiting = s == STATUS_OK && there->n_writes > 0;
	for (size_t i = 0; waiting && i < there->n_writes; i++) {
		const uint8_t *mark = there->writes + i * DIGEST_MARK_LEN;
		waiting =
			(here != NULL && has_mark(here->writes, here->n_writes, mark)) || has_mark(known, n, mark);
	}
	*ret_waiting = waiting;
	free(known);
	book_clear(&entry);
	return s;
}

static enum status add_difference(struct compare_result *result, const struct compare_difference *difference)
{
	enum { FIRST = 16 };
	if (result->n_differences == result->cap_differences) {
		size_t cap = result->cap_differences == 0 ? FIRST : 2 * result->cap_differences;
		struct compare_difference *grown = realloc(result->differences, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		result->differences = grown;
		result->cap_differences = cap;
	}
	result->differences[result->n_differences++] = *difference;
	return STATUS_OK;
}

/* One thing of which at least one side has a line. */
static enum status judge(const struct agent *a, const struct compare_own *own, const struct digest_line *here,
			 const struct digest_line *there, struct compare_result *result)
{
	const struct digest_line *any = here != NULL ? here : there;
	struct compare_difference d = {.kind = any->kind,
				       .day = here == NULL ? DAY_UNSET : here->day,
				       .hub_day = there == NULL ? DAY_UNSET : there->day,
				       .here = count_lacking(here, there),
				       .there = count_lacking(there, here)};
	bool counted = there != NULL && there->marks != 0;
	if (here != NULL && there != NULL && d.here == 0 && d.there == 0 && !counted)
		return STATUS_OK;
	if (there != NULL && d.here == 0 && d.there > 0 && !counted) {
		bool waiting = false;
		enum status s = is_waiting(a, own, here, there, &waiting);
		if (s != STATUS_OK)
			return s;
		result->unacknowledged += waiting ? 1 : 0;
		if (waiting)
			return STATUS_OK;
	}
	d.verdict = counted && d.here == 0 && d.there == 0 ? COMPARE_COUNTED
		    : there == NULL                        ? COMPARE_ONLY_HERE
		    : here == NULL                         ? COMPARE_ONLY_THERE
							   : COMPARE_WRITES;
	memcpy(d.key, any->key.data, any->key.len);
	return add_difference(result, &d);
}

static enum status lay_things(const struct agent *a, const struct compare_own *own, const struct lines *lines,
			      struct compare_result *result)
{
	enum status s = STATUS_OK;
	for (size_t i = 0, k = 0; s == STATUS_OK && (i < lines->n_here || k < lines->n_there);) {
		const struct digest_line *here = i < lines->n_here ? &lines->here[i] : NULL;
		const struct digest_line *there = k < lines->n_there ? &lines->there[k] : NULL;
		int order = here == NULL ? 1 : there == NULL ? -1 : compare_things(here, there);
		here = order <= 0 ? here : NULL;
		there = order >= 0 ? there : NULL;
		i += here != NULL ? 1 : 0;
		k += there != NULL ? 1 : 0;
		s = judge(a, own, here, there, result);
	}
	return s;
}

enum status compare_lay(const struct agent *a, const struct compare_own *own,
			const struct comparison_answer *answer, struct period month,
			struct compare_result *ret_result)
{
	struct lines lines = {0};
	*ret_result = (struct compare_result){0};
	lay_days(&own->digest, answer, month, ret_result);
	enum status s = take_there(answer, ret_result, &lines);
	if (s == STATUS_OK)
		s = take_here(&own->digest, ret_result, &lines);
	if (s == STATUS_OK)
		s = lay_things(a, own, &lines, ret_result);
	free(lines.here);
	free(lines.there);
	return s;
}

void compare_result_free(struct compare_result *result)
{
	free(result->differences);
	result->differences = NULL;
	result->n_differences = 0;
}

bool compare_agrees(const struct compare_result *result)
{
	bool unknown = false;
	for (size_t i = 0; i < result->n_days; i++)
		unknown = unknown || result->days[i].unknown;
	return !unknown && result->n_differences == 0;
}
