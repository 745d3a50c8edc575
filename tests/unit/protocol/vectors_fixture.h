/*
 * The vectors of tests/vectors, and the layer of the protocol that refuses one: what a bad vector's line in
 * index.tsv says before its colon.
 */
#ifndef MOTCUA_TESTS_VECTORS_FIXTURE_H
#define MOTCUA_TESTS_VECTORS_FIXTURE_H

#include <stdio.h>

#include "batch_fixture.h"

#include "protocol/batch_pack.h"
#include "protocol/comparison.h"
#include "protocol/courier.h"
#include "protocol/identity.h"
#include "protocol/reply.h"
#include "protocol/request.h"
#include "protocol/tables/text.h"
#include "tests/support/batch_split.h"
#include "tests/support/cbor_walk.h"

enum { LINE_ROOM = 1024, VECTOR_ROOM = 1024 * 1024, INDEX_FIELDS = 6 };

struct read_vector {
	char line[LINE_ROOM]; /* what the slices below borrow from */
	const char *name;
	bool good;
	const char *purpose;
	uint8_t hub[HUB_ID_LEN];
	uint8_t key[PUBLIC_KEY_LEN];
	const char *why;
	struct bytes data;
};

/* A file of tests/vectors, found from this file's own place. */
static inline FILE *vector_file(const char *name, const char *suffix)
{
	static const char own[] = "unit/protocol/vectors_fixture.h";
	struct bytes path = bytes_new(4096);
	bytes_put(&path, __FILE__, strlen(__FILE__) - strlen(own));
	bytes_put_str(&path, "vectors/");
	bytes_put_str(&path, name);
	bytes_put(&path, suffix, strlen(suffix) + 1);
	assert_int_equal(bytes_status(&path), STATUS_OK);
	FILE *file = fopen((const char *)path.data, "r");
	if (file == NULL)
		fail_msg("%s is not there", name);
	bytes_free(&path);
	return file;
}

/* Lines that begin with # say what a file is. */
static inline struct bytes vector_data(const char *name)
{
	char line[LINE_ROOM];
	unsigned byte = 0;
	struct bytes out = bytes_new(VECTOR_ROOM);
	FILE *file = vector_file(name, ".hex");
	while (fgets(line, sizeof(line), file) != NULL)
		for (size_t i = 0; line[0] != '#' && sscanf(line + i, "%2x", &byte) == 1; i += 2)
			bytes_put_u8(&out, (uint8_t)byte);
	assert_int_equal(fclose(file), 0);
	return out;
}

/* The next line of the index and its bytes, which vector_free() frees; false at the end. */
static inline bool vector_next(FILE *index, struct read_vector *v)
{
	char *fields[INDEX_FIELDS];
	if (fgets(v->line, sizeof(v->line), index) == NULL)
		return false;
	char *at = v->line;
	for (size_t i = 0; i < INDEX_FIELDS; i++) {
		fields[i] = at;
		at += strcspn(at, "\t\n");
		assert_int_equal(*at, i + 1 < INDEX_FIELDS ? '\t' : '\n');
		*at++ = '\0';
	}
	v->name = fields[0];
	v->good = strcmp(fields[1], "good") == 0;
	assert_true(v->good || strcmp(fields[1], "bad") == 0);
	v->purpose = fields[2];
	v->why = fields[5];
	if (strcmp(v->purpose, "cbor") != 0) {
		assert_int_equal(hex_parse(fields[3], v->hub, HUB_ID_LEN), STATUS_OK);
		assert_int_equal(hex_parse(fields[4], v->key, PUBLIC_KEY_LEN), STATUS_OK);
	}
	v->data = vector_data(v->name);
	return true;
}

static inline const char *layer_of(enum status s, const char *malformed)
{
	assert_true(s == STATUS_OK || s == STATUS_MALFORMED || s == STATUS_VERSION || s == STATUS_FORGED);
	return s == STATUS_OK ? "" : s == STATUS_VERSION ? "version" : s == STATUS_FORGED ? "key" : malformed;
}

static inline bool change_is_sound(const struct change *c)
{
	bool sound = change_check(c, NULL) == STATUS_OK && text_is_nfc(c->key);
	for (size_t f = 0; f < FIELD_COUNT; f++)
		sound = sound && (c->fields[f].state != VALUE_TEXT || text_is_nfc(c->fields[f].text));
	return sound;
}

static inline const char *batch_layer(struct slice payload)
{
	struct batch_head head;
	struct batch *batch = NULL;
	struct change c;
	struct slice before;
	struct slice stream;
	uint64_t raw_len = 0;
	enum status s = batch_peek(payload, &head);
	if (s != STATUS_OK)
		return layer_of(s, "head");
	s = batch_read(payload, &batch);
	if (s != STATUS_OK) {
		struct bytes rows = bytes_new(LIMIT_BATCH_RAW + 1);
		assert_true(batch_split(payload, &before, &stream, &raw_len));
		bool inflates = head.count > 0 && raw_len > 0 &&
				batch_unpack(stream, before.data[2] != 1, (size_t)raw_len, &rows) == STATUS_OK;
		bytes_free(&rows);
		return layer_of(s, inflates ? "rows" : "inflate");
	}
	bool sound = true;
	while (batch_next(batch, &c))
		sound = sound && change_is_sound(&c);
	batch_free(batch);
	return sound ? "" : "meaning";
}

