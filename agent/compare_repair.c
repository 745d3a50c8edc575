#include "agent/compare_repair.h"

#include <string.h>

#include "agent/book.h"
#include "agent/queue.h"

/* The hub's line of a thing; false if the answer has none. */
static bool find_line(const struct comparison_answer *answer, const struct compare_difference *d,
		      struct digest_line *ret_line)
{
	struct comparison_answer reading = *answer;
	while (compared_next_line(&reading, ret_line))
		if (ret_line->kind == d->kind && slice_equal(ret_line->key, slice_str(d->key)))
			return true;
	return false;
}

static bool has_mark(const struct digest_line *line, const uint8_t mark[static DIGEST_MARK_LEN])
{
	for (size_t i = 0; i < line->n_writes; i++)
		if (memcmp(line->writes + i * DIGEST_MARK_LEN, mark, DIGEST_MARK_LEN) == 0)
			return true;
	return false;
}

/*
 * Whether the same is said already by a change that is on its way, such as an earlier repair, or by one that is
 * repaired before this: sealed in two lives of the database it is there twice.
 */
static enum status is_said(const struct thing *t, const struct compare_own *own, size_t write,
			   const uint8_t mark[static DIGEST_MARK_LEN], bool *ret_said)
{
	enum status s = STATUS_OK;
	bool said = false;
	for (size_t i = 0; s == STATUS_OK && !said && i < t->n_writes; i++) {
		const struct origin *o = &t->origins[t->writes[i].origin];
		uint8_t other[DIGEST_MARK_LEN];
		bool counts = compare_waits(own, o) || (i < write && compare_includes(own, o));
		if (i == write || t->writes[i].field != t->writes[write].field || !counts)
			continue;
		s = digest_mark(&t->writes[i], o, other);
		said = s == STATUS_OK && memcmp(mark, other, DIGEST_MARK_LEN) == 0;
	}
	*ret_said = said;
	return s;
}

/* Puts into a change what of one origin the hub lacks; *ret_any: there is something. */
static enum status gather(const struct thing *t, const struct compare_own *own, size_t origin,
			  const struct digest_line *there, struct change *c, bool *ret_any)
{
	enum status s = STATUS_OK;
	*ret_any = false;
	for (size_t i = 0; s == STATUS_OK && i < t->n_writes; i++) {
		uint8_t mark[DIGEST_MARK_LEN];
		bool said = false;
		if (t->writes[i].origin != origin)
			continue;
		s = digest_mark(&t->writes[i], &t->origins[origin], mark);
		if (s == STATUS_OK)
			s = is_said(t, own, i, mark, &said);
		if (s != STATUS_OK || said || has_mark(there, mark))
			continue;
		book_repeat(c, &t->writes[i]);
		*ret_any = true;
	}
	return s;
}

/* The import a change came with, 0 for none. */
static enum status import_of(const struct agent *a, uint64_t id, int64_t *ret_import)
{
	struct query q = query_start(a->db, "SELECT import FROM change WHERE id = ?1");
	query_int(&q, 1, (int64_t)id);
	*ret_import = query_row(&q) && !query_is_null(&q, 0) ? query_get_int(&q, 0) : 0;
	return query_finish(&q);
}

static enum status repair_thing(const struct agent *a, const struct compare_own *own,
				const struct compare_difference *d, const struct digest_line *there,
				int64_t *changes)
{
	struct book_entry entry;
	const struct slice key = slice_str(d->key);
	enum status s = book_load(a, d->kind, key, &entry);
	for (size_t i = 0; s == STATUS_OK && i < entry.thing.n_origins; i++) {
		const struct origin *o = &entry.thing.origins[i];
		struct change c = change_new(d->kind);
		int64_t import = 0;
		bool any = false;
		if (!compare_includes(own, o))
			continue;
		c.key = key;
		c.changed_at = o->changed_at;
		c.time_stated = o->time_stated;
		s = gather(&entry.thing, own, i, there, &c, &any);
		if (s == STATUS_OK && any)
			s = import_of(a, o->seq, &import);
		if (s == STATUS_OK && any)
			s = queue_again(a, import, &c);
		*changes += any ? 1 : 0;
	}
	book_clear(&entry);
	return s;
}

static enum status repair_all(const struct agent *a, const struct compare_own *own,
			      const struct comparison_answer *answer, const struct compare_result *result,
			      int64_t *changes)
{
	enum status s = STATUS_OK;
	for (size_t i = 0; s == STATUS_OK && i < result->n_differences; i++) {
		const struct compare_difference *d = &result->differences[i];
		struct digest_line there = {0};
		if (d->here == 0)
			continue;
		if (!find_line(answer, d, &there))
			there = (struct digest_line){0};
		s = repair_thing(a, own, d, &there, changes);
	}
	return s;
}

enum status compare_repair(const struct agent *a, const struct compare_own *own,
			   const struct comparison_answer *answer, const struct compare_result *result,
			   int64_t *ret_changes)
{
	int64_t changes = 0;
	enum status s = database_begin(a->db);
	if (s != STATUS_OK)
		return s;
	s = database_end(a->db, repair_all(a, own, answer, result, &changes));
	if (s == STATUS_OK)
		*ret_changes = changes;
	return s;
}
