#include "hub/checkpoint.h"

#include <stdlib.h>

#include "config/datadir.h"
#include "config/log.h"

enum { ENTRIES_BETWEEN = 64 };

bool checkpoint_due(const struct hub *hub)
{
	return hub->last_entry - hub->checkpointed >= ENTRIES_BETWEEN;
}

void checkpoint(struct hub *hub)
{
	struct lock lock;
	char *path = path_join(hub->dir, "lock");
	enum status s = path == NULL ? STATUS_NO_MEMORY : lock_take(path, 1000, &lock);
	free(path);
	if (s != STATUS_OK)
		return;
	s = database_checkpoint(hub->db);
	lock_release(&lock);
	/* A report that reads holds it up; that is no fault. */
	if (s == STATUS_OK || s == STATUS_BUSY)
		hub->checkpointed = hub->last_entry;
	else
		log_event(LOG_WARNING, "event=checkpoint-failed code=%s", status_code(s));
}