/* Of messages that are verified before they are read. */
static inline const char *message_layer(const struct read_vector *v, enum message message)
{
	struct slice sealed = bytes_slice(&v->data);
	struct envelope e;
	static struct request request;
	static struct head head;
	static struct comparison_question question;
	static struct comparison_answer answer;
	struct receipt receipt;
	struct enrolled enrolled;
	if (envelope_peek(sealed, &e) != STATUS_OK)
		return "envelope";
	if (envelope_verify(&e, message, v->hub, v->key) != STATUS_OK)
		return "signature";
	if (message == MESSAGE_BATCH)
		return batch_layer(e.payload);
	if (message == MESSAGE_REQUEST)
		return layer_of(request_read(e.payload, &request), "message");
	if (message == MESSAGE_RECEIPT)
		return layer_of(receipt_open(sealed, v->hub, v->key, &receipt), "message");
	if (message == MESSAGE_HEAD)
		return layer_of(head_open(sealed, v->hub, v->key, &head), "message");
	if (message == MESSAGE_COMPARE)
		return layer_of(compare_read(e.payload, &question), "message");
	if (message == MESSAGE_COMPARED)
		return layer_of(compared_open(sealed, v->hub, v->key, &answer), "message");
	assert_int_equal(message, MESSAGE_ENROLLED);
	return layer_of(enrolled_open(sealed, v->hub, v->key, &enrolled), "message");
}

/* The body of an enrolment is its envelope and a MAC, which is not looked at here. */
static inline const char *enrol_layer(const struct read_vector *v)
{
	static const uint8_t no_mac[MAC_LEN];
	struct enrol_request request;
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	cbor_put_array(&body, 2);
	cbor_put_bytes(&body, v->data.data, v->data.len);
	cbor_put_bytes(&body, no_mac, MAC_LEN);
	enum status s = enrol_open(bytes_slice(&body), v->hub, &request, &sealed, mac);
	if (s == STATUS_OK)
		assert_memory_equal(request.public_key, v->key, PUBLIC_KEY_LEN);
	bytes_free(&body);
	return layer_of(s, "message");
}

static inline const char *identity_layer(const struct read_vector *v)
{
	struct identity identity;
	enum status s = identity_open(bytes_slice(&v->data), &identity);
	if (s == STATUS_OK) {
		assert_memory_equal(identity.sign_key, v->key, PUBLIC_KEY_LEN);
		assert_memory_equal(identity.hub_id, v->hub, HUB_ID_LEN);
	}
	return layer_of(s, "message");
}

static inline const char *courier_layer(const struct read_vector *v)
{
	struct courier_start start;
	struct courier_frame frame;
	struct box_key *key = box_key_new(v->key);
	struct courier_reader r = courier_reader_new(bytes_slice(&v->data), key);
	assert_non_null(key);
	while (courier_next(&r, &frame) == STATUS_OK)
		assert_true(frame.kind != COURIER_END && frame.kind >= COURIER_REQUEST &&
			    frame.kind <= COURIER_COMPARED);
	bool whole = courier_start_read(bytes_slice(&v->data), &start) == STATUS_OK && courier_is_whole(&r);
	courier_reader_free(&r);
	box_key_free(key);
	return whole ? "" : "courier";
}

static inline const char *cbor_layer(struct slice data)
{
	struct cbor r = cbor_reader(data.data, data.len);
	walk_item(&r, LIMIT_NESTING, NULL);
	return layer_of(cbor_end(&r), "cbor");
}

/* Where the vector is refused, "" if it is taken. */
static inline const char *refusing_layer(const struct read_vector *v)
{
	static const struct {
		const char *purpose;
		enum message message;
	} messages[] = {{"batch", MESSAGE_BATCH},      {"request", MESSAGE_REQUEST},   {"receipt", MESSAGE_RECEIPT},
			{"head", MESSAGE_HEAD},        {"enrolled", MESSAGE_ENROLLED}, {"compare", MESSAGE_COMPARE},
			{"compared", MESSAGE_COMPARED}};
	for (size_t i = 0; i < sizeof(messages) / sizeof(messages[0]); i++)
		if (strcmp(v->purpose, messages[i].purpose) == 0)
			return message_layer(v, messages[i].message);
	if (strcmp(v->purpose, "enrol") == 0)
		return enrol_layer(v);
	if (strcmp(v->purpose, "identity") == 0)
		return identity_layer(v);
	if (strcmp(v->purpose, "courier") == 0)
		return courier_layer(v);
	assert_string_equal(v->purpose, "cbor");
	return cbor_layer(bytes_slice(&v->data));
}

static inline bool begins(const char *text, const char *with)
{
	return strncmp(text, with, strlen(with)) == 0;
}

#endif
