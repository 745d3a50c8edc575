#include "vectors.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "protocol/cbor.h"
#include "protocol/deflate.h"

enum { DATA_MAX = 64 * 1024 * 1024 };

void die(const char *what)
{
	(void)fprintf(stderr, "make_vectors: %s\n", what);
	exit(EXIT_FAILURE);
}

void must(enum status s, const char *what)
{
	if (s != STATUS_OK)
		die(what);
}

/* --- the world of the vectors --- */

static void count_up(uint8_t *out, size_t len, unsigned first)
{
	for (size_t i = 0; i < len; i++)
		out[i] = (uint8_t)(first + i);
}

void seed_bytes(enum seed seed, uint8_t out[static SEED_LEN])
{
	count_up(out, SEED_LEN, (unsigned)seed);
}

const struct signing_key *the_key(enum seed seed)
{
	static struct signing_key *keys[256];
	uint8_t bytes[SEED_LEN];
	seed_bytes(seed, bytes);
	if (keys[seed] == NULL)
		keys[seed] = signing_key_new(bytes);
	if (keys[seed] == NULL)
		die("no key");
	return keys[seed];
}

const uint8_t *the_hub(void)
{
	static uint8_t id[HUB_ID_LEN];
	count_up(id, sizeof(id), 0x01);
	return id;
}

const uint8_t *another_hub(void)
{
	static uint8_t id[HUB_ID_LEN];
	count_up(id, sizeof(id), 0x02);
	return id;
}

void the_device(uint8_t out[static DEVICE_ID_LEN])
{
	sign_key_id(signing_key_public(the_key(SEED_DEVICE)), out);
}

const char *purpose_of(enum message message)
{
	static const char *const names[] = {
		[MESSAGE_BATCH] = "batch",       [MESSAGE_REQUEST] = "request", [MESSAGE_ENROL] = "enrol",
		[MESSAGE_RECEIPT] = "receipt",   [MESSAGE_HEAD] = "head",       [MESSAGE_ENROLLED] = "enrolled",
		[MESSAGE_IDENTITY] = "identity", [MESSAGE_ACT] = "act",         [MESSAGE_COMPARE] = "compare",
		[MESSAGE_COMPARED] = "compared",
	};
	return names[message];
}

const struct signing_key *signer_of(enum message message)
{
	bool of_device = message == MESSAGE_BATCH || message == MESSAGE_REQUEST || message == MESSAGE_ENROL ||
			 message == MESSAGE_COMPARE;
	return the_key(of_device ? SEED_DEVICE : SEED_HUB);
}

/* --- vectors --- */

struct vector *vector_new(struct vectors *v, bool good, const char *name, const char *why)
{
	if (v->count == VECTORS_MAX)
		die("too many vectors");
	for (size_t i = 0; i < v->count; i++)
		if (strcmp(v->list[i].name, name) == 0)
			die(name);
	struct vector *vector = &v->list[v->count++];
	*vector = (struct vector){.name = name, .good = good, .why = why, .data = bytes_new(DATA_MAX)};
	return vector;
}

struct bytes *vector_message(struct vectors *v, bool good, enum message message, const char *name, const char *why)
{
	struct vector *vector = vector_new(v, good, name, why);
	vector->purpose = purpose_of(message);
	vector->has_key = true;
	memcpy(vector->hub, the_hub(), HUB_ID_LEN);
	memcpy(vector->key, signing_key_public(signer_of(message)), PUBLIC_KEY_LEN);
	return &vector->data;
}

void put_hex(struct bytes *out, const char *hex)
{
	for (; *hex != '\0'; hex += 2) {
		while (*hex == ' ')
			hex++;
		if (*hex == '\0')
			break;
		uint8_t byte = 0;
		const char pair[] = {hex[0], hex[1], '\0'};
		must(hex_parse(pair, &byte, 1), hex);
		bytes_put_u8(out, byte);
	}
}

void make_vectors(struct vectors *v)
{
	good_batches(v);
	good_messages(v);
	good_comparisons(v);
	bad_envelopes(v);
	bad_signatures(v);
	bad_keys(v);
	bad_box_keys(v);
	bad_messages(v);
	bad_heads(v);
	bad_comparisons(v);
	bad_streams(v);
	bad_rows(v);
	cbor_items(v);
	courier_files(v);
}

