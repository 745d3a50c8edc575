#include "config/courier_target.h"

#include <string.h>

#include "config/datadir.h"

/* Whatever device it is of: what a courier file carries can always be written again. */
static bool same_way(const struct courier_start *a, const struct courier_start *b)
{
	return a->direction == b->direction && memcmp(a->hub_id, b->hub_id, HUB_ID_LEN) == 0;
}

enum status courier_may_write(const char *path, const struct courier_start *start)
{
	struct courier_start found;
	struct bytes old = bytes_new(COURIER_START_LEN);
	enum status s = file_read_start(path, &old);
	if (s == STATUS_OK &&
	    (courier_start_read(bytes_slice(&old), &found) != STATUS_OK || !same_way(&found, start)))
		s = STATUS_EXISTS;
	bytes_free(&old);
	return s == STATUS_EMPTY ? STATUS_OK : s;
}
