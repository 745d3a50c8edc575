/*
 * Makes the vectors of tests/vectors: messages of fixed keys and numbers, good and bad, for readers in any
 * language. Good ones come from the project's own writers; bad ones are put together from hexadecimal and signed by
 * the right key, so that each is bad for the one reason it states. Ends the program where something cannot be made.
 */
#ifndef MOTCUA_TESTS_VECTORS_H
#define MOTCUA_TESTS_VECTORS_H

#include "protocol/batch.h"
#include "protocol/envelope.h"

#define SEALED_AT INT64_C(1716341400000) /* 2024-05-22T08:30+07:00, 1b 0000018f9deb61c0 */

/* The seeds count up from these; so does the hub's id from 01. */
enum seed { SEED_DEVICE = 0x01, SEED_HUB = 0x21, SEED_OTHER = 0x31, SEED_HUB_BOX = 0x41, SEED_DEVICE_BOX = 0x61 };
enum { VECTORS_MAX = 512 };

/* What the messages above say, as hexadecimal. */
#define DEVICE_HEX     "65b60673d6ed884b"
#define DEVICE_KEY_HEX "79b5562e8fe654f94078b112e8a98ba7901f853ae695bed7e0e3910bad049664"
#define HUB_KEY_HEX    "e7f162a10bec559afea195e4dce84b69568d5d2cb0963eb446c0685e2b17f2f0"
#define HUB_BOX_HEX    "759f49a098c9a6baa8465a42333c11cc4cd2c10beeda7b60f73e38205f81900c"
#define DEVICE_BOX_HEX "923759674d1af43c522e88c8ca111be8bd0298cc1707428a8cde3d5d5b4e0c5a"
#define HUB_ID_HEX     "0102030405060708090a0b0c0d0e0f10"
#define BITS_HEX       "0123456789abcdef"
#define ZEROS_HEX      "0000000000000000000000000000000000000000000000000000000000000000"
#define INSTANT_HEX    "1b0000018f9deb61c0"

struct vector {
	const char *name;
	bool good;
	const char *purpose;
	uint8_t hub[HUB_ID_LEN]; /* of no meaning where has_key is not set */
	uint8_t key[PUBLIC_KEY_LEN];
	bool has_key;
	const char *why; /* of a bad one: "layer: reason" */
	struct bytes data;
};

struct vectors {
	struct vector list[VECTORS_MAX];
	size_t count;
};

void die(const char *what);
/* For a call that cannot fail here. */
void must(enum status s, const char *what);

/* --- the world of the vectors --- */
const struct signing_key *the_key(enum seed seed); /* kept until the end */
void seed_bytes(enum seed seed, uint8_t out[static SEED_LEN]);
const uint8_t *the_hub(void);
const uint8_t *another_hub(void);
void the_device(uint8_t out[static DEVICE_ID_LEN]);
/* The key that signs messages of a purpose, and the purpose's name. */
const struct signing_key *signer_of(enum message message);
const char *purpose_of(enum message message);

/* --- a new vector; the caller fills data --- */
struct vector *vector_new(struct vectors *v, bool good, const char *name, const char *why);
/* A message that the key of its purpose must have signed. */
struct bytes *vector_message(struct vectors *v, bool good, enum message message, const char *name, const char *why);

/* --- bytes --- */
/* Appends bytes written in hexadecimal, blanks between them at will. */
void put_hex(struct bytes *out, const char *hex);

/* --- envelopes of any form --- */
struct form {
	enum message message;          /* what it is signed for */
	const uint8_t *hub;            /* which hub */
	const struct signing_key *key; /* and by whom */
	const char *start;             /* tag and head of the array; NULL: as it should be, and so below */
	const char *header_start;      /* protected header before the key id */
	const char *header_end;        /* and behind it */
	const uint8_t *kid;
	const char *unprotected;
	const char *payload_head; /* before the payload; "" for none */
	const char *end;          /* behind the signature */
};
struct form form_of(enum message message);
void put_envelope(struct bytes *out, const struct form *form, struct slice payload);
/* What is signed. */
struct bytes signed_bytes(const struct form *form, struct slice payload);
/* As put_envelope, with a signature from elsewhere. */
void put_envelope_signed(struct bytes *out, const struct form *form, struct slice payload,
			 const uint8_t signature[static SIGNATURE_LEN]);
/* A bad message: a payload in hexadecimal, signed as it should be. */
void bad_payload(struct vectors *v, enum message message, const char *name, const char *hex, const char *why);

/* --- batches by hand --- */
struct batch_form {
	uint64_t version;
	int64_t raw_len; /* negative: as it is */
	uint64_t ordinal;
	uint64_t seq;
	uint64_t count;
};
void put_batch_head(struct bytes *out, const struct batch_form *form, size_t raw_len);
void put_batch_payload(struct bytes *out, const struct batch_form *form, struct slice rows);

/* --- the vectors, all of them and by theme --- */
void make_vectors(struct vectors *v);
void good_batches(struct vectors *v);
void good_messages(struct vectors *v);
void good_comparisons(struct vectors *v);
void bad_envelopes(struct vectors *v);
void bad_signatures(struct vectors *v);
void bad_keys(struct vectors *v);
void bad_box_keys(struct vectors *v);
void bad_messages(struct vectors *v);
void bad_heads(struct vectors *v);
void bad_comparisons(struct vectors *v);
void bad_streams(struct vectors *v);
void bad_rows(struct vectors *v);
void cbor_items(struct vectors *v);
void courier_files(struct vectors *v);

#endif
