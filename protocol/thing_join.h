/*
 * Things made of things: a provisional code's writes beside its official one's (fold rule 7), and one device's
 * share of a thing apart from the rest (rule 6). Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_THING_JOIN_H
#define MOTCUA_PROTOCOL_THING_JOIN_H

#include "protocol/fold.h"

/* True for a code an agent made up where there was no official one yet: it begins with "L-". */
bool code_is_provisional(struct slice code);

/*
 * The official code a provisional dossier was joined to, empty if it was not: the winner of replaced_by,
 * provisional to official only, depth one.
 */
struct slice fold_official(struct slice code, const struct resolved *r);

/*
 * Adds the writes of a provisional dossier to its official one, but void and replaced_by, which are its own. Text
 * is borrowed from where `from` borrows. STATUS_NO_MEMORY leaves `into` fit to be freed only.
 */
MUST_CHECK enum status thing_join(struct thing *into, const struct thing *from);

/* The changes for which keep() is true, in an empty thing (thing_new). Text is borrowed as in `from`. */
MUST_CHECK enum status thing_share(const struct thing *from,
				   bool (*keep)(const void *context, const struct origin *origin),
				   const void *context, struct thing *ret_share);

#endif
