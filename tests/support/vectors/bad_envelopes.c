#include "vectors.h"

#include <string.h>

/* The payload of a heartbeat, so that no compressor has a say. */
static struct bytes heartbeat(void)
{
	static const struct batch_form form = {.version = 1, .raw_len = 0, .ordinal = 1, .seq = 1};
	struct bytes payload = bytes_new(256);
	put_batch_head(&payload, &form, 0);
	return payload;
}

static void bad_form(struct vectors *v, const char *name, const struct form *form, const char *why)
{
	struct bytes payload = heartbeat();
	put_envelope(vector_message(v, false, MESSAGE_BATCH, name, why), form, bytes_slice(&payload));
	bytes_free(&payload);
}

/* All of these are signed over what stands in them. */
static void protected_headers(struct vectors *v)
{
	static const struct {
		const char *name;
		const char *start;
		const char *end;
		bool no_kid;
		const char *why;
	} headers[] = {
		{"batch-alg-es256", "a2 01 26 04 48", "", false, "envelope: alg is -7 (ES256)"},
		{"batch-alg-none", "a1 04 48", "", false, "envelope: no alg in the protected header"},
		{"batch-alg-null", "a2 01 f6 04 48", "", false, "envelope: alg is null"},
		{"batch-alg-zero", "a2 01 00 04 48", "", false, "envelope: alg is 0 (reserved)"},
		{"batch-alg-text", "a2 01 65 4564445341 04 48", "", false, "envelope: alg is the text EdDSA"},
		{"batch-alg-ed25519", "a2 01 32 04 48", "", false, "envelope: alg is -19, not -8"},
		{"batch-header-empty", "", "", true, "envelope: the protected header is an empty string"},
		{"batch-header-no-kid", "a1 01 27", "", true, "envelope: no key id"},
		{"batch-header-kid-short", "a2 01 27 04 47 65b60673d6ed88", "", true,
		 "envelope: a key id of 7 bytes"},
		{"batch-header-crit", "a3 01 27 02 81 04 04 48", "", false, "envelope: a third header, crit"},
		{"batch-header-unsorted", "a2 04 48", "01 27", false, "envelope: headers out of order"},
		{"batch-header-twice", "a3 01 27 01 27 04 48", "", false, "envelope: alg twice"},
		{"batch-header-long-form", "a2 01 38 07 04 48", "", false, "envelope: alg -8 in two bytes"},
		{"batch-header-trailing", "a2 01 27 04 48", "00", false,
		 "envelope: a byte behind the header's map"},
	};
	for (size_t i = 0; i < sizeof(headers) / sizeof(headers[0]); i++) {
		struct form form = form_of(MESSAGE_BATCH);
		form.header_start = headers[i].start;
		form.header_end = headers[i].end;
		if (headers[i].no_kid)
			form.kid = NULL;
		bad_form(v, headers[i].name, &form, headers[i].why);
	}
}

static void surroundings(struct vectors *v)
{
	static const struct {
		const char *name;
		const char *start;
		const char *unprotected;
		const char *end;
		const char *why;
	} forms[] = {
		{"batch-unprotected-kid", "d2 84", "a1 04 48 " DEVICE_HEX, "",
		 "envelope: the unprotected header is not empty"},
		{"batch-unprotected-null", "d2 84", "f6", "", "envelope: the unprotected header is no map"},
		{"batch-untagged", "84", "a0", "", "envelope: no tag"},
		{"batch-tag-mac0", "d1 84", "a0", "", "envelope: tag 17 (COSE_Mac0)"},
		{"batch-tag-sign", "d8 62 84", "a0", "", "envelope: tag 98 (COSE_Sign)"},
		{"batch-tag-twice", "d2 d2 84", "a0", "", "envelope: tag 18 twice"},
		{"batch-tag-self-described", "d9 d9f7 d2 84", "a0", "", "envelope: tag 55799 before it"},
		{"batch-array-indefinite", "d2 9f", "a0", "ff", "envelope: an array of indefinite length"},
		{"batch-array-long-form", "d2 98 04", "a0", "", "envelope: the array's head is not the shortest"},
		{"batch-array-of-five", "d2 85", "a0", "40", "envelope: an array of five"},
		{"batch-trailing-byte", "d2 84", "a0", "00", "envelope: a byte behind the envelope"},
	};
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct form form = form_of(MESSAGE_BATCH);
		form.start = forms[i].start;
		form.unprotected = forms[i].unprotected;
		form.end = forms[i].end;
		bad_form(v, forms[i].name, &form, forms[i].why);
	}
}

