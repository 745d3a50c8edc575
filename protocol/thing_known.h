/*
 * Where the writes of a thing at rest come from, without reading the writes: for whoever looks at very many things
 * and needs few of them. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_THING_KNOWN_H
#define MOTCUA_PROTOCOL_THING_KNOWN_H

#include "protocol/fold.h"

/*
 * Calls each(context, device, accepted_at) for every change that the thing consists of (thing_put), until one does
 * not answer STATUS_OK. STATUS_MALFORMED: its head does not read.
 */
typedef enum status (*origin_each)(void *context, const uint8_t device[static DEVICE_ID_LEN], int64_t accepted_at);
MUST_CHECK enum status thing_each_origin(struct slice data, origin_each each, void *context);

#endif
