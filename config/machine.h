/*
 * What tells this machine, this start of it and this very file from others: so that a copied or restored data
 * directory is noticed before anything is signed in its name (L9). Nothing here is secret, nothing is sent.
 */
#ifndef MOTCUA_CONFIG_MACHINE_H
#define MOTCUA_CONFIG_MACHINE_H

#include "protocol/bytes.h"

enum { MACHINE_TEXT = 64 };

/* A number the installation keeps (machine-id(5)) as text; path NULL: where this system has it. "" if there is
 * none. */
void machine_id(const char *path, char ret_id[static MACHINE_TEXT]);
/* Where this system has it: /etc/machine-id, on Windows MachineGuid. "" if there is none. */
void machine_own_id(char ret_id[static MACHINE_TEXT]);
/* The first line of a file; "" if it cannot be read: then nothing is told apart by it. */
void machine_line(const char *path, char ret_line[static MACHINE_TEXT]);
/* A number that every start of the system makes anew; "" if there is none. */
void machine_boot(char ret_id[static MACHINE_TEXT]);

/* The identity of a file on its disk, which a copy does not share, and when it was last touched in any way. */
struct file_place {
	uint64_t number;    /* inode, on Windows the file's index */
	int64_t touched_ns; /* ctime, on Windows the change time: cannot be set by hand */
};
/* STATUS_EMPTY if there is no such file. */
MUST_CHECK enum status file_place(const char *path, struct file_place *ret_place);

#endif
