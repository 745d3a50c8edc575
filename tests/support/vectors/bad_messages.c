#include "vectors.h"

/* The pairs of each message; a bad one leaves out, repeats or replaces one of them. */
#define Q2  "02 48" DEVICE_HEX
#define Q3  "03 50 505152535455565758595a5b5c5d5e5f"
#define Q4  "04 81 83 01 48" BITS_HEX "02"
#define Q56 "05 01 06 02"
#define Q7  "07 00"
#define Q8  "08" INSTANT_HEX
#define Q9  "09 03"
#define QA  "0a 65 302e312e30"
#define Q   "aa 01 01" Q2 Q3 Q4 Q56 Q7 Q8

#define R2 "02 5820" ZEROS_HEX
#define R3 "03 48" DEVICE_HEX
#define R4 "04 01"
#define R5 "05 48" BITS_HEX
#define R6 "06 02"
#define R7 "07" INSTANT_HEX
#define R8 "08 82 00 80"
#define R  "a8 01 01" R2 R3 R4 R5 R6 R7

#define H2  "02 48" DEVICE_HEX
#define H34 "03 01 04 02"
#define H5  "05" INSTANT_HEX
#define H67 "06 00 07 50 505152535455565758595a5b5c5d5e5f"
#define H8  "08 81 85 01 48" BITS_HEX "03 5820" ZEROS_HEX "03"
#define H9  "09 80"
#define HA  "0a 01"
#define H   "aa 01 01" H2 H34 H5 H67

#define E2  "02 48 7071727374757677"
#define E3  "03 5820" DEVICE_KEY_HEX
#define E4  "04 5820" DEVICE_BOX_HEX
#define E56 "05 01 06 48" BITS_HEX
#define E7  "07 50 505152535455565758595a5b5c5d5e5f"
#define E8  "08" INSTANT_HEX
#define E9  "09 65 302e312e30"

#define D2  "02 50 505152535455565758595a5b5c5d5e5f"
#define D3  "03 48" DEVICE_HEX
#define D4  "04 01"
#define D5  "05" INSTANT_HEX
#define D67 "06 65 3031383432 07 61 58"

#define I2  "02 50" HUB_ID_HEX
#define I3  "03 5820" HUB_KEY_HEX
#define I4  "04 5820" HUB_BOX_HEX
#define I5  "05 82 5820" ZEROS_HEX "5820" ZEROS_HEX
#define I67 "06 62 3031 07 61 54"

#define TEN_BLANKS "20202020202020202020"
#define FOUR(x)    x x x x
#define LIFE       "83 01 48" BITS_HEX "01"
#define LIVES_64   FOUR(FOUR(FOUR(LIFE)))

struct bad {
	enum message message;
	const char *name;
	const char *payload;
	const char *why;
};

static const struct bad VERSIONS[] = {
	{MESSAGE_REQUEST, "request-version-2", "aa 01 02" Q2 Q3 Q4 Q56 Q7 Q8 Q9 QA, "version: 2"},
	{MESSAGE_REQUEST, "request-version-2-more", "ab 01 02" Q2 Q3 Q4 Q56 Q7 Q8 Q9 QA "0b 00",
	 "version: 2, with a key of that version"},
	{MESSAGE_REQUEST, "request-version-0", "aa 01 00" Q2 Q3 Q4 Q56 Q7 Q8 Q9 QA, "version: 0"},
	{MESSAGE_RECEIPT, "receipt-version-2", "a8 01 02" R2 R3 R4 R5 R6 R7 R8, "version: 2"},
	{MESSAGE_HEAD, "head-version-2", "aa 01 02" H2 H34 H5 H67 H8 H9 HA, "version: 2"},
	{MESSAGE_HEAD, "head-version-greatest", "aa 01 1bffffffffffffffff" H2 H34 H5 H67 H8 H9 HA,
	 "version: 2^64 - 1"},
	{MESSAGE_ENROL, "enrol-version-2", "a9 01 02" E2 E3 E4 E56 E7 E8 E9, "version: 2"},
	{MESSAGE_ENROLLED, "enrolled-version-2", "a7 01 02" D2 D3 D4 D5 D67, "version: 2"},
	{MESSAGE_IDENTITY, "identity-version-2", "a7 01 02" I2 I3 I4 I5 I67, "version: 2"},
};

