/*
 * Growable bytes with a maximum, and borrowed slices. No buffer grows without a limit named at its creation.
 * One owner, any thread.
 */
#ifndef MOTCUA_PROTOCOL_BYTES_H
#define MOTCUA_PROTOCOL_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "protocol/status.h"

/* Borrowed bytes: whoever hands them out says how long they live. */
struct slice {
	const uint8_t *data;
	size_t len;
};

/*
 * Owned bytes. error is sticky: after a failed put every further put does nothing, so that a writer may put many
 * things and ask once (bytes_status).
 */
struct bytes {
	uint8_t *data;
	size_t len;
	size_t cap;
	size_t limit;
	enum status error;
};

/* An empty buffer that will never hold more than limit bytes. Allocates nothing. */
struct bytes bytes_new(size_t limit);

/* Frees the memory; the buffer is empty and usable again. NULL is fine. */
void bytes_free(struct bytes *b);

/* Empties the buffer and its error, keeps the memory. */
void bytes_clear(struct bytes *b);

/* Appends; STATUS_LIMIT over the limit, STATUS_NO_MEMORY. On failure the content is unchanged, the error sticks. */
void bytes_put(struct bytes *b, const void *data, size_t len);
void bytes_put_u8(struct bytes *b, uint8_t byte);
void bytes_put_str(struct bytes *b, const char *text);

/* Appends len uninitialised bytes and returns where they start, NULL on failure. Valid until the next put. */
uint8_t *bytes_grow(struct bytes *b, size_t len);

/* STATUS_OK, or the first failure of a put. */
MUST_CHECK enum status bytes_status(const struct bytes *b);

/* The content as a slice, valid until the next put or free. */
struct slice bytes_slice(const struct bytes *b);

struct slice slice_of(const void *data, size_t len);
struct slice slice_str(const char *text);
bool slice_equal(struct slice a, struct slice b);
/* memcmp order, the shorter first when one begins the other. */
int slice_compare(struct slice a, struct slice b);

#endif
