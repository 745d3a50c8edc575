/*
 * What a page must not bring to the parser of HTML, which would change its letters or leave out the rest of the
 * file without a word: bytes that are no UTF-8 and control characters become U+FFFD, and the ends of a document
 * within the file (several pages saved one after the other) become tags that mean nothing. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_FOREIGN_HTML_CLEAN_H
#define MOTCUA_PROTOCOL_TABLES_FOREIGN_HTML_CLEAN_H

#include "protocol/bytes.h"

struct html_clean {
	bool bytes;      /* every byte is a letter, there is no UTF-8 to be sound */
	uint8_t held[8]; /* the beginning of a letter or tag that is not whole yet */
	size_t n_held;
};

/* Appends what is sure so far to out. */
void html_clean_feed(struct html_clean *clean, struct slice piece, struct bytes *out);
/* The end of the file. */
void html_clean_end(struct html_clean *clean, struct bytes *out);

/* True if the beginning of a file is UTF-8, some broken letters apart: it has more whole ones than those. */
bool html_is_utf8(struct slice head);

/* True if text holds what stands for something unreadable. */
bool html_unreadable(struct slice text);

#endif
