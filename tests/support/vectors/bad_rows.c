#include "vectors.h"

#include "protocol/cbor.h"

/* The rows of two accepted dossiers, A1 and A2, of the procedure P: one part for each key of the map. */
#define R1  "01 81 84 01 18 88 00 01"
#define R2  "02 00"
#define R3  "03 39 03e7"
#define R4  "04 00"
#define R5  "05 83 81 62 4101 00 81 01"
#define R6  "06 a1 07 02"
#define R7  "07 a1 03 82 00 83 81 61 50 00 80"
#define R12 R1 R2
#define R13 R1 R2 R3
#define R14 R1 R2 R3 R4
#define R15 R1 R2 R3 R4 R5
#define R16 R1 R2 R3 R4 R5 R6
#define R25 R2 R3 R4 R5
#define R27 R2 R3 R4 R5 R6 R7
#define R37 R3 R4 R5 R6 R7
#define R47 R4 R5 R6 R7
#define R57 R5 R6 R7
#define R67 R6 R7
#define MAX "1b 7fffffffffffffff"
#define MIN "3b 7fffffffffffffff"

#define FOUR(x) x x x x
#define AAAA_4  FOUR("41")
#define AAAA_16 FOUR(AAAA_4)
#define AAAA_64 FOUR(AAAA_16)

struct bad_row {
	const char *name;
	const char *rows;
	const char *why;
};

static const struct bad_row ITEMS[] = {
	{"batch-rows-empty", "", "inflate: 2 changes and no rows, a length of 0 and an empty stream"},
	{"batch-rows-array", "80", "rows: an array, not a map"},
	{"batch-rows-bomb", "9a 02000000", "rows: an array of 33,554,432 items in 5 bytes"},
	{"batch-rows-trailing", "a7" R1 R27 "00", "rows: a byte behind the map"},
	{"batch-rows-cut", "a7" R16 "07 a1 03 82 00 83 81 61 50 00", "rows: the last item is missing"},
	{"batch-rows-indefinite", "bf" R1 R27 "ff", "rows: a map of indefinite length"},
	{"batch-rows-long-form", "b8 07" R1 R27, "rows: the map's head is not the shortest"},
	{"batch-rows-key-missing", "a6" R16, "rows: key 7 is missing"},
	{"batch-rows-key-unknown", "a8" R1 R27 "09 00", "rows: key 9"},
	{"batch-rows-key-twice", "a8" R12 R2 R37, "rows: key 2 twice"},
	{"batch-rows-keys-unsorted", "a7" R1 R3 R2 R47, "rows: key 3 before 2"},
	{"batch-rows-float", "a7" R15 "06 a1 07 f93c00" R7, "rows: a float"},
	{"batch-rows-bignum", "a7" R15 "06 a1 07 c2 41 01" R7, "rows: tag 2 (bignum)"},
	{"batch-rows-null", "a7" R15 "06 a1 07 f6" R7, "rows: null where a column stands"},
	{"batch-rows-not-utf8", "a7" R16 "07 a1 03 82 00 83 81 62 c328 00 80", "rows: text that is not UTF-8"},
	{"batch-rows-surrogate", "a7" R16 "07 a1 03 82 00 83 81 63 eda080 00 80", "rows: a surrogate in text"},
	{"batch-rows-overlong", "a7" R16 "07 a1 03 82 00 83 81 62 c0af 00 80", "rows: an overlong form in text"},
};