/* What section 3 forbids, inside of a message. */
static const struct bad ITEMS[] = {
	{MESSAGE_REQUEST, "request-key-unknown", "ab 01 01" Q2 Q3 Q4 Q56 Q7 Q8 Q9 QA "0b 00", "message: key 11"},
	{MESSAGE_REQUEST, "request-key-missing", "a9 01 01" Q2 Q3 Q4 Q56 Q7 Q8 QA, "message: key 9 is missing"},
	{MESSAGE_REQUEST, "request-key-twice", "ab 01 01" Q2 Q3 Q4 Q56 Q7 Q7 Q8 Q9 QA, "message: key 7 twice"},
	{MESSAGE_REQUEST, "request-keys-unsorted", "aa 01 01" Q2 Q3 Q4 Q56 Q8 Q7 Q9 QA, "message: key 8 before 7"},
	{MESSAGE_REQUEST, "request-version-last", "aa" Q2 Q3 Q4 Q56 Q7 Q8 Q9 QA "01 01",
	 "message: key 1 comes last"},
	{MESSAGE_REQUEST, "request-map-indefinite", "bf 01 01" Q2 Q3 Q4 Q56 Q7 Q8 Q9 QA "ff",
	 "message: a map of indefinite length"},
	{MESSAGE_REQUEST, "request-map-long-form", "b8 0a 01 01" Q2 Q3 Q4 Q56 Q7 Q8 Q9 QA,
	 "message: the map's head is not the shortest"},
	{MESSAGE_REQUEST, "request-key-long-form", "aa 1801 01" Q2 Q3 Q4 Q56 Q7 Q8 Q9 QA,
	 "message: a key in two bytes"},
	{MESSAGE_REQUEST, "request-integer-long-form", Q "09 1803" QA, "message: 3 in two bytes"},
	{MESSAGE_REQUEST, "request-float", Q "09 f94200" QA, "message: a float where an integer stands"},
	{MESSAGE_REQUEST, "request-tagged-time", "aa 01 01" Q2 Q3 Q4 Q56 Q7 "08 c1" INSTANT_HEX Q9 QA,
	 "message: an instant with tag 1"},
	{MESSAGE_REQUEST, "request-text-not-utf8", Q Q9 "0a 62 c3 28", "message: text that is not UTF-8"},
	{MESSAGE_REQUEST, "request-trailing-byte", Q Q9 QA "00", "message: a byte behind the map"},
	{MESSAGE_REQUEST, "request-cut", Q Q9 "0a 65 302e312e", "message: a text beyond the bytes left"},
	{MESSAGE_REQUEST, "request-array", "80", "message: an array, not a map"},
	{MESSAGE_REQUEST, "request-empty", "", "message: an empty payload"},
	{MESSAGE_REQUEST, "request-bomb", "9a 02000000", "message: an array of 33,554,432 items in 5 bytes"},
};

