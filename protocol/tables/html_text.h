/*
 * Text of people in a page of HTML, so that nothing of it is markup. Errors are the stream's. Pure, any thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_HTML_TEXT_H
#define MOTCUA_PROTOCOL_TABLES_HTML_TEXT_H

#include <stdio.h>

#include "protocol/bytes.h"

/*
 * Text as text: <, >, &, " and ' as references; what no page may contain (controls, U+FFFE, U+FFFF, what is no
 * UTF-8), and what turns the direction of its neighbours, as U+FFFD.
 */
void html_text(FILE *out, const char *text);
void html_slice(FILE *out, struct slice text);
/* open, text, close; nothing for NULL. open and close are markup. */
void html_element(FILE *out, const char *open, const char *text, const char *close);

#endif
