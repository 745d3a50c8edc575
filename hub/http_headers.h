/*
 * Which requests the front lets in, judged by their head alone, before a byte of the body is read. Stricter than
 * HTTP: what two programs could read in two ways (a second length, a chunked body, an odd header name) is refused.
 * Pure.
 */
#ifndef MOTCUA_HUB_HTTP_HEADERS_H
#define MOTCUA_HUB_HTTP_HEADERS_H

#include <stdbool.h>
#include <stddef.h>

/* What the walk over a request's headers found; begin with {0}. */
struct http_headers {
	unsigned lengths; /* how many Content-Length */
	size_t length;    /* the last of them */
	bool encoded;     /* a Transfer-Encoding, or a name that begins like it */
	bool malformed;   /* a name that is no token, a length that is no number */
};

/* Notes one header. value may be NULL. */
void http_headers_note(struct http_headers *seen, const char *name, const char *value);

/* 0, or the HTTP status to refuse the request with. */
int http_headers_judge(const struct http_headers *seen, const char *method, const char *version, size_t max_body);

#endif
