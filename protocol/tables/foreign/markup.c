#include "protocol/tables/foreign/markup.h"

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <stdlib.h>
#include <string.h>

/* How much libxml2 gets at once; it counts in int. */
enum { PIECE = 16 * 1024 };

struct markup {
	enum markup_language language;
	const struct markup_events *events;
	void *context;
	xmlSAXHandler handler;
	xmlParserCtxtPtr parser;
	unsigned depth;
	enum status status; /* of the callbacks, which cannot return one */
};

static const char *without_prefix(const char *name)
{
	const char *colon = strchr(name, ':');
	return colon == NULL ? name : colon + 1;
}

static void note(struct markup *m, enum status s)
{
	if (m->status == STATUS_OK)
		m->status = s;
	if (m->status != STATUS_OK)
		xmlStopParser(m->parser);
}

static void on_start(void *context, const xmlChar *name, const xmlChar **attributes)
{
	static const char *const none[] = {NULL};
	struct markup *m = context;
	const char *const *given = attributes == NULL ? none : (const char *const *)attributes;
	if (m->status != STATUS_OK)
		return;
	if (++m->depth > MARKUP_DEPTH)
		note(m, STATUS_LIMIT);
	else
		note(m, m->events->start(m->context, without_prefix((const char *)name), given));
}

static void on_end(void *context, const xmlChar *name)
{
	struct markup *m = context;
	if (m->status != STATUS_OK)
		return;
	m->depth -= m->depth > 0;
	note(m, m->events->end(m->context, without_prefix((const char *)name)));
}

static void on_text(void *context, const xmlChar *text, int len)
{
	struct markup *m = context;
	if (m->status == STATUS_OK && len > 0)
		note(m, m->events->text(m->context, slice_of(text, (size_t)len)));
}

/* A document that brings a grammar of its own brings entities: no spreadsheet does. */
static void on_doctype(void *context, const xmlChar *name, const xmlChar *public, const xmlChar *system)
{
	struct markup *m = context;
	(void)name;
	(void)public;
	(void)system;
	if (m->language == MARKUP_XML)
		note(m, STATUS_MALFORMED);
}

/* What is wrong is told by a status, not on stderr. */
static void on_message(void *context, const char *format, ...)
{
	(void)context;
	(void)format;
}

static xmlParserCtxtPtr new_parser(struct markup *m)
{
	if (m->language == MARKUP_XML) {
		xmlParserCtxtPtr parser = xmlCreatePushParserCtxt(&m->handler, m, NULL, 0, NULL);
		/* Without a grammar of its own a document has but the five entities of XML, which are put in. */
		int options = XML_PARSE_NONET | XML_PARSE_NOENT | XML_PARSE_NOERROR | XML_PARSE_NOWARNING;
		if (parser != NULL && xmlCtxtUseOptions(parser, options) == 0)
			return parser;
		xmlFreeParserCtxt(parser);
		return NULL;
	}
	/* What a page says of its encoding is often wrong; whether it is UTF-8 was looked at. */
	xmlCharEncoding encoding = m->language == MARKUP_HTML ? XML_CHAR_ENCODING_UTF8 : XML_CHAR_ENCODING_8859_1;
	xmlParserCtxtPtr parser = htmlCreatePushParserCtxt(&m->handler, m, NULL, 0, NULL, encoding);
	int options = HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_IGNORE_ENC;
	if (parser != NULL && htmlCtxtUseOptions(parser, options) == 0)
		return parser;
	htmlFreeParserCtxt(parser);
	return NULL;
}

enum status markup_new(enum markup_language language, const struct markup_events *events, void *context,
		       struct markup **ret_markup)
{
	struct markup *m = calloc(1, sizeof(*m));
	if (m == NULL)
		return STATUS_NO_MEMORY;
	m->language = language;
	m->events = events;
	m->context = context;
	m->handler = (xmlSAXHandler){
		.startElement = on_start,
		.endElement = on_end,
		.characters = on_text,
		.ignorableWhitespace = on_text,
		.internalSubset = on_doctype,
		.warning = on_message,
		.error = on_message,
		.fatalError = on_message,
	};
	m->parser = new_parser(m);
	if (m->parser == NULL) {
		free(m);
		return STATUS_NO_MEMORY;
	}
	*ret_markup = m;
	return STATUS_OK;
}

static enum status feed(struct markup *m, const char *data, size_t len, bool last)
{
	if (m->language != MARKUP_XML) {
		/* HTML has no errors, only surprises; but one that ends the document leaves the rest out. */
		(void)htmlParseChunk(m->parser, data, (int)len, last);
		bool over = !last && m->parser->instate == XML_PARSER_EOF;
		return m->status == STATUS_OK && over ? STATUS_MALFORMED : m->status;
	}
	int error = xmlParseChunk(m->parser, data, (int)len, last);
	if (m->status != STATUS_OK)
		return m->status;
	if (error == XML_ERR_NO_MEMORY)
		return STATUS_NO_MEMORY;
	return m->parser->wellFormed == 1 ? STATUS_OK : STATUS_MALFORMED;
}

enum status markup_feed(struct markup *m, struct slice piece)
{
	while (piece.len > 0 && m->status == STATUS_OK) {
		size_t len = piece.len < PIECE ? piece.len : PIECE;
		note(m, feed(m, (const char *)piece.data, len, false));
		piece = slice_of(piece.data + len, piece.len - len);
	}
	return m->status;
}

enum status markup_end(struct markup *m)
{
	if (m->status == STATUS_OK)
		note(m, feed(m, "", 0, true));
	return m->status;
}

void markup_free(struct markup *m)
{
	if (m == NULL)
		return;
	if (m->language == MARKUP_XML)
		xmlFreeParserCtxt(m->parser);
	else
		htmlFreeParserCtxt(m->parser);
	free(m);
}

const char *markup_attribute(const char *const *attributes, const char *name)
{
	for (size_t i = 0; attributes[i] != NULL; i += 2)
		if (strcmp(without_prefix(attributes[i]), name) == 0)
			return attributes[i + 1];
	return NULL;
}
