#include "hub/dossier_said.h"

#include <string.h>

static enum status take(struct slice writes, const struct registry *r, struct dossier_said *said)
{
	struct thing thing = thing_new(KIND_DOSSIER);
	struct resolved resolved = {0};
	struct scope scope = registry_scope(r);
	enum status s = thing_read(writes, &thing);
	if (s == STATUS_OK)
		s = fold_resolve(&thing, &scope, &resolved);
	if (s == STATUS_OK) {
		struct slice linked = resolved_text(&resolved, FIELD_LINKED_TO);
		said->received_at = resolved_number(&resolved, FIELD_RECEIVED_AT, TIME_UNSET);
		if (linked.len > 0 && linked.len <= LIMIT_CODE)
			memcpy(said->linked_to, linked.data, linked.len);
	}
	resolved_free(&resolved);
	thing_free(&thing);
	return s;
}

enum status dossier_said(struct database *db, const struct registry *r, struct slice code,
			 struct dossier_said *ret_said)
{
	*ret_said = (struct dossier_said){.received_at = TIME_UNSET};
	struct query q = query_start(db, "SELECT writes FROM thing WHERE kind = ?1 AND key = ?2");
	query_int(&q, 1, KIND_DOSSIER);
	query_text(&q, 2, code);
	ret_said->known = query_row(&q);
	enum status s = ret_said->known ? take(query_get_blob(&q, 0), r, ret_said) : STATUS_OK;
	enum status end = query_finish(&q);
	return s != STATUS_OK ? s : end;
}
