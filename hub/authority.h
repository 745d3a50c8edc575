/*
 * For which units a computer may write (design section 3, rule 5): its own, those below it, and what succeeded
 * these by merge or rename, as it was at some date up to a day. Who took over a unit whole writes for what that
 * unit did, and so does who took over every part of it: somebody has to finish what it had begun. Own units are
 * those of its postings: merges and renames are followed, splits and transfers are the operator's word ('device
 * assign'). Pure but for the registry.
 */
#ifndef MOTCUA_HUB_AUTHORITY_H
#define MOTCUA_HUB_AUTHORITY_H

#include "hub/registry.h"

/*
 * True if the device may write for what the code names, by what is so up to the day: an assignment or a succession
 * from a later day on does not count. A code that nothing had up to the day is judged as on its first day.
 */
bool authority_covers(const struct registry *r, const struct device *device, int32_t day, struct slice code);

/* True if one of two devices ever stood above the other or in its place. */
bool authority_ranked(const struct registry *r, const struct device *a, const struct device *b);

/* True if one of two codes succeeded the other, in whatever way and through however many. */
bool authority_follows(const struct registry *r, struct slice a, struct slice b);

#endif
