#include "vectors.h"

#include <string.h>

#include "protocol/comparison.h"

enum { FIRST = 19844 /* 2024-05-01 */, LAST = 19874 };

static struct comparison_mark mark_of(enum kind kind, int32_t day, uint64_t count)
{
	struct comparison_mark m = {.kind = kind, .day = day, .count = count};
	memset(m.mark, (int)kind, DIGEST_MARK_LEN);
	return m;
}

static void questions(struct vectors *v)
{
	static struct comparison_question q;
	q = (struct comparison_question){.days = {FIRST, LAST}, .asked_at = SEALED_AT};
	the_device(q.device);
	memset(q.nonce, 0x50, NONCE_LEN);
	must(compare_seal(&q, the_hub(), the_key(SEED_DEVICE),
			  vector_message(v, true, MESSAGE_COMPARE, "compare-nothing",
					 "a month of which the device knows nothing")),
	     "compare");
	q.n_marks = 3;
	q.marks[0] = mark_of(KIND_DOSSIER, FIRST, 3);
	q.marks[1] = mark_of(KIND_DOSSIER, FIRST + 21, 2);
	q.marks[2] = mark_of(KIND_EQUIPMENT, FIRST + 21, 70000);
	must(compare_seal(&q, the_hub(), the_key(SEED_DEVICE),
			  vector_message(v, true, MESSAGE_COMPARE, "compare-days", "three sums of two days")),
	     "compare");
	q.n_marks = DIGEST_SUMS_MAX;
	q.days.to = FIRST + DIGEST_DAYS_MAX - 1;
	for (int32_t i = 0; i < DIGEST_SUMS_MAX; i++)
		q.marks[i] = mark_of((enum kind)(i % DIGEST_KINDS + 1), FIRST + i / DIGEST_KINDS, INT64_MAX);
	must(compare_seal(&q, the_hub(), the_key(SEED_DEVICE),
			  vector_message(v, true, MESSAGE_COMPARE, "compare-most", "as many sums as there may be")),
	     "compare");
}

static bool every(const void *context, const struct origin *origin)
{
	(void)context;
	(void)origin;
	return true;
}

/* The example of PROTOCOL.md section 4 as a book has it, and a line without a write. */
static struct digest example(void)
{
	static const struct digest_choice all = {.includes = every};
	const int64_t eight = SEALED_AT - INT64_C(1800000);
	struct digest d = digest_new((struct period){FIRST, LAST});
	struct thing t = thing_new(KIND_DOSSIER);
	struct origin first = {.incarnation = {1, 0}, .seq = 1, .time_stated = true, .changed_at = eight};
	struct origin later = {.incarnation = {1, 0}, .seq = 2, .time_stated = true, .changed_at = eight + 1200000};
	struct change c = change_new(KIND_DOSSIER);
	bool is = false;
	c.key = slice_str("H01-240522-0001");
	c.time_stated = true;
	c.changed_at = first.changed_at;
	change_set_text(&c, FIELD_UNIT, slice_str("01842"));
	change_set_number(&c, FIELD_CHANNEL, CHANNEL_ONLINE);
	change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
	change_set_number(&c, FIELD_RECEIVED_AT, eight);
	must(thing_add(&t, &first, &c, &is), "example");
	struct change done = change_new(KIND_DOSSIER);
	done.key = c.key;
	done.time_stated = true;
	done.changed_at = later.changed_at;
	change_set_number(&done, FIELD_STATUS, DOSSIER_DONE);
	change_set_number(&done, FIELD_FINISHED_AT, later.changed_at - 30000);
	change_set_null(&done, FIELD_DUE_AT);
	must(thing_add(&t, &later, &done, &is), "example");
	must(digest_add(&d, &t, c.key, &all, 0, &is), "example");
	must(digest_add_bare(&d, KIND_DOSSIER, FIRST + 21, slice_str("Ạ-1"), DIGEST_UNFOUNDED), "example");
	must(digest_add_bare(&d, KIND_INDICATOR, LAST, slice_str("01842|2024-05|visits"), 0), "example");
	must(digest_finish(&d), "example");
	thing_free(&t);
	return d;
}

