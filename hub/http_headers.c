#include "hub/http_headers.h"

#include <stdint.h>
#include <string.h>

enum {
	BAD_REQUEST = 400,
	METHOD_NOT_ALLOWED = 405,
	LENGTH_REQUIRED = 411,
	CONTENT_TOO_LARGE = 413,
	VERSION_NOT_SUPPORTED = 505
};

/* RFC 9110 section 5.6.2. */
static bool is_token(const char *name)
{
	static const char marks[] = "!#$%&'*+-.^_`|~";
	if (*name == '\0')
		return false;
	for (; *name != '\0'; name++) {
		char c = *name;
		bool plain = (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z');
		if (!plain && strchr(marks, c) == NULL)
			return false;
	}
	return true;
}

/* Header names are ASCII, compared without regard to case and to the machine's locale. */
static bool begins_with(const char *name, const char *lower)
{
	for (; *lower != '\0'; name++, lower++) {
		char c = *name >= 'A' && *name <= 'Z' ? (char)(*name - 'A' + 'a') : *name;
		if (c != *lower)
			return false;
	}
	return true;
}

/* Digits only: no sign, no blank, no list. */
static bool parse_length(const char *text, size_t *ret_length)
{
	size_t length = 0;
	if (text == NULL || *text == '\0')
		return false;
	for (; *text != '\0'; text++) {
		if (*text < '0' || *text > '9' || length > (SIZE_MAX - 9) / 10)
			return false;
		length = length * 10 + (size_t)(*text - '0');
	}
	*ret_length = length;
	return true;
}

void http_headers_note(struct http_headers *seen, const char *name, const char *value)
{
	static const char content_length[] = "content-length";
	if (!is_token(name))
		seen->malformed = true;
	if (begins_with(name, "transfer-encoding"))
		seen->encoded = true;
	if (!begins_with(name, content_length) || name[sizeof(content_length) - 1] != '\0')
		return;
	seen->lengths++;
	if (!parse_length(value, &seen->length))
		seen->malformed = true;
}

int http_headers_judge(const struct http_headers *seen, const char *method, const char *version, size_t max_body)
{
	bool post = strcmp(method, "POST") == 0;
	if (strcmp(version, "HTTP/1.1") != 0)
		return VERSION_NOT_SUPPORTED;
	if (seen->malformed || seen->lengths > 1 || (seen->encoded && seen->lengths > 0))
		return BAD_REQUEST;
	if (!post && strcmp(method, "GET") != 0)
		return METHOD_NOT_ALLOWED;
	if (seen->encoded || (post && seen->lengths == 0))
		return LENGTH_REQUIRED;
	if (!post && seen->length > 0)
		return BAD_REQUEST;
	return seen->length > max_body ? CONTENT_TOO_LARGE : 0;
}