static const struct bad_row SHAPES[] = {
	{"batch-shapes-none", "a7 01 80" R27, "rows: no shapes"},
	{"batch-shape-of-three", "a7 01 81 83 01 18 88 00" R27, "rows: a shape of three parts"},
	{"batch-shape-kind-256", "a7 01 81 84 19 0100 18 88 00 01" R27, "rows: kind 256"},
	{"batch-shape-field-34", "a7 01 81 84 01 1b 0000000400000088 00 01" R27, "rows: field 34"},
	{"batch-shape-clears-other", "a7 01 81 84 01 18 88 01 01" R27, "rows: clears a field it does not have"},
	{"batch-shape-flags-2", "a7 01 81 84 01 18 88 00 02" R27, "rows: flags are 2"},
	{"batch-shape-beyond", "a7" R1 "02 01" R37, "rows: shape 1 of one"},
	{"batch-shape-negative", "a7" R1 "02 20" R37, "rows: shape -1"},
	{"batch-shape-second-beyond", "a7" R1 "02 42 0002" R37, "rows: the second change has shape 1 of one"},
	{"batch-times-overflow", "a7" R12 "03" MAX R47, "rows: a time beyond 64 bits"},
	{"batch-times-year-10000", "a7" R12 "03 1b 0000730000000000" R47, "rows: the second time is after 9999"},
	{"batch-key-before-first", "a7" R13 "04 01" R57, "rows: the first change has a key seen before"},
	{"batch-key-beyond", "a7" R13 "04 42 0004" R57, "rows: the second last key of one"},
	{"batch-key-negative", "a7" R13 "04 42 0001" R57, "rows: a reference of -1"},
	{"batch-key-129-bytes", "a7" R14 "05 83 81 78 81" AAAA_64 AAAA_64 "01 00 81 01" R67,
	 "rows: keys of 129 bytes"},
};

static const struct bad_row COLUMNS[] = {
	{"batch-column-long", "a7" R1 "02 43 000000" R37, "rows: three values for two changes"},
	{"batch-column-short", "a7" R1 "02 41 00" R37, "rows: one value for two changes"},
	{"batch-column-leb-long-form", "a7" R12 "03 43 8000 00" R47, "rows: a value in two bytes that fits in one"},
	{"batch-column-leb-cut", "a7" R12 "03 42 0080" R47, "rows: the last value goes on"},
	{"batch-column-leb-65-bits", "a7" R12 "03 4b ffffffffffffffffff02 00" R47, "rows: a value of 65 bits"},
	{"batch-column-scale-1", "a7" R12 "03 82 01 42 0002" R47, "rows: scale 1"},
	{"batch-column-scale-0", "a7" R12 "03 82 00 42 0002" R47, "rows: scale 0"},
	{"batch-column-scale-large", "a7" R12 "03 82 1a 000f4241 42 0002" R47, "rows: scale 1,000,001"},
	{"batch-column-scale-overflow", "a7" R15 "06 a1 07 82 1a 000f4240 4b 80808080808080808001 00" R7,
	 "rows: 2^62 times 1,000,000"},
	{"batch-column-signless-large", "a7" R12 "03 82 3a 000f4240 42 0002" R47, "rows: scale -1,000,001"},
	{"batch-column-signless-2-63", "a7" R15 "06 a1 07 82 20 4b 00 80808080808080808001" R7,
	 "rows: the second value is 2^63"},
	{"batch-column-signless-overflow", "a7" R15 "06 a1 07 82 3a 000f423f 4a 00 808080808080808040" R7,
	 "rows: 2^62 times 1,000,000, without signs"},
	{"batch-column-scaled-integer", "a7" R12 "03 82 02 00" R47, "rows: a scale and an integer"},
	{"batch-column-of-three", "a7" R12 "03 83 02 42 0002 00" R47, "rows: a column of three parts"},
	{"batch-column-2-63", "a7" R15 "06 a1 07 1b ffffffffffffffff" R7, "rows: a column of 2^64 - 1"},
	{"batch-column-text", "a7" R15 "06 a1 07 61 41" R7, "rows: a text where a column stands"},
};