static void answers(struct vectors *v)
{
	static struct comparison_question q;
	static struct comparison_answer a;
	static const struct comparison_other others[] = {
		{.kind = KIND_DOSSIER, .key = {(const uint8_t *)"H01-240522-0001", 15}, .fields = 1 << FIELD_CHANNEL},
		{.kind = KIND_EQUIPMENT, .key = {(const uint8_t *)"M-1", 3}, .fields = UINT64_MAX},
	};
	struct digest d = example();
	struct digest nothing = digest_new((struct period){FIRST, LAST});
	struct comparison_content c = {.digest = &nothing, .question = &q};
	a = (struct comparison_answer){.epoch = 1, .hub_time = SEALED_AT + 2000};
	the_device(a.device);
	memset(a.nonce, 0x50, NONCE_LEN);
	must(compared_seal(&a, &c, the_hub(), the_key(SEED_HUB),
			   vector_message(v, true, MESSAGE_COMPARED, "compared-nothing", "the hub knows nothing")),
	     "compared");
	a.n_chains = 2;
	a.chains[0] = (struct comparison_chain){.incarnation = {2, 0xfedcba9876543210}, .have = 0};
	a.chains[1] = (struct comparison_chain){.incarnation = {1, 0x0123456789abcdef}, .have = INT64_MAX};
	c = (struct comparison_content){.digest = &d, .question = &q, .n_others = 2, .others = others};
	must(compared_seal(&a, &c, the_hub(), the_key(SEED_HUB),
			   vector_message(v, true, MESSAGE_COMPARED, "compared-lines",
					  "every line, none of which the device has")),
	     "compared");
	q.days = d.days;
	compare_put_sums(&q, &d);
	c.n_others = 0;
	must(compared_seal(&a, &c, the_hub(), the_key(SEED_HUB),
			   vector_message(v, true, MESSAGE_COMPARED, "compared-equal", "the device has the same")),
	     "compared");
	digest_free(&d);
}

void good_comparisons(struct vectors *v)
{
	questions(v);
	answers(v);
}

/* --- bad ones --- */

#define Q2  "02 48" DEVICE_HEX
#define Q3  "03 50 50505050505050505050505050505050"
#define Q45 "04 194d84 05 194da2"
#define Q6  "06" INSTANT_HEX
#define Q   "a7 01 01" Q2 Q3 Q45 Q6
#define M   "48 0101010101010101"

#define A67 "06 01 07" INSTANT_HEX
#define A8  "08 81 83 01 48" BITS_HEX "01"
#define A9  "09 81 84 01 194d84 01 5820" ZEROS_HEX
#define AA  "0a 81 85 01 194d84 61 41 00" M
#define AB  "0b 81 83 01 61 41 01"
#define AC  "0c f4"
#define A   "ac 01 01" Q2 Q3 Q45 A67

