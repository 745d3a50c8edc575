/*
 * Opening another program's list, whatever it is a file of: the one place that knows. One thread.
 */
#ifndef MOTCUA_HUB_FOREIGN_FILE_H
#define MOTCUA_HUB_FOREIGN_FILE_H

#include "protocol/tables/reader.h"

/*
 * Hands every row of a file to row(context, …), as reader_run_form() does. STATUS_EMPTY: there is no such file;
 * STATUS_REFUSED with ret_report->reason; or what reading failed with.
 */
MUST_CHECK enum status foreign_file_rows(const char *path, struct reader_form form, reader_row row, void *context,
					 struct reader_report *ret_report);

#endif