static const struct bad_row WORDS[] = {
	{"batch-words-equal", "a7" R14 "05 83 81 62 4101 00 81 00" R67, "rows: two keys that are one, A0"},
	{"batch-words-number-10", "a7" R14 "05 83 81 62 4101 00 81 42 0214" R67,
	 "rows: the number 11 in one digit"},
	{"batch-words-number-negative", "a7" R14 "05 83 81 62 4101 00 81 42 0203" R67, "rows: the number -1"},
	{"batch-words-no-numbers", "a7" R14 "05 83 81 62 4101 00 80" R67, "rows: a run without its numbers"},
	{"batch-words-more-numbers", "a7" R14 "05 83 81 62 4101 00 82 01 01" R67, "rows: numbers without a run"},
	{"batch-words-pattern-beyond", "a7" R14 "05 83 81 62 4101 01 81 01" R67, "rows: pattern 1 of one"},
	{"batch-words-none-as-integer", "a7" R14 "05 83 82 62 4101 62 4201 00 82 01 00" R67,
	 "rows: an integer for the numbers of a pattern without words"},
	{"batch-words-none-scaled", "a7" R14 "05 83 82 62 4101 62 4201 00 82 01 82 02 40" R67,
	 "rows: a scale for the numbers of a pattern without words"},
	{"batch-words-of-two", "a7" R14 "05 82 81 62 4101 00" R67, "rows: words of two parts"},
	{"batch-words-patterns-more", "a7" R14 "05 83 83 62 4101 61 42 61 43 00 81 01" R67,
	 "rows: more patterns than words"},
	{"batch-words-missing", "a7" R16 "07 a1 03 82 42 0002 83 81 61 50 41 00 80",
	 "rows: two words are used, one has a pattern"},
	{"batch-words-unused", "a7" R16 "07 a1 03 82 00 83 82 61 50 61 51 42 0002 80", "rows: a word too many"},
	{"batch-words-4096", "a7" R16 "07 a1 03 82 19 1000 83 81 62 5004 00 81 01", "rows: word 4,096"},
	{"batch-words-negative", "a7" R16 "07 a1 03 82 20 83 81 61 50 00 80", "rows: word -1"},
	{"batch-text-241-bytes",
	 "a7" R16 "07 a1 03 82 00 83 81 78 f1" AAAA_64 AAAA_64 AAAA_64 AAAA_16 AAAA_16 AAAA_16 "41 00 80",
	 "rows: a text of 241 bytes"},
};

static const struct bad_row FIELDS[] = {
	{"batch-field-missing", "a7" R15 "06 a0" R7, "rows: the column of status is missing"},
	{"batch-field-other", "a7" R15 "06 a1 08 02" R7, "rows: a column of status_at, none of status"},
	{"batch-field-too-many", "a7" R15 "06 a2 05 02 07 02" R7, "rows: a column of a field no shape has"},
	{"batch-field-cleared", "a7 01 81 84 01 18 88 18 80 01" R27,
	 "rows: a column of a field every change clears"},
	{"batch-field-unused", "a7 01 82 84 01 18 88 00 01 84 01 18 20 00 01" R25 "06 a2 05 02 07 02" R7,
	 "rows: a column of a field whose only shape no change has"},
	{"batch-field-twice", "a7" R15 "06 a2 07 02 07 02" R7, "rows: a field twice"},
	{"batch-field-34", "a7" R15 "06 a2 07 02 18 22 00" R7, "rows: a column of field 34"},
	{"batch-field-text-as-number", "a7" R15 "06 a2 03 00 07 02 07 a0", "rows: a text field among the numbers"},
	{"batch-field-number-as-text", "a7" R15 "06 a0 07 a2 03 82 00 83 81 61 50 00 80 07 82 00 83 81 61 50 00 80",
	 "rows: a number field among the texts"},
	{"batch-field-text-no-words", "a7" R16 "07 a1 03 00", "rows: a text column without words"},
	{"batch-day-in-both", "a8 01 81 84 01 19 0400 00 01" R25 "06 a1 0a 00 07 a0 08 a1 0a 00",
	 "rows: an instant both plain and by day"},
	{"batch-day-of-number", "a8" R15 "06 a0" R7 "08 a1 07 02", "rows: a status by day"},
	{"batch-day-empty", "a8" R1 R27 "08 a0", "rows: key 8 without a column"},
};

