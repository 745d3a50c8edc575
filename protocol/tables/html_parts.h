/*
 * The parts of an HTML page, for write_html.c. Whatever is text goes through html_text(), so that nothing of it is
 * markup. Errors are the stream's. One thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_HTML_PARTS_H
#define MOTCUA_PROTOCOL_TABLES_HTML_PARTS_H

#include "protocol/tables/html_text.h"
#include "protocol/tables/paper_parts.h"

/* The style sheet of every page, piece by piece; NULL ends it. */
extern const char *const HTML_STYLE[];

void html_count(const struct paper *p, FILE *out, int64_t value);
/* "12.345%": where something stands in a picture. */
void html_percent(FILE *out, int64_t part, int64_t of);

/* number: of the table or chart on the page, for its id. */
void html_table(const struct paper *p, const struct paper_block *table, size_t number, FILE *out);
void html_chart(const struct paper *p, const struct paper_block *chart, size_t number, FILE *out);

#endif
