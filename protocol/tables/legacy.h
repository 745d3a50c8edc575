/*
 * Encodings from before Unicode, recognised so that people are told what to do: headings in one of them read as
 * known headings once they are decoded. Any thread.
 *
 * TCVN3 is the code of .VnTime fonts (TCVN 5712:1993), VNI that of VNI-Times fonts, windows-1258 that of Windows;
 * "utf-8-twice" is UTF-8 that a program took for windows-1252 and wrote as UTF-8 again. Inside of a spreadsheet or
 * a page such text is valid Unicode, of the wrong letters.
 */
#ifndef MOTCUA_PROTOCOL_TABLES_LEGACY_H
#define MOTCUA_PROTOCOL_TABLES_LEGACY_H

#include "protocol/bytes.h"

enum legacy { LEGACY_TCVN3, LEGACY_VNI, LEGACY_WINDOWS, LEGACY_TWICE, LEGACY_COUNT };

/* The word of reader.h for an encoding. */
const char *legacy_name(enum legacy encoding);

/*
 * Replaces out's content by text as that encoding has it, in UTF-8; text is bytes, or UTF-8 of the letters these
 * bytes stand for elsewhere. STATUS_REFUSED if text has no such reading; STATUS_LIMIT, STATUS_NO_MEMORY.
 */
MUST_CHECK enum status legacy_decode(enum legacy encoding, struct slice text, struct bytes *out);

#endif
