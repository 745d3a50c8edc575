/*
 * A courier file off its medium and into memory. Its name opens it and does nothing else. For courier.c alone.
 */
#ifndef MOTCUA_HUB_COURIER_FILE_H
#define MOTCUA_HUB_COURIER_FILE_H

#include "hub/courier.h"

/*
 * Reads the whole file. STATUS_OK also where it cannot be had: out->fault and out->status then say why.
 * STATUS_NO_MEMORY.
 */
MUST_CHECK enum status courier_file_read(const char *path, struct bytes *content, struct ingested *out);

#endif
