#include "signing_fixture.h"

#include "protocol/batch.h"
#include "protocol/digest.h"

/* The example of PROTOCOL.md section 4, as it stands there: whoever changes one must change the other. */
static const char EXAMPLE[] =
	"d2844da20127044856475aa75463474ca058b5aa010102185d034856475aa75463474c040105480123456789abcdef06"
	"010758200000000000000000000000000000000000000000000000000000000000000000081b0000018f9deb61c00983"
	"0000000a0378da5bced8d4c228c9b2908111486934482a3030323933303031374932bf70eb97b9c1d2c1c7021460616d"
	"6e4cf360d265d36561687662627099b24e9681916d09ab130b13bb330b8b101703b765a93efb42862686e6c644568646"
	"49762300824a12a958407932d5b0da9af8efce01dfaafd41a7418cb3c3f3b9971efd0053cc4d3e71f279a7aa6a5d5d4e"
	"a5822688dc9297898dea48f430b6a28abbe5d7fef9a44cbd8508";
enum { EXAMPLE_LEN = sizeof(EXAMPLE) / 2 };

static int64_t instant(const char *text)
{
	int64_t ms = 0;
	assert_int_equal(time_parse(text, strlen(text), &ms), STATUS_OK);
	return ms;
}

static struct batch *read_example(void)
{
	uint8_t sealed[EXAMPLE_LEN];
	struct signing_key *key = key_number(0);
	struct batch *batch = NULL;
	struct slice payload;
	assert_int_equal(hex_parse(EXAMPLE, sealed, EXAMPLE_LEN), STATUS_OK);
	assert_int_equal(envelope_open(slice_of(sealed, EXAMPLE_LEN), MESSAGE_BATCH, hub_number(0),
				       signing_key_public(key), &payload),
			 STATUS_OK);
	assert_int_equal(batch_read(payload, &batch), STATUS_OK);
	signing_key_free(key);
	return batch;
}

static void test_the_documented_envelope_has_the_documented_head(void **state)
{
	(void)state;
	static const uint8_t zeros[HASH_LEN];
	char device[2 * DEVICE_ID_LEN + 1];
	struct batch *batch = read_example();
	const struct batch_head *head = batch_get_head(batch);
	assert_string_equal(hex_format(head->device, DEVICE_ID_LEN, device), "56475aa75463474c");
	assert_int_equal(head->incarnation.ordinal, 1);
	assert_true(head->incarnation.bits == UINT64_C(0x0123456789abcdef));
	assert_int_equal(head->seq, 1);
	assert_memory_equal(head->prev, zeros, HASH_LEN);
	assert_int_equal(head->sealed_at, instant("2024-05-22T08:30:00+07:00"));
	assert_int_equal(head->head_epoch, 0);
	assert_int_equal(head->head_counter, 0);
	assert_int_equal(head->head_time, 0);
	assert_int_equal(head->count, 3);
	batch_free(batch);
}

static struct change dossier(const char *key, const char *changed_at)
{
	struct change c = change_new(KIND_DOSSIER);
	c.time_stated = true;
	c.changed_at = instant(changed_at);
	c.key = slice_str(key);
	return c;
}

static struct change arrival(const char *key, const char *changed_at, enum channel channel)
{
	struct change c = dossier(key, changed_at);
	change_set_text(&c, FIELD_UNIT, slice_str("01842"));
	change_set_number(&c, FIELD_CHANNEL, channel);
	change_set_number(&c, FIELD_STATUS, DOSSIER_ACCEPTED);
	change_set_number(&c, FIELD_RECEIVED_AT, c.changed_at);
	return c;
}

static void assert_next(struct batch *batch, const struct change *expected)
{
	struct change got;
	assert_true(batch_next(batch, &got));
	assert_int_equal(change_check(&got, NULL), STATUS_OK);
	assert_int_equal(got.kind, expected->kind);
	assert_int_equal(got.time_stated, expected->time_stated);
	assert_int_equal(got.changed_at, expected->changed_at);
	assert_true(slice_equal(got.key, expected->key));
	for (size_t f = 0; f < FIELD_COUNT; f++)
		assert_true(value_equal(&got.fields[f], &expected->fields[f]));
}

static void test_the_documented_envelope_has_the_documented_changes(void **state)
{
	(void)state;
	struct batch *batch = read_example();
	struct change first = arrival("H01-240522-0001", "2024-05-22T08:00:00+07:00", CHANNEL_ONLINE);
	struct change second = arrival("H01-240522-0002", "2024-05-22T08:05:00+07:00", CHANNEL_COUNTER);
	struct change third = dossier("H01-240522-0001", "2024-05-22T08:20:00+07:00");
	struct change after;
	change_set_number(&third, FIELD_STATUS, DOSSIER_DONE);
	change_set_number(&third, FIELD_FINISHED_AT, instant("2024-05-22T08:19:30+07:00"));
	change_set_null(&third, FIELD_DUE_AT);
	assert_next(batch, &first);
	assert_next(batch, &second);
	assert_next(batch, &third);
	assert_false(batch_next(batch, &after));
	batch_free(batch);
}

static bool every(const void *context, const struct origin *origin)
{
	(void)context;
	(void)origin;
	return true;
}

/* Section 12: the sum and the code of these changes. */
static void test_the_documented_changes_have_the_documented_code(void **state)
{
	(void)state;
	static const struct digest_choice all = {.includes = every};
	struct digest d = digest_new((struct period){19844, 19874});
	struct batch *batch = read_example();
	struct thing things[2] = {thing_new(KIND_DOSSIER), thing_new(KIND_DOSSIER)};
	struct slice keys[2] = {slice_str("H01-240522-0001"), slice_str("H01-240522-0002")};
	uint8_t root[HASH_LEN];
	char hash[2 * HASH_LEN + 1];
	char code[DIGEST_CODE_TEXT];
	bool is = false;
	struct change c;
	for (uint32_t index = 0; batch_next(batch, &c); index++) {
		struct origin o = {.seq = 1, .index = index, .time_stated = true, .changed_at = c.changed_at};
		assert_int_equal(thing_add(&things[slice_equal(c.key, keys[1]) ? 1 : 0], &o, &c, &is), STATUS_OK);
	}
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(digest_add(&d, &things[i], keys[i], &all, 0, &is), STATUS_OK);
	assert_int_equal(digest_finish(&d), STATUS_OK);
	assert_int_equal(d.n_sums, 1);
	assert_int_equal(d.sums[0].count, 2);
	assert_string_equal(hex_format(d.sums[0].hash, HASH_LEN, hash),
			    "70b2f30f2937c5ae4b9ea15a28aa2e64161a075bfa4f03d3e97909f8863f3bde");
	digest_root(d.sums, d.n_sums, d.days, batch_get_head(batch)->device, root);
	assert_string_equal(digest_code(root, code), "G4VS-7VCW");
	for (size_t i = 0; i < 2; i++)
		thing_free(&things[i]);
	digest_free(&d);
	batch_free(batch);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_the_documented_envelope_has_the_documented_head),
		cmocka_unit_test(test_the_documented_envelope_has_the_documented_changes),
		cmocka_unit_test(test_the_documented_changes_have_the_documented_code),
	};
	return cmocka_run_group_tests_name("example", tests, start_signing, NULL);
}
