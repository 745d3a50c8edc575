#include "vectors.h"

#include <string.h>

static void item(struct vectors *v, bool good, const char *name, const char *hex, const char *why)
{
	struct vector *vector = vector_new(v, good, name, why);
	vector->purpose = "cbor";
	put_hex(&vector->data, hex);
}

static void good_items(struct vectors *v)
{
	static const char *const items[][3] = {
		{"cbor-0", "00", "the least head"},
		{"cbor-23", "17", "the last of one byte"},
		{"cbor-24", "1818", "the first of two bytes"},
		{"cbor-256", "190100", "the first of three bytes"},
		{"cbor-65536", "1a00010000", "the first of five bytes"},
		{"cbor-2-32", "1b0000000100000000", "the first of nine bytes"},
		{"cbor-2-64", "1bffffffffffffffff", "the greatest integer"},
		{"cbor-minus-1", "20", "the greatest negative integer"},
		{"cbor-minus-2-63", "3b7fffffffffffffff", "the least integer"},
		{"cbor-bytes-empty", "40", "no bytes"},
		{"cbor-text", "6d 54e1bbb720 e6bca2 f09f9880 20", "text of one to four bytes a character"},
		{"cbor-array-empty", "80", "no items"},
		{"cbor-map-empty", "a0", "no pairs"},
		{"cbor-map", "a3 00f6 17f4 1818f5", "keys ascending; null, false, true"},
		{"cbor-tag", "d2 81 00", "tag 18"},
		{"cbor-deep-8", "81818181818181 a1 0000", "eight arrays and maps"},
	};
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		item(v, true, items[i][0], items[i][1], items[i][2]);
}

static void bad_heads_of_items(struct vectors *v)
{
	static const char *const items[][3] = {
		{"cbor-empty", "", "cbor: no item"},
		{"cbor-trailing", "0000", "cbor: a byte behind the item"},
		{"cbor-cut-head", "1900", "cbor: a head beyond the bytes left"},
		{"cbor-cut-bytes", "4200", "cbor: a string beyond the bytes left"},
		{"cbor-cut-array", "8200", "cbor: an item is missing"},
		{"cbor-cut-map", "a101", "cbor: a value is missing"},
		{"cbor-bomb-array", "9a02000000", "cbor: 33,554,432 items in 5 bytes"},
		{"cbor-bomb-array-2-64", "9bffffffffffffffff", "cbor: 2^64 - 1 items"},
		{"cbor-bomb-map", "ba02000000", "cbor: 33,554,432 pairs in 5 bytes"},
		{"cbor-bomb-map-2-63", "bb8000000000000000", "cbor: 2^63 pairs, whose size would overflow"},
		{"cbor-bomb-bytes", "5a7fffffff", "cbor: a string of 2 GiB in 5 bytes"},
		{"cbor-bomb-text", "7bffffffffffffffff", "cbor: a text of 2^64 - 1 bytes"},
		{"cbor-23-long-form", "1817", "cbor: 23 in two bytes"},
		{"cbor-255-long-form", "1900ff", "cbor: 255 in three bytes"},
		{"cbor-65535-long-form", "1a0000ffff", "cbor: 65,535 in five bytes"},
		{"cbor-2-32-long-form", "1b00000000ffffffff", "cbor: 2^32 - 1 in nine bytes"},
		{"cbor-negative-long-form", "3800", "cbor: -1 in two bytes"},
		{"cbor-bytes-long-form", "580100", "cbor: the length 1 in two bytes"},
		{"cbor-text-long-form", "780141", "cbor: the length 1 in two bytes"},
		{"cbor-array-long-form", "980100", "cbor: the count 1 in two bytes"},
		{"cbor-map-long-form", "b8010000", "cbor: the count 1 in two bytes"},
		{"cbor-tag-long-form", "d81200", "cbor: tag 18 is d2; this is one byte longer"},
		{"cbor-reserved-28", "1c", "cbor: additional information 28"},
		{"cbor-reserved-30", "9e00", "cbor: additional information 30"},
		{"cbor-indefinite-bytes", "5f4100ff", "cbor: bytes of indefinite length"},
		{"cbor-indefinite-text", "7f6141ff", "cbor: text of indefinite length"},
		{"cbor-indefinite-array", "9f00ff", "cbor: an array of indefinite length"},
		{"cbor-indefinite-map", "bf0000ff", "cbor: a map of indefinite length"},
		{"cbor-break", "ff", "cbor: a break without a beginning"},
		{"cbor-break-in-array", "81ff", "cbor: a break where an item stands"},
	};
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		item(v, false, items[i][0], items[i][1], items[i][2]);
}

