#include "agent/dossiers.h"

#include <stdlib.h>
#include <string.h>

#include "protocol/thing_join.h"

/* A provisional code and the official one it was joined to. */
struct link {
	char official[LIMIT_KEY + 1];
	char provisional[LIMIT_KEY + 1];
};

struct walk {
	const struct agent *agent;
	dossiers_each_function each;
	void *context;
	size_t n_links;
	size_t cap_links;
	struct link *links; /* by official code, then provisional */
};

static int compare_links(const void *a, const void *b)
{
	const struct link *x = a;
	const struct link *y = b;
	int order = strcmp(x->official, y->official);
	return order != 0 ? order : strcmp(x->provisional, y->provisional);
}

static void copy_key(char to[static LIMIT_KEY + 1], struct slice key)
{
	memcpy(to, key.data, key.len);
	to[key.len] = '\0';
}

static enum status add_link(struct walk *w, struct slice provisional, struct slice official)
{
	enum { FIRST = 64 };
	if (official.len > LIMIT_KEY || provisional.len > LIMIT_KEY)
		return STATUS_CORRUPT;
	if (w->n_links == w->cap_links) {
		size_t cap = w->cap_links == 0 ? FIRST : 2 * w->cap_links;
		struct link *grown = realloc(w->links, cap * sizeof(*grown));
		if (grown == NULL)
			return STATUS_NO_MEMORY;
		w->links = grown;
		w->cap_links = cap;
	}
	struct link *link = &w->links[w->n_links++];
	copy_key(link->official, official);
	copy_key(link->provisional, provisional);
	return STATUS_OK;
}

static enum status note_link(struct walk *w, struct slice code, const struct thing *thing)
{
	struct resolved r;
	enum status s = book_resolve(w->agent, thing, &r);
	if (s != STATUS_OK)
		return s;
	struct slice official = fold_official(code, &r);
	if (official.len > 0)
		s = add_link(w, code, official);
	resolved_free(&r);
	return s;
}

/* '.' follows '-', so these are the codes that begin with "L-". */
static enum status find_links(struct walk *w)
{
	struct query q =
		query_start(w->agent->db, "SELECT key, writes FROM thing WHERE kind = ?1 AND key >= 'L-' AND"
					  " key < 'L.'");
	query_int(&q, 1, KIND_DOSSIER);
	enum status noted = STATUS_OK;
	while (noted == STATUS_OK && query_row(&q)) {
		struct book_entry entry;
		noted = book_read(KIND_DOSSIER, query_get_blob(&q, 1), &entry);
		if (noted == STATUS_OK)
			noted = note_link(w, query_get_text(&q, 0), &entry.thing);
		book_clear(&entry);
	}
	enum status s = query_finish(&q);
	if (w->n_links > 0)
		qsort(w->links, w->n_links, sizeof(*w->links), compare_links);
	return noted == STATUS_OK ? s : noted;
}

static int compare_official(const void *key, const void *link)
{
	return strcmp(key, ((const struct link *)link)->official);
}

static bool is_official(const struct walk *w, struct slice code)
{
	char key[LIMIT_KEY + 1];
	if (w->n_links == 0 || code.len > LIMIT_KEY)
		return false;
	copy_key(key, code);
	return bsearch(key, w->links, w->n_links, sizeof(*w->links), compare_official) != NULL;
}

static enum status hand_out(const struct walk *w, struct slice code, const struct thing *thing)
{
	struct resolved r;
	enum status s = book_resolve(w->agent, thing, &r);
	if (s != STATUS_OK)
		return s;
	s = w->each(w->context, code, &r);
	resolved_free(&r);
	return s;
}

static enum status on_thing(void *context, enum kind kind, struct slice key, const struct thing *thing)
{
	const struct walk *w = context;
	(void)kind; /* only dossiers are walked */
	return is_official(w, key) ? STATUS_OK : hand_out(w, key, thing);
}

/* An official dossier out of its own writes and those of n links. */
static enum status hand_out_joined(const struct walk *w, const struct link *links, size_t n)
{
	/* Text is borrowed from these until the dossier was handed out. */
	struct book_entry *entries = calloc(n + 1, sizeof(*entries));
	if (entries == NULL)
		return STATUS_NO_MEMORY;
	struct slice official = slice_str(links[0].official);
	enum status s = book_load(w->agent, KIND_DOSSIER, official, &entries[n]);
	for (size_t i = 0; s == STATUS_OK && i < n; i++) {
		s = book_load(w->agent, KIND_DOSSIER, slice_str(links[i].provisional), &entries[i]);
		if (s == STATUS_OK)
			s = thing_join(&entries[n].thing, &entries[i].thing);
	}
	if (s == STATUS_OK)
		s = hand_out(w, official, &entries[n].thing);
	for (size_t i = 0; i <= n; i++)
		book_clear(&entries[i]);
	free(entries);
	return s;
}

enum status dossiers_each(const struct agent *a, dossiers_each_function each, void *context)
{
	struct walk w = {.agent = a, .each = each, .context = context};
	enum status s = find_links(&w);
	if (s == STATUS_OK)
		s = book_each(a, KIND_DOSSIER, on_thing, &w);
	for (size_t i = 0; s == STATUS_OK && i < w.n_links;) {
		size_t n = 1;
		while (i + n < w.n_links && strcmp(w.links[i].official, w.links[i + n].official) == 0)
			n++;
		s = hand_out_joined(&w, &w.links[i], n);
		i += n;
	}
	free(w.links);
	return s;
}
