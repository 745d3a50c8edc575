#include "agent/renewal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "agent/incarnation.h"
#include "config/datadir.h"

enum { OLD_NAME = 48 };

/* What a directory holds was entered for one province. */
static enum status check_hub(const char *dir, const struct identity *hub)
{
	struct bytes document = bytes_new(LIMIT_IDENTITY);
	struct identity old;
	enum status s = dir_read(dir, AGENT_IDENTITY, &document);
	/* An identity that is gone or spoilt says nothing against this one. */
	bool readable = s == STATUS_OK && identity_open(bytes_slice(&document), &old) == STATUS_OK;
	bool other = readable && memcmp(old.hub_id, hub->hub_id, HUB_ID_LEN) != 0;
	bytes_free(&document);
	return other ? STATUS_EXISTS : STATUS_OK;
}

static enum status put_key_aside(const char *dir, int64_t now)
{
	char name[OLD_NAME];
	(void)snprintf(name, sizeof(name), AGENT_KEY ".old-%lld", (long long)now); /* sized for it */
	char *from = path_join(dir, AGENT_KEY);
	char *to = path_join(dir, name);
	enum status s = from == NULL || to == NULL ? STATUS_NO_MEMORY : file_move(from, to);
	free(to);
	free(from);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}

/* From here on the directory counts as not enrolled, so that an enrolment that fails can be tried again. */
static enum status forget_enrolment(struct database *db)
{
	struct query q = query_start(db, "DELETE FROM meta WHERE name = ?1");
	query_str(&q, 1, STORE_ENROLLED_AT);
	return query_run(&q);
}

static enum status renew_database(const char *dir, const struct agent_world *world)
{
	struct agent a = {.world = *world, .dir = path_join(dir, "")};
	char *path = path_join(dir, AGENT_DATABASE);
	enum status s = a.dir == NULL || path == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	if (s == STATUS_OK)
		s = store_open(path, world->vfs, false, &a.db);
	if (s == STATUS_OK)
		s = store_incarnation(a.db, &a.incarnation);
	if (s == STATUS_OK)
		s = incarnation_begin(&a, TROUBLE_REIDENTIFIED);
	if (s == STATUS_OK)
		s = store_set_number(a.db, STORE_KEY_FROM, (int64_t)a.incarnation.ordinal);
	if (s == STATUS_OK)
		s = forget_enrolment(a.db);
	database_close(a.db);
	free(path);
	free(a.dir);
	/* Without a database, or before its first life, there is nothing to carry over. */
	return s == STATUS_NO_DATA || s == STATUS_EMPTY ? STATUS_OK : s;
}

enum status renewal_prepare(const char *dir, const struct agent_world *world, const struct identity *hub)
{
	/* As long as the database counts as enrolled and its key is missing, the whole is done once more. */
	enum status s = check_hub(dir, hub);
	/* The key first: without one the directory still asks for a renewal, should this break off. */
	if (s == STATUS_OK)
		s = put_key_aside(dir, world->now_ms(world->context));
	return s == STATUS_OK ? renew_database(dir, world) : s;
}
