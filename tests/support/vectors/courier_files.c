#include "vectors.h"

#include <stdio.h>
#include <string.h>

#include "protocol/cbor.h"
#include "protocol/courier.h"

static struct slice named(const struct vectors *v, const char *name)
{
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->list[i].name, name) == 0)
			return bytes_slice(&v->list[i].data);
	die(name);
	return (struct slice){0};
}

struct content {
	enum courier_kind kind;
	const char *name; /* of the vector it holds */
};

static const struct content TO_HUB[] = {
	{COURIER_REQUEST, "request-first"}, {COURIER_BATCH, "batch-heartbeat"}, {COURIER_BATCH, "batch-indicator"}};
static const struct content AGAIN[] = {
	{COURIER_REQUEST, "request-first"}, {COURIER_RECEIPT, "receipt-taken"}, {COURIER_BATCH, "batch-heartbeat"}};
static const struct content TO_DEVICE[] = {
	{COURIER_HEAD, "head-pending"}, {COURIER_RECEIPT, "receipt-taken"}, {COURIER_RECEIPT, "receipt-verdicts"}};

enum { FRAMES_MAX = 5 };

/* Where each frame begins, and in the end the file's length. */
struct places {
	size_t at[FRAMES_MAX + 2];
};

static struct bytes *file_new(struct vectors *v, bool good, enum courier_direction direction, const char *name,
			      const char *why)
{
	struct courier_start start = {.direction = direction};
	struct vector *vector = vector_new(v, good, name, why);
	vector->purpose = "courier";
	vector->has_key = true;
	memcpy(vector->hub, the_hub(), HUB_ID_LEN);
	seed_bytes(direction == COURIER_TO_HUB ? SEED_HUB_BOX : SEED_DEVICE_BOX, vector->key);
	memcpy(start.hub_id, the_hub(), HUB_ID_LEN);
	the_device(start.device);
	courier_put_start(&vector->data, &start);
	return &vector->data;
}

static void put_frames(const struct vectors *v, struct bytes *file, const uint8_t key[static PUBLIC_KEY_LEN],
		       const struct content *content, size_t count, struct places *places)
{
	for (size_t i = 0; i < count; i++) {
		places->at[i] = file->len;
		must(courier_put(file, key, content[i].kind, named(v, content[i].name)), content[i].name);
	}
	places->at[count] = file->len;
}

static void box_key_of(enum seed seed, uint8_t ret_key[static PUBLIC_KEY_LEN])
{
	uint8_t bytes[SEED_LEN];
	seed_bytes(seed, bytes);
	box_public_key(bytes, ret_key);
}

/* A file of all contents and this last frame. */
static struct bytes *file_of(struct vectors *v, bool good, enum courier_direction direction, const char *name,
			     const char *why, struct courier_end end, struct places *places)
{
	bool to_hub = direction == COURIER_TO_HUB;
	const struct content *content = to_hub ? TO_HUB : TO_DEVICE;
	size_t count = to_hub ? sizeof(TO_HUB) / sizeof(TO_HUB[0]) : sizeof(TO_DEVICE) / sizeof(TO_DEVICE[0]);
	uint8_t key[PUBLIC_KEY_LEN];
	box_key_of(to_hub ? SEED_HUB_BOX : SEED_DEVICE_BOX, key);
	struct bytes *file = file_new(v, good, direction, name, why);
	put_frames(v, file, key, content, count, places);
	must(courier_put_end(file, key, &end), name);
	places->at[count + 1] = file->len;
	return file;
}

static void good_files(struct vectors *v)
{
	struct places places;
	uint8_t key[PUBLIC_KEY_LEN];
	(void)file_of(v, true, COURIER_TO_HUB, "courier-to-hub", "a request and two batches",
		      (struct courier_end){3, 1, false}, &places);
	(void)file_of(v, true, COURIER_TO_DEVICE, "courier-to-device", "a head and two receipts",
		      (struct courier_end){3, 1, false}, &places);
	(void)file_of(v, true, COURIER_TO_HUB, "courier-continued", "another file continues it",
		      (struct courier_end){3, 1, true}, &places);
	(void)file_of(v, true, COURIER_TO_HUB, "courier-continuation", "the second file, and the last",
		      (struct courier_end){3, 2, false}, &places);
	box_key_of(SEED_HUB_BOX, key);
	struct bytes *batches = file_new(v, true, COURIER_TO_HUB, "courier-no-request", "two batches, no request");
	put_frames(v, batches, key, TO_HUB + 1, 2, &places);
	must(courier_put_end(batches, key, &(struct courier_end){2, 1, false}), "courier-no-request");
	struct bytes *none = file_new(v, true, COURIER_TO_HUB, "courier-no-frames", "a last frame alone");
	must(courier_put_end(none, key, &(struct courier_end){0, 1, false}), "courier-no-frames");
}

