/*
 * Text as people type it: normal form, folding for comparison. The only file that knows Unicode's tables
 * (utf8proc). Any thread.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_TEXT_H
#define MOTCUA_PROTOCOL_TABLES_TEXT_H

#include "protocol/bytes.h"

/*
 * Replaces out's content by text in NFC, with blanks of any kind (non-breaking ones too) made plain ones and
 * trimmed at both ends. What has no width and no meaning here (soft hyphen, zero-width space, a byte order mark)
 * is left out, so that two codes that look alike are alike. text must not lie in out.
 * STATUS_REFUSED if it is not UTF-8 or holds control characters other than tab and newline (which become blanks);
 * STATUS_LIMIT over out's limit; STATUS_NO_MEMORY.
 */
MUST_CHECK enum status text_normal(struct slice text, struct bytes *out);

/* True if text, of a key or field and so of at most LIMIT_TEXT bytes, is UTF-8 in NFC as it stands. */
bool text_is_nfc(struct slice text);

/* As text_normal, then lower case and runs of blanks squeezed to one: the form schema.h compares. */
MUST_CHECK enum status text_fold(struct slice text, struct bytes *out);

#endif