static const struct {
	enum message message;
	const char *name;
	const char *payload;
	const char *why;
} BAD[] = {
	{MESSAGE_COMPARE, "compare-version-2", "a7 01 02" Q2 Q3 Q45 Q6 "07 80", "version: 2"},
	{MESSAGE_COMPARE, "compare-63-days", "a7 01 01" Q2 Q3 "04 194d84 05 194dc2" Q6 "07 80", "message: 63 days"},
	{MESSAGE_COMPARE, "compare-days-backwards", "a7 01 01" Q2 Q3 "04 194d84 05 194d83" Q6 "07 80",
	 "message: it ends before it begins"},
	{MESSAGE_COMPARE, "compare-day-1899", "a7 01 01" Q2 Q3 "04 3963df 05 3963dd" Q6 "07 80",
	 "message: a day before 1900"},
	{MESSAGE_COMPARE, "compare-sum-before", Q "07 81 84 01 194d83 01" M, "message: a sum of an earlier day"},
	{MESSAGE_COMPARE, "compare-sum-behind", Q "07 81 84 01 194da3 01" M, "message: a sum of a later day"},
	{MESSAGE_COMPARE, "compare-sum-twice", Q "07 82 84 01 194d84 01" M "84 01 194d84 01" M,
	 "message: a day and kind twice"},
	{MESSAGE_COMPARE, "compare-sums-unsorted", Q "07 82 84 02 194d84 01" M "84 01 194d84 01" M,
	 "message: kinds descend"},
	{MESSAGE_COMPARE, "compare-sum-of-none", Q "07 81 84 01 194d84 00" M, "message: a sum of no things"},
	{MESSAGE_COMPARE, "compare-kind-0", Q "07 81 84 00 194d84 01" M, "message: kind 0"},
	{MESSAGE_COMPARE, "compare-kind-256", Q "07 81 84 190100 194d84 01" M, "message: kind 256"},
	{MESSAGE_COMPARE, "compare-mark-short", Q "07 81 84 01 194d84 01 47 01010101010101",
	 "message: a mark of 7 bytes"},
	{MESSAGE_COMPARE, "compare-key-unknown", "a8 01 01" Q2 Q3 Q45 Q6 "07 80 08 00", "message: key 8"},
	{MESSAGE_COMPARE, "compare-trailing-byte", Q "07 80 00", "message: a byte behind the map"},
	{MESSAGE_COMPARED, "compared-version-2", "ac 01 02" Q2 Q3 Q45 A67 A8 A9 AA AB AC, "version: 2"},
	{MESSAGE_COMPARED, "compared-ordinal-0", A "08 81 83 00 48" BITS_HEX "01" A9 AA AB AC,
	 "message: an incarnation's ordinal is 0"},
	{MESSAGE_COMPARED, "compared-sum-beyond", A A8 "09 81 84 01 194da3 01 5820" ZEROS_HEX AA AB AC,
	 "message: a sum of a later day"},
	{MESSAGE_COMPARED, "compared-hash-short",
	 A A8 "09 81 84 01 194d84 01 581f 00000000000000000000000000000000000000000000000000000000000000" AA AB AC,
	 "message: a hash of 31 bytes"},
	{MESSAGE_COMPARED, "compared-line-beyond", A A8 A9 "0a 81 85 01 194da3 61 41 00" M AB AC,
	 "message: a line of a later day"},
	{MESSAGE_COMPARED, "compared-line-twice",
	 A A8 A9 "0a 82 85 01 194d84 61 41 00" M "85 01 194d84 61 41 00" M AB AC, "message: a thing twice"},
	{MESSAGE_COMPARED, "compared-lines-unsorted",
	 A A8 A9 "0a 82 85 01 194d84 61 42 00" M "85 01 194d84 61 41 00" M AB AC, "message: keys descend"},
	{MESSAGE_COMPARED, "compared-marks-256", A A8 A9 "0a 81 85 01 194d84 61 41 190100" M AB AC,
	 "message: marks of 256"},
	{MESSAGE_COMPARED, "compared-writes-9-bytes",
	 A A8 A9 "0a 81 85 01 194d84 61 41 00 49 010101010101010101" AB AC,
	 "message: the marks of writes are 9 bytes"},
	{MESSAGE_COMPARED, "compared-other-of-two", A A8 A9 AA "0b 81 82 01 61 41" AC,
	 "message: another's change of two parts"},
	{MESSAGE_COMPARED, "compared-cut-null", A A8 A9 AA AB "0c f6", "message: neither cut nor whole"},
	{MESSAGE_COMPARED, "compared-key-missing", "ab 01 01" Q2 Q3 Q45 A67 A8 A9 AA AC,
	 "message: key 11 is missing"},
	{MESSAGE_COMPARED, "compared-trailing-byte", A A8 A9 AA AB AC "00", "message: a byte behind the map"},
};

void bad_comparisons(struct vectors *v)
{
	for (size_t i = 0; i < sizeof(BAD) / sizeof(BAD[0]); i++)
		bad_payload(v, BAD[i].message, BAD[i].name, BAD[i].payload, BAD[i].why);
}