/* Heads before the payload, which has 81 bytes: 51 in hexadecimal. */
static void payload_heads(struct vectors *v)
{
	static const struct {
		const char *name;
		const char *head;
		const char *why;
	} heads[] = {
		{"batch-payload-long-form", "59 0051", "envelope: the payload's head is not the shortest"},
		{"batch-payload-text", "78 51", "envelope: the payload is a text string"},
		{"batch-payload-indefinite", "5f 58 51", "envelope: the payload has no definite length"},
		{"batch-payload-too-long", "59 ffff", "envelope: the payload's length is beyond the bytes left"},
	};
	struct bytes payload = heartbeat();
	if (payload.len != 0x51)
		die("the heartbeat's payload has another length");
	for (size_t i = 0; i < sizeof(heads) / sizeof(heads[0]); i++) {
		struct form form = form_of(MESSAGE_BATCH);
		form.payload_head = heads[i].head;
		bad_form(v, heads[i].name, &form, heads[i].why);
	}
	/* Detached: the signature is over the payload, null stands in its place. */
	struct form form = form_of(MESSAGE_BATCH);
	struct bytes to_sign = signed_bytes(&form, bytes_slice(&payload));
	uint8_t signature[SIGNATURE_LEN];
	sign_bytes(form.key, bytes_slice(&to_sign), signature);
	form.payload_head = "f6";
	put_envelope_signed(vector_message(v, false, MESSAGE_BATCH, "batch-payload-detached",
					   "envelope: the payload is detached"),
			    &form, (struct slice){0}, signature);
	bytes_free(&to_sign);
	bytes_free(&payload);
}

static void sizes(struct vectors *v)
{
	struct bytes payload = heartbeat();
	struct form form = form_of(MESSAGE_BATCH);
	struct bytes *cut =
		vector_message(v, false, MESSAGE_BATCH, "batch-truncated", "envelope: its last byte is gone");
	put_envelope(cut, &form, bytes_slice(&payload));
	cut->len--;
	struct bytes *half =
		vector_message(v, false, MESSAGE_BATCH, "batch-half", "envelope: its second half is gone");
	put_envelope(half, &form, bytes_slice(&payload));
	half->len /= 2;
	struct bytes *shorter = vector_message(v, false, MESSAGE_BATCH, "batch-signature-short",
					       "envelope: a signature of 63 bytes");
	put_envelope(shorter, &form, bytes_slice(&payload));
	/* 58 40 stands before the 64 bytes. */
	shorter->data[shorter->len - SIGNATURE_LEN - 1] = SIGNATURE_LEN - 1;
	shorter->len--;
	(void)vector_message(v, false, MESSAGE_BATCH, "batch-empty", "envelope: no bytes at all");
	bytes_free(&payload);
}

/* The same in what the hub says: agents read it with the same strictness. */
static void receipts(struct vectors *v)
{
	static const char taken[] = "a8 01 01 02 5820" ZEROS_HEX "03 48" DEVICE_HEX "04 01 05 48" BITS_HEX
				    "06 02 07" INSTANT_HEX "08 82 00 80";
	static const struct {
		const char *name;
		const char *start;
		const char *header_start;
		const char *unprotected;
		const char *why;
	} forms[] = {
		{"receipt-alg-es256", "d2 84", "a2 01 26 04 48", "a0", "envelope: alg is -7 (ES256)"},
		{"receipt-alg-none", "d2 84", "a1 04 48", "a0", "envelope: no alg in the protected header"},
		{"receipt-untagged", "84", "a2 01 27 04 48", "a0", "envelope: no tag"},
		{"receipt-unprotected", "d2 84", "a2 01 27 04 48", "a1 01 27",
		 "envelope: the unprotected header is not empty"},
	};
	struct bytes payload = bytes_new(256);
	put_hex(&payload, taken);
	for (size_t i = 0; i < sizeof(forms) / sizeof(forms[0]); i++) {
		struct form form = form_of(MESSAGE_RECEIPT);
		form.start = forms[i].start;
		form.header_start = forms[i].header_start;
		form.unprotected = forms[i].unprotected;
		put_envelope(vector_message(v, false, MESSAGE_RECEIPT, forms[i].name, forms[i].why), &form,
			     bytes_slice(&payload));
	}
	bytes_free(&payload);
}

void bad_envelopes(struct vectors *v)
{
	protected_headers(v);
	surroundings(v);
	payload_heads(v);
	sizes(v);
	receipts(v);
}