static const struct bad_row MEANINGS[] = {
	{"batch-kind-0", "a7 01 81 84 00 18 88 00 01" R27, "meaning: kind 0"},
	{"batch-kind-4", "a7 01 81 84 04 18 88 00 01" R27, "meaning: kind 4"},
	{"batch-field-of-other-kind", "a7 01 81 84 02 18 88 00 01" R27, "meaning: equipment with a status"},
	{"batch-no-fields", "a7 01 81 84 01 00 00 01" R25 "06 a0 07 a0", "meaning: changes without a field"},
	{"batch-status-0", "a7" R15 "06 a1 07 00" R7, "meaning: status 0"},
	{"batch-status-11", "a7" R15 "06 a1 07 0b" R7, "meaning: status 11"},
	{"batch-status-at-alone", "a7 01 81 84 01 19 0100 00 01" R25 "06 a1 08 00 07 a0",
	 "meaning: status_at without a status"},
	{"batch-status-at-cleared-alone", "a7 01 81 84 01 19 0100 19 0100 01" R25 "06 a0 07 a0",
	 "meaning: status_at cleared, and no status"},
	{"batch-status-at-of-cleared", "a7 01 81 84 01 19 0180 18 80 01" R25 "06 a1 08 00 07 a0",
	 "meaning: status_at beside a cleared status"},
	{"batch-void-2", "a7 01 81 84 01 02 00 01" R25 "06 a1 01 02 07 a0", "meaning: void 2"},
	{"batch-fee-negative", "a7 01 81 84 01 1a 00020000 00 01" R25 "06 a1 11 20 07 a0", "meaning: a fee of -1"},
	{"batch-fee-large", "a7 01 81 84 01 1a 00020000 00 01" R25 "06 a1 11 1b 0003328b944c4001 07 a0",
	 "meaning: a fee above 900,000,000,000,000"},
	{"batch-date-10000", "a7 01 81 84 02 1a 08000000 00 01" R25 "06 a1 18 1b 1a 7fffffff 07 a0",
	 "meaning: a date after 9999"},
	{"batch-instant-overflow", "a7 01 81 84 01 19 0200 00 01" R25 "06 a1 09" MAX "07 a0",
	 "meaning: an instant beyond 64 bits"},
	{"batch-instant-underflow", "a7 01 81 84 01 19 0200 00 01" R25 "06 a1 09" MIN "07 a0",
	 "meaning: an instant below 64 bits"},
	{"batch-unit-character", "a7 01 81 84 01 01 00 01" R25 "06 a0 07 a1 00 82 00 83 81 64 30312f32 00 80",
	 "meaning: a unit code with a slash"},
	{"batch-unit-33-bytes",
	 "a7 01 81 84 01 01 00 01" R25 "06 a0 07 a1 00 82 00 83 81 78 21" AAAA_16 AAAA_16 "41 00 80",
	 "meaning: a unit code of 33 bytes"},
	{"batch-key-blank-first", "a7" R14 "05 83 81 63 204101 00 81 01" R67,
	 "meaning: keys that begin with a blank"},
	{"batch-key-blank-last", "a7" R14 "05 83 81 63 410120 00 81 01" R67, "meaning: keys that end with a blank"},
	{"batch-key-empty", "a7" R14 "05 83 82 60 61 41 42 0002 80" R67, "meaning: an empty key"},
	{"batch-key-65-bytes", "a7" R14 "05 83 81 78 41" AAAA_64 "01 00 81 01" R67, "meaning: keys of 65 bytes"},
	{"batch-key-not-nfc", "a7" R14 "05 83 81 64 65cc8101 00 81 01" R67, "meaning: keys that are not in NFC"},
	{"batch-indicator-key", "a7 01 81 84 03 1b 0000000100000000 00 01" R25 "06 a1 18 20 00 07 a0",
	 "meaning: an indicator whose key names no period"},
	{"batch-indicator-month-13",
	 "a7 01 81 84 03 1b 0000000100000000 00 01" R2 R3 R4
	 "05 83 81 6d 30317c323032342d31337c7801 00 81 01 06 a1 18 20 00 07 a0",
	 "meaning: an indicator of no period"},
	{"batch-text-empty", "a7" R16 "07 a1 03 82 00 83 81 60 00 80", "meaning: an empty text"},
	{"batch-text-delete", "a7" R16 "07 a1 03 82 00 83 81 61 7f 00 80", "meaning: U+007F in a text"},
	{"batch-text-c1", "a7" R16 "07 a1 03 82 00 83 81 62 c285 00 80", "meaning: U+0085 in a text"},
	{"batch-text-nul", "a7" R16 "07 a1 03 82 00 83 81 61 00 00 80", "meaning: U+0000 in a text"},
	{"batch-procedure-41-bytes", "a7" R16 "07 a1 03 82 00 83 81 78 29" AAAA_16 AAAA_16 AAAA_4 AAAA_4 "41 00 80",
	 "meaning: a procedure of 41 bytes"},
	{"batch-text-not-nfc", "a7 01 81 84 01 10 00 01" R25 "06 a0 07 a1 04 82 00 83 81 63 65cc81 00 80",
	 "meaning: a domain that is not in NFC"},
};

