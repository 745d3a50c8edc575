/* The commands for files carried by hand. */
#ifndef MOTCUA_HUB_COMMANDS_COURIER_H
#define MOTCUA_HUB_COMMANDS_COURIER_H

#include "config/options.h"

extern const struct command COMMAND_INGEST;
extern const struct command COMMAND_RECEIPTS;
extern const struct command COMMAND_COMPARE;

#endif