static const struct bad VALUES[] = {
	{MESSAGE_REQUEST, "request-device-short", "aa 01 01 02 47 65b60673d6ed88" Q3 Q4 Q56 Q7 Q8 Q9 QA,
	 "message: a device id of 7 bytes"},
	{MESSAGE_REQUEST, "request-nonce-long",
	 "aa 01 01" Q2 "03 51 505152535455565758595a5b5c5d5e5f60" Q4 Q56 Q7 Q8 Q9 QA,
	 "message: a nonce of 17 bytes"},
	{MESSAGE_REQUEST, "request-ordinal-0", "aa 01 01" Q2 Q3 "04 81 83 00 48" BITS_HEX "02" Q56 Q7 Q8 Q9 QA,
	 "message: an incarnation's ordinal is 0"},
	{MESSAGE_REQUEST, "request-counter-2-63", "aa 01 01" Q2 Q3 Q4 Q56 "07 1b8000000000000000" Q8 Q9 QA,
	 "message: a counter of 2^63"},
	{MESSAGE_REQUEST, "request-counter-negative", Q "09 20" QA, "message: a counter of -1"},
	{MESSAGE_REQUEST, "request-instant-1899", "aa 01 01" Q2 Q3 Q4 Q56 Q7 "08 3b 00000202537ea980" Q9 QA,
	 "message: an instant before 1900"},
	{MESSAGE_REQUEST, "request-version-text-33", Q Q9 "0a 78 21" TEN_BLANKS TEN_BLANKS TEN_BLANKS "202020",
	 "message: a version text of 33 bytes"},
	{MESSAGE_REQUEST, "request-65-chains", "aa 01 01" Q2 Q3 "04 98 41" LIVES_64 LIFE Q56 Q7 Q8 Q9 QA,
	 "message: 65 incarnations"},
	{MESSAGE_RECEIPT, "receipt-seq-0", "a8 01 01" R2 R3 R4 R5 "06 00" R7 R8, "message: seq 0"},
	{MESSAGE_RECEIPT, "receipt-hash-short",
	 "a8 01 01 02 581f 00000000000000000000000000000000000000000000000000000000000000" R3 R4 R5 R6 R7 R8,
	 "message: a hash of 31 bytes"},
	{MESSAGE_RECEIPT, "receipt-verdict-256", R "08 82 19 0100 80", "message: verdict 256"},
	{MESSAGE_RECEIPT, "receipt-change-taken", R "08 82 00 82 00 00", "message: a change refused as taken"},
	{MESSAGE_RECEIPT, "receipt-change-unreadable", R "08 82 00 82 00 01",
	 "message: a change refused as unreadable"},
	{MESSAGE_RECEIPT, "receipt-verdicts-odd", R "08 82 00 81 00", "message: an index without a verdict"},
	{MESSAGE_RECEIPT, "receipt-verdicts-twice", R "08 82 00 84 03 02 03 02", "message: an index twice"},
	{MESSAGE_RECEIPT, "receipt-verdicts-unsorted", R "08 82 00 84 03 02 02 02", "message: indices descend"},
	{MESSAGE_RECEIPT, "receipt-index-4096", R "08 82 00 82 19 1000 02", "message: index 4096"},
	{MESSAGE_RECEIPT, "receipt-key-unknown", "a9 01 01" R2 R3 R4 R5 R6 R7 R8 "09 00", "message: key 9"},
	{MESSAGE_RECEIPT, "receipt-trailing-byte", R R8 "00", "message: a byte behind the map"},
	{MESSAGE_HEAD, "head-safe-above-have", H "08 81 85 01 48" BITS_HEX "03 5820" ZEROS_HEX "04" H9 HA,
	 "message: safe is above have"},
	{MESSAGE_HEAD, "head-pending-seq-0", H H8 "09 81 83 01 48" BITS_HEX "00" HA,
	 "message: a batch of seq 0 waits"},
	{MESSAGE_HEAD, "head-chain-short", H "08 81 84 01 48" BITS_HEX "03 5820" ZEROS_HEX H9 HA,
	 "message: a chain of four parts"},
	{MESSAGE_HEAD, "head-65-pending", H H8 "09 98 41" LIVES_64 LIFE HA, "message: 65 batches wait"},
	{MESSAGE_HEAD, "head-state-missing", "a9 01 01" H2 H34 H5 H67 H8 H9, "message: key 10 is missing"},
	{MESSAGE_HEAD, "head-state-0", H H8 H9 "0a 00", "message: state 0"},
	{MESSAGE_HEAD, "head-state-6", H H8 H9 "0a 06", "message: state 6"},
	{MESSAGE_ENROL, "enrol-box-key-short",
	 "a9 01 01" E2 E3 "04 581f 923759674d1af43c522e88c8ca111be8bd0298cc1707428a8cde3d5d5b4e0c" E56 E7 E8 E9,
	 "message: an X25519 key of 31 bytes"},
	{MESSAGE_ENROL, "enrol-key-unknown", "aa 01 01" E2 E3 E4 E56 E7 E8 E9 "0a 00", "message: key 10"},
	{MESSAGE_ENROLLED, "enrolled-state-0", "a7 01 01" D2 D3 "04 00" D5 D67, "message: state 0"},
	{MESSAGE_ENROLLED, "enrolled-state-6", "a7 01 01" D2 D3 "04 06" D5 D67, "message: state 6"},
	{MESSAGE_ENROLLED, "enrolled-name-not-utf8", "a7 01 01" D2 D3 D4 D5 "06 65 3031383432 07 63 eda080",
	 "message: a surrogate in text"},
	{MESSAGE_IDENTITY, "identity-one-pin", "a7 01 01" I2 I3 I4 "05 81 5820" ZEROS_HEX I67, "message: one pin"},
	{MESSAGE_IDENTITY, "identity-name-overlong", "a7 01 01" I2 I3 I4 I5 "06 62 3031 07 62 c080",
	 "message: an overlong form in text"},
	{MESSAGE_IDENTITY, "identity-province-33",
	 "a7 01 01" I2 I3 I4 I5 "06 78 21" TEN_BLANKS TEN_BLANKS TEN_BLANKS "202020 07 61 54",
	 "message: a unit code of 33 bytes"},
};

static void put_all(struct vectors *v, const struct bad *bad, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bad_payload(v, bad[i].message, bad[i].name, bad[i].payload, bad[i].why);
}

void bad_messages(struct vectors *v)
{
	put_all(v, VERSIONS, sizeof(VERSIONS) / sizeof(VERSIONS[0]));
	put_all(v, ITEMS, sizeof(ITEMS) / sizeof(ITEMS[0]));
	put_all(v, VALUES, sizeof(VALUES) / sizeof(VALUES[0]));
}