/* A whole file to the hub, to be damaged. */
static struct bytes *sound(struct vectors *v, const char *name, const char *why, struct places *places)
{
	return file_of(v, false, COURIER_TO_HUB, name, why, (struct courier_end){3, 1, false}, places);
}

static void cut_out(struct bytes *file, size_t from, size_t to)
{
	memmove(file->data + from, file->data + to, file->len - to);
	file->len -= to - from;
}

static void damaged_frames(struct vectors *v)
{
	struct places p;
	struct bytes *f = sound(v, "courier-cut", "courier: the last frame is missing", &p);
	f->len = p.at[3];
	f = sound(v, "courier-cut-in-frame", "courier: cut in the middle of the last batch", &p);
	f->len = (p.at[2] + p.at[3]) / 2;
	f = sound(v, "courier-flipped", "courier: a bit of the second frame's box is another", &p);
	f->data[p.at[1] + 100] ^= 1;
	f = sound(v, "courier-frame-lost", "courier: the second frame is gone, nothing is damaged", &p);
	cut_out(f, p.at[1], p.at[2]);
	f = sound(v, "courier-hole", "courier: from within the second frame to within the third all is gone", &p);
	cut_out(f, p.at[1] + 50, p.at[2] + 50);
	f = sound(v, "courier-mark", "courier: a bit of the second frame's mark is another", &p);
	f->data[p.at[1] + 3] ^= 0x20;
	f = sound(v, "courier-length-large", "courier: the second frame's length is 4 GiB", &p);
	memset(f->data + p.at[1] + 8, 0xff, 4);
	f = sound(v, "courier-length-0", "courier: the second frame's length is 0", &p);
	memset(f->data + p.at[1] + 8, 0, 4);
	f = sound(v, "courier-trailing", "courier: bytes behind the last frame", &p);
	put_hex(f, "00 00 00 00");
	f = sound(v, "courier-between", "courier: a line end between the start and the first frame", &p);
	put_hex(f, "00 00");
	memmove(f->data + p.at[0] + 2, f->data + p.at[0], f->len - p.at[0] - 2);
	memcpy(f->data + p.at[0], "\r\n", 2);
}

static void damaged_starts(struct vectors *v)
{
	struct places p;
	struct bytes *f =
		sound(v, "courier-start-text", "courier: the start went through a conversion of line ends", &p);
	cut_out(f, 7, 8);
	f = sound(v, "courier-version-2", "courier: version 2", &p);
	f->data[11] = 2;
	f = sound(v, "courier-direction-3", "courier: direction 3", &p);
	f->data[12] = 3;
	f = sound(v, "courier-start-cut", "courier: nothing but half a start", &p);
	f->len = 20;
	f = sound(v, "courier-no-start", "courier: frames without a start", &p);
	cut_out(f, 0, p.at[0]);
	(void)file_new(v, false, COURIER_TO_HUB, "courier-start-only", "courier: a start and no frame");
}

static void bad_ends(struct vectors *v)
{
	static const char *const ends[][3] = {
		{"courier-counts-more", "83 04 01 f4", "courier: the last frame counts 4, there are 3"},
		{"courier-counts-fewer", "83 02 01 f4", "courier: the last frame counts 2, there are 3"},
		{"courier-part-0", "83 03 00 f4", "courier: the last frame says file 0"},
		{"courier-end-of-two", "82 03 01", "courier: the last frame has two parts"},
		{"courier-end-null", "83 03 01 f6", "courier: the last frame says null for true or false"},
		{"courier-end-long-form", "83 1803 01 f4", "courier: the last frame's 3 in two bytes"},
		{"courier-end-trailing", "83 03 01 f4 00", "courier: a byte behind the last frame's item"},
		{"courier-end-empty", "", "courier: the last frame is empty"},
	};
	uint8_t key[PUBLIC_KEY_LEN];
	struct places places;
	box_key_of(SEED_HUB_BOX, key);
	for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++) {
		struct bytes content = bytes_new(64);
		struct bytes *file = file_new(v, false, COURIER_TO_HUB, ends[i][0], ends[i][2]);
		put_frames(v, file, key, TO_HUB, 3, &places);
		put_hex(&content, ends[i][1]);
		must(courier_put(file, key, COURIER_END, bytes_slice(&content)), ends[i][0]);
		bytes_free(&content);
	}
	/* The last frame is right, and one more stands behind it. */
	struct bytes *file =
		file_new(v, false, COURIER_TO_HUB, "courier-end-early", "courier: a frame behind the last");
	put_frames(v, file, key, TO_HUB, 2, &places);
	must(courier_put_end(file, key, &(struct courier_end){3, 1, false}), "courier-end-early");
	put_frames(v, file, key, TO_HUB + 2, 1, &places);
	uint8_t other[PUBLIC_KEY_LEN];
	box_key_of(SEED_OTHER, other);
	file = file_new(v, false, COURIER_TO_HUB, "courier-other-receiver", "courier: sealed to another hub's key");
	put_frames(v, file, other, TO_HUB, 3, &places);
	must(courier_put_end(file, other, &(struct courier_end){3, 1, false}), "courier-other-receiver");
}