static void bad_content(struct vectors *v)
{
	static const char *const items[][3] = {
		{"cbor-float-16", "f93c00", "cbor: a float of 16 bits"},
		{"cbor-float-32", "fa3f800000", "cbor: a float of 32 bits"},
		{"cbor-float-64", "fb3ff0000000000000", "cbor: a float of 64 bits"},
		{"cbor-nan", "f97e00", "cbor: not a number"},
		{"cbor-undefined", "f7", "cbor: undefined"},
		{"cbor-simple-0", "e0", "cbor: simple value 0"},
		{"cbor-simple-255", "f8ff", "cbor: simple value 255"},
		{"cbor-false-long-form", "f814", "cbor: false in two bytes"},
		{"cbor-tag-0", "c000", "cbor: tag 0"},
		{"cbor-tag-bignum", "c24101", "cbor: tag 2"},
		{"cbor-tag-unknown", "d90400 00", "cbor: tag 1024"},
		{"cbor-minus-2-63-1", "3b8000000000000000", "cbor: -2^63 - 1"},
		{"cbor-minus-2-64", "3bffffffffffffffff", "cbor: -2^64"},
		{"cbor-keys-unsorted", "a201000000", "cbor: key 1 before 0"},
		{"cbor-keys-twice", "a201000100", "cbor: key 1 twice"},
		{"cbor-keys-by-length", "a2181800 0100", "cbor: key 24 before 1"},
		{"cbor-key-text", "a1614100", "cbor: a text as a key"},
		{"cbor-key-bytes", "a1414100", "cbor: bytes as a key"},
		{"cbor-key-negative", "a12000", "cbor: a negative key"},
		{"cbor-utf8-lone", "6180", "cbor: a continuation byte alone"},
		{"cbor-utf8-cut", "62e1bb", "cbor: a character that is cut"},
		{"cbor-utf8-overlong", "62c080", "cbor: U+0000 in two bytes"},
		{"cbor-utf8-overlong-3", "63e080af", "cbor: a slash in three bytes"},
		{"cbor-utf8-overlong-4", "64f08080af", "cbor: a slash in four bytes"},
		{"cbor-utf8-surrogate", "63eda080", "cbor: U+D800"},
		{"cbor-utf8-surrogates", "66eda0bdedb880", "cbor: a pair of surrogates"},
		{"cbor-utf8-beyond", "64f4908080", "cbor: U+110000"},
		{"cbor-utf8-ff", "61ff", "cbor: the byte ff in text"},
		{"cbor-deep-9", "8181818181818181 a1 0000", "cbor: nine arrays and maps"},
	};
	for (size_t i = 0; i < sizeof(items) / sizeof(items[0]); i++)
		item(v, false, items[i][0], items[i][1], items[i][2]);
	struct vector *deep = vector_new(v, false, "cbor-deep-2000", "cbor: 2,000 arrays, one in the other");
	deep->purpose = "cbor";
	memset(bytes_grow(&deep->data, 2000), 0x81, 2000);
}

void cbor_items(struct vectors *v)
{
	good_items(v);
	bad_heads_of_items(v);
	bad_content(v);
}
