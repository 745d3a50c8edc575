/*
 * XML and HTML as events, out of pieces of a file: the only file that knows libxml2 is markup.c. No tree is built,
 * nothing is fetched, and no document says itself what its entities mean: an XML document with a DOCTYPE is
 * refused. One user, one thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_FOREIGN_MARKUP_H
#define MOTCUA_PROTOCOL_TABLES_FOREIGN_MARKUP_H

#include "protocol/bytes.h"

enum markup_language {
	MARKUP_XML,       /* well-formed or refused; says its encoding itself */
	MARKUP_HTML,      /* whatever browsers read, as UTF-8 */
	MARKUP_HTML_BYTES /* the same, a letter a byte (ISO 8859-1) */
};

/* Nested deeper than this nothing sensible is. */
enum { MARKUP_DEPTH = 200 };

/*
 * Names come in lower case for HTML, without their prefix for XML. attributes are name, value, name, value … NULL;
 * a value may be NULL. All text lives for the call. Any status but STATUS_OK stops the reading.
 */
struct markup_events {
	enum status (*start)(void *context, const char *name, const char *const *attributes);
	enum status (*end)(void *context, const char *name);
	enum status (*text)(void *context, struct slice text);
};

struct markup;

/* events and context are borrowed. STATUS_NO_MEMORY. */
MUST_CHECK enum status markup_new(enum markup_language language, const struct markup_events *events, void *context,
				  struct markup **ret_markup);
/* STATUS_MALFORMED, STATUS_LIMIT (nested too deep), STATUS_NO_MEMORY, or what an event returned. */
MUST_CHECK enum status markup_feed(struct markup *m, struct slice piece);
/* The end of the document; as markup_feed. */
MUST_CHECK enum status markup_end(struct markup *m);
void markup_free(struct markup *m);

/* The value of an attribute by its name, a prefix apart; NULL if it is not there. */
const char *markup_attribute(const char *const *attributes, const char *name);

#endif
