/*
 * Keeps what a program holds in memory, its keys above all, from whoever else works on the machine.
 */
#ifndef MOTCUA_CONFIG_SECRECY_H
#define MOTCUA_CONFIG_SECRECY_H

#include "protocol/status.h"

/*
 * Call first of all: no core dump is ever written, of this program and those it starts, and no other program of the
 * account may look into its memory. STATUS_PERMISSION if the system refuses that.
 */
MUST_CHECK enum status secrecy_begin(void);

#endif
