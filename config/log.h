/*
 * One line an event on stderr (the journal adds the time under systemd): level, event, key=value pairs. Never a
 * record's value (L15); control characters are escaped. Any thread.
 */
#ifndef MOTCUA_CONFIG_LOG_H
#define MOTCUA_CONFIG_LOG_H

#include "protocol/status.h"

enum log_level { LOG_ERROR, LOG_WARNING, LOG_NOTICE, LOG_DEBUG };

/* Lines above this level are not written; NOTICE at start. */
void log_set_level(enum log_level level);
void log_event(enum log_level level, const char *format, ...) PRINTF_LIKE(2, 3);

#endif