/* Last, so that the others keep the bytes they have: each box takes its randomness in turn. */
static void enrolments(struct vectors *v)
{
	static const uint8_t no_mac[MAC_LEN];
	struct places places;
	uint8_t hub[PUBLIC_KEY_LEN];
	uint8_t device[PUBLIC_KEY_LEN];
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	struct slice enrol = named(v, "enrol");
	box_key_of(SEED_HUB_BOX, hub);
	box_key_of(SEED_DEVICE_BOX, device);
	cbor_put_array(&body, 2);
	cbor_put_bytes(&body, enrol.data, enrol.len);
	cbor_put_bytes(&body, no_mac, MAC_LEN);
	struct bytes *file = file_new(v, true, COURIER_TO_HUB, "courier-enrol",
				      "an enrolment (its MAC zeros), a request and two batches");
	must(courier_put(file, hub, COURIER_ENROL, bytes_slice(&body)), "courier-enrol");
	put_frames(v, file, hub, TO_HUB, 3, &places);
	must(courier_put_end(file, hub, &(struct courier_end){4, 1, false}), "courier-enrol");
	file = file_new(v, true, COURIER_TO_DEVICE, "courier-enrolled",
			"the answer to an enrolment, a head, receipts");
	must(courier_put(file, device, COURIER_ENROLLED, named(v, "enrolled-active")), "courier-enrolled");
	put_frames(v, file, device, TO_DEVICE, 3, &places);
	must(courier_put_end(file, device, &(struct courier_end){4, 1, false}), "courier-enrolled");
	bytes_free(&body);
}

static void sent_again(struct vectors *v)
{
	struct places places;
	uint8_t key[PUBLIC_KEY_LEN];
	box_key_of(SEED_HUB_BOX, key);
	struct bytes *file = file_new(v, true, COURIER_TO_HUB, "courier-again", "a receipt before its batch");
	put_frames(v, file, key, AGAIN, 3, &places);
	must(courier_put_end(file, key, &(struct courier_end){3, 1, false}), "courier-again");
}

static void comparisons(struct vectors *v)
{
	struct places places;
	uint8_t hub[PUBLIC_KEY_LEN];
	uint8_t device[PUBLIC_KEY_LEN];
	box_key_of(SEED_HUB_BOX, hub);
	box_key_of(SEED_DEVICE_BOX, device);
	struct bytes *file = file_new(v, true, COURIER_TO_HUB, "courier-compare",
				      "a request, two batches and a comparison's question");
	put_frames(v, file, hub, TO_HUB, 3, &places);
	must(courier_put(file, hub, COURIER_COMPARE, named(v, "compare-days")), "courier-compare");
	must(courier_put_end(file, hub, &(struct courier_end){4, 1, false}), "courier-compare");
	file = file_new(v, true, COURIER_TO_DEVICE, "courier-compared",
			"a head, receipts and a comparison's answer");
	put_frames(v, file, device, TO_DEVICE, 3, &places);
	must(courier_put(file, device, COURIER_COMPARED, named(v, "compared-lines")), "courier-compared");
	must(courier_put_end(file, device, &(struct courier_end){4, 1, false}), "courier-compared");
}

void courier_files(struct vectors *v)
{
	good_files(v);
	damaged_frames(v);
	damaged_starts(v);
	bad_ends(v);
	enrolments(v);
	sent_again(v);
	comparisons(v);
}
