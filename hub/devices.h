/*
 * Which computer an operator means. One thread, over the registry as it stands.
 */
#ifndef MOTCUA_HUB_DEVICES_H
#define MOTCUA_HUB_DEVICES_H

#include "hub/registry.h"

enum { DEVICE_PREFIX_MIN = 4 };

/*
 * A device by the digits of its id: all of them, or the first four or more if only one device begins so.
 * STATUS_EMPTY: none does; STATUS_DIFFERENT: several do; STATUS_USAGE: fewer digits, or something else.
 */
MUST_CHECK enum status devices_find(const struct registry *r, const char *text, struct device *ret_device);

/* As devices_find, or by the code of a unit that has just one device that may send (others were replaced). */
MUST_CHECK enum status devices_find_or_unit(const struct registry *r, const char *text, struct device *ret_device);

#endif