static void put_rows(struct vectors *v, bool good, const char *name, struct slice rows, const char *why)
{
	const struct batch_form batch = {2, -1, 1, 1, 2};
	struct form form = form_of(MESSAGE_BATCH);
	struct bytes payload = bytes_new(LIMIT_BATCH_RAW);
	put_batch_payload(&payload, &batch, rows);
	put_envelope(vector_message(v, good, MESSAGE_BATCH, name, why), &form, bytes_slice(&payload));
	bytes_free(&payload);
}

static void put_all(struct vectors *v, const struct bad_row *bad, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct bytes rows = bytes_new(LIMIT_BATCH_RAW);
		put_hex(&rows, bad[i].rows);
		put_rows(v, false, bad[i].name, bytes_slice(&rows), bad[i].why);
		bytes_free(&rows);
	}
}

/* Shapes that clear what they have, so that none needs a column. */
static void shapes(struct vectors *v, size_t count, bool good, const char *name, const char *why)
{
	struct bytes rows = bytes_new(LIMIT_BATCH_RAW);
	put_hex(&rows, "a7 01");
	cbor_put_array(&rows, count);
	for (size_t i = 1; i <= count; i++) {
		put_hex(&rows, "84 01");
		cbor_put_uint(&rows, i);
		cbor_put_uint(&rows, i);
		put_hex(&rows, "01");
	}
	put_hex(&rows, R25 "06 a0 07 a0");
	put_rows(v, good, name, bytes_slice(&rows), why);
	bytes_free(&rows);
}

static void deep(struct vectors *v)
{
	struct bytes rows = bytes_new(LIMIT_BATCH_RAW);
	for (int i = 0; i < 100000; i++)
		put_hex(&rows, "81");
	put_rows(v, false, "batch-rows-deep", bytes_slice(&rows), "rows: 100,000 arrays, one in the other");
	bytes_free(&rows);
}

void bad_rows(struct vectors *v)
{
	put_all(v, ITEMS, sizeof(ITEMS) / sizeof(ITEMS[0]));
	put_all(v, SHAPES, sizeof(SHAPES) / sizeof(SHAPES[0]));
	put_all(v, COLUMNS, sizeof(COLUMNS) / sizeof(COLUMNS[0]));
	put_all(v, WORDS, sizeof(WORDS) / sizeof(WORDS[0]));
	put_all(v, FIELDS, sizeof(FIELDS) / sizeof(FIELDS[0]));
	put_all(v, MEANINGS, sizeof(MEANINGS) / sizeof(MEANINGS[0]));
	shapes(v, 256, true, "batch-256-shapes", "as many shapes as there may be, most of which no change has");
	shapes(v, 257, false, "batch-257-shapes", "rows: 257 shapes");
	deep(v);
}