/* --- envelopes --- */

struct form form_of(enum message message)
{
	static uint8_t kids[MESSAGE_COMPARED + 1][KEY_ID_LEN];
	sign_key_id(signing_key_public(signer_of(message)), kids[message]);
	return (struct form){.message = message,
			     .hub = the_hub(),
			     .key = signer_of(message),
			     .start = "d2 84",
			     .header_start = "a2 01 27 04 48",
			     .header_end = "",
			     .kid = kids[message],
			     .unprotected = "a0",
			     .payload_head = NULL,
			     .end = ""};
}

static struct bytes header_of(const struct form *form)
{
	struct bytes header = bytes_new(64);
	put_hex(&header, form->header_start);
	bytes_put(&header, form->kid, form->kid == NULL ? 0 : KEY_ID_LEN);
	put_hex(&header, form->header_end);
	must(bytes_status(&header), "header");
	return header;
}

/* Written here once more: the project's own sealing makes the one right form only. */
struct bytes signed_bytes(const struct form *form, struct slice payload)
{
	struct bytes to_sign = bytes_new(DATA_MAX);
	struct bytes header = header_of(form);
	struct bytes aad = bytes_new(64);
	bytes_put_str(&aad, "motcua/1/");
	bytes_put_str(&aad, purpose_of(form->message));
	bytes_put(&aad, form->hub, HUB_ID_LEN);
	cbor_put_array(&to_sign, 4);
	cbor_put_text(&to_sign, "Signature1", strlen("Signature1"));
	cbor_put_bytes(&to_sign, header.data, header.len);
	cbor_put_bytes(&to_sign, aad.data, aad.len);
	cbor_put_bytes(&to_sign, payload.data, payload.len);
	must(bytes_status(&to_sign), "bytes to sign");
	bytes_free(&header);
	bytes_free(&aad);
	return to_sign;
}

void put_envelope_signed(struct bytes *out, const struct form *form, struct slice payload,
			 const uint8_t signature[static SIGNATURE_LEN])
{
	struct bytes header = header_of(form);
	put_hex(out, form->start);
	cbor_put_bytes(out, header.data, header.len);
	put_hex(out, form->unprotected);
	if (form->payload_head == NULL) {
		cbor_put_bytes(out, payload.data, payload.len);
	} else {
		put_hex(out, form->payload_head);
		bytes_put(out, payload.data, payload.len);
	}
	cbor_put_bytes(out, signature, SIGNATURE_LEN);
	put_hex(out, form->end);
	must(bytes_status(out), "envelope");
	bytes_free(&header);
}

void put_envelope(struct bytes *out, const struct form *form, struct slice payload)
{
	uint8_t signature[SIGNATURE_LEN];
	struct bytes to_sign = signed_bytes(form, payload);
	sign_bytes(form->key, bytes_slice(&to_sign), signature);
	put_envelope_signed(out, form, payload, signature);
	bytes_free(&to_sign);
}

void bad_payload(struct vectors *v, enum message message, const char *name, const char *hex, const char *why)
{
	struct form form = form_of(message);
	struct bytes payload = bytes_new(DATA_MAX);
	put_hex(&payload, hex);
	put_envelope(vector_message(v, false, message, name, why), &form, bytes_slice(&payload));
	bytes_free(&payload);
}

/* --- batches by hand --- */

void put_batch_head(struct bytes *out, const struct batch_form *form, size_t raw_len)
{
	cbor_put_map(out, 10);
	put_hex(out, "01");
	cbor_put_uint(out, form->version);
	put_hex(out, "02");
	cbor_put_uint(out, form->raw_len < 0 ? raw_len : (uint64_t)form->raw_len);
	put_hex(out, "03 48" DEVICE_HEX "04");
	cbor_put_uint(out, form->ordinal);
	put_hex(out, "05 48" BITS_HEX "06");
	cbor_put_uint(out, form->seq);
	put_hex(out, "07 5820" ZEROS_HEX "08" INSTANT_HEX "09 83 00 00 00 0a");
	cbor_put_uint(out, form->count);
}

void put_batch_payload(struct bytes *out, const struct batch_form *form, struct slice rows)
{
	put_batch_head(out, form, rows.len);
	must(deflate_pack(rows, NULL, out), "rows");
}
