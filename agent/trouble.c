#include "agent/trouble.h"

static const char *const names[TROUBLE_COUNT] = {
	[TROUBLE_NONE] = "",
	[TROUBLE_DB_LOST] = "DB-LOST",
	[TROUBLE_DB_ROLLED_BACK] = "DB-ROLLED-BACK",
	[TROUBLE_CLONED] = "CLONED",
	[TROUBLE_HUB_REGRESSED] = "HUB-REGRESSED",
	[TROUBLE_REIDENTIFIED] = "REIDENTIFIED",
	[TROUBLE_SALVAGED] = "SALVAGED",
};

const char *trouble_name(enum trouble trouble)
{
	return names[trouble];
}

/* A name a later program wrote is none this one can explain. */
static enum trouble trouble_of(struct slice name)
{
	for (enum trouble t = TROUBLE_NONE; t < TROUBLE_COUNT; t++)
		if (slice_equal(name, slice_str(names[t])))
			return t;
	return TROUBLE_NONE;
}

enum status notice_put(struct database *db, const struct notice *notice)
{
	struct query q =
		query_start(db, "INSERT INTO notice (at, code, ordinal, first, last) VALUES (?1, ?2, ?3, ?4, ?5)");
	query_int(&q, 1, notice->at);
	query_str(&q, 2, trouble_name(notice->trouble));
	query_int(&q, 3, (int64_t)notice->ordinal);
	query_int(&q, 4, (int64_t)notice->first);
	query_int(&q, 5, (int64_t)notice->last);
	return query_run(&q);
}

enum status notice_list(struct database *db, size_t max, struct notice *ret_list, size_t *ret_count)
{
	struct query q =
		query_start(db, "SELECT at, code, ordinal, first, last FROM notice ORDER BY id DESC LIMIT ?1");
	query_int(&q, 1, (int64_t)max);
	size_t n = 0;
	while (n < max && query_row(&q))
		ret_list[n++] = (struct notice){
			.at = query_get_int(&q, 0),
			.trouble = trouble_of(query_get_text(&q, 1)),
			.ordinal = (uint64_t)query_get_int(&q, 2),
			.first = (uint64_t)query_get_int(&q, 3),
			.last = (uint64_t)query_get_int(&q, 4),
		};
	enum status s = query_finish(&q);
	if (s == STATUS_OK)
		*ret_count = n;
	return s;
}
