/*
 * What whoever started the service hears of it, where it asked to (sd_notify(3), by a few lines of our own): ready,
 * at work, stopping. Without a NOTIFY_SOCKET in the environment all of this does nothing. Any thread.
 */
#ifndef MOTCUA_CONFIG_NOTIFY_H
#define MOTCUA_CONFIG_NOTIFY_H

#include <stdint.h>

/* Once, when the work can begin; a manager that cannot be told is logged: it will end us. */
void notify_ready(void);
/* From the loop that does the work, and from nowhere else; at most as often as notify_every_ms says. */
void notify_alive(void);
/* Once, when the end has begun. */
void notify_stopping(void);

/* How often notify_alive is wanted: half of what the watchdog allows, in ms, at least 1. -1: there is none. */
int64_t notify_every_ms(void);

#endif
