#include "hub/disk_space.h"

#include <errno.h>
#include <inttypes.h>
#include <sys/statvfs.h>

#include "config/datadir.h"
#include "config/log.h"
#include "hub/log_limit.h"

enum { MIB = 1024 * 1024 };

enum status disk_space(const char *dir, int64_t *ret_free)
{
	struct statvfs info;
	if (statvfs(dir, &info) != 0)
		return status_of_errno(errno);
	*ret_free = (int64_t)info.f_bavail * (int64_t)info.f_frsize;
	return STATUS_OK;
}

bool disk_is_short(struct hub *hub)
{
	int64_t left = 0;
	if (hub->disk_reserve == 0 || disk_space(hub->dir, &left) != STATUS_OK || left >= hub->disk_reserve)
		return false;
	if (log_limit_passes(hub->remarks, slice_str("disk"), hub_now(hub)))
		log_event(LOG_ERROR,
			  "event=disk-low free_mib=%" PRId64 " note=\"batches are refused until there is room\"",
			  left / MIB);
	return true;
}
