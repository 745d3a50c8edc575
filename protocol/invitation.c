#include "protocol/identity.h"

#include <stdio.h>
#include <string.h>

enum {
	CODE_BYTES = SECRET_LEN + IDENTITY_HASH_LEN,
	CODE_CHARS = 42,
	CHECK_CHARS = INVITATION_CHARS - CODE_CHARS,
	CHECK_PRIME = 1021,
	HOST_CHARS = 253, /* the longest name DNS knows */
	PORT_DEFAULT = 443
};
_Static_assert((CODE_BYTES * 8 + 4) / 5 == CODE_CHARS, "26 bytes are 42 characters");

static const char ALPHABET[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

/*
 * The 44 characters are the digits of one number in base 32, and that number is 1 modulo a prime: a wrong character
 * changes it by d × 32^i and two swapped neighbours by 31 × d × 32^i with 0 < |d| < 32, never a multiple of the
 * prime.
 */
static unsigned residue(const uint8_t *digits, size_t count)
{
	unsigned value = 0;
	for (size_t i = 0; i < count; i++)
		value = (value * 32 + digits[i]) % CHECK_PRIME;
	return value;
}

static void put_check(uint8_t digits[static INVITATION_CHARS])
{
	unsigned rest = residue(digits, CODE_CHARS) * 32 * 32 % CHECK_PRIME;
	unsigned check = (1 + CHECK_PRIME - rest) % CHECK_PRIME;
	digits[CODE_CHARS] = (uint8_t)(check / 32);
	digits[CODE_CHARS + 1] = (uint8_t)(check % 32);
}

static bool check_ok(const uint8_t digits[static INVITATION_CHARS])
{
	/* The check itself must be below the prime, else two forms would pass. */
	unsigned check = digits[CODE_CHARS] * 32U + digits[CODE_CHARS + 1];
	return check < CHECK_PRIME && residue(digits, INVITATION_CHARS) == 1;
}

static void split_bytes(const uint8_t data[static CODE_BYTES], uint8_t digits[static CODE_CHARS])
{
	unsigned held = 0;
	unsigned bits = 0;
	size_t n = 0;
	for (size_t i = 0; i < CODE_BYTES; i++) {
		held = (held << 8 | data[i]) & 0xFFFU;
		for (bits += 8; bits >= 5; bits -= 5)
			digits[n++] = (uint8_t)(held >> (bits - 5) & 31U);
	}
	digits[n] = (uint8_t)(held << (5 - bits) & 31U);
}

/* False if the bits left over at the end are not zero. */
static bool join_bytes(const uint8_t digits[static CODE_CHARS], uint8_t data[static CODE_BYTES])
{
	unsigned held = 0;
	unsigned bits = 0;
	size_t n = 0;
	for (size_t i = 0; i < CODE_CHARS; i++) {
		held = (held << 5 | digits[i]) & 0xFFFU;
		bits += 5;
		if (bits >= 8) {
			bits -= 8;
			data[n++] = (uint8_t)(held >> bits & 0xFFU);
		}
	}
	return (held & ((1U << bits) - 1)) == 0;
}

/* The digit a character stands for, or -1. */
static int digit_of(char c)
{
	char upper = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
	if (upper == 'I' || upper == 'L')
		return 1;
	if (upper == 'O')
		return 0;
	const char *at = upper == '\0' ? NULL : strchr(ALPHABET, upper);
	return at == NULL ? -1 : (int)(at - ALPHABET);
}

static bool is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

void invitation_format(const struct invitation *invitation, char ret_text[static INVITATION_TEXT])
{
	uint8_t data[CODE_BYTES];
	uint8_t digits[INVITATION_CHARS] = {0};
	memcpy(data, invitation->secret, SECRET_LEN);
	memcpy(data + SECRET_LEN, invitation->identity_hash, IDENTITY_HASH_LEN);
	split_bytes(data, digits);
	put_check(digits);
	char code[INVITATION_CHARS + 1] = {0};
	for (size_t i = 0; i < INVITATION_CHARS; i++)
		code[i] = ALPHABET[digits[i]];
	if (invitation->host[0] == '\0') {
		(void)snprintf(ret_text, INVITATION_TEXT, "%s", code);
		goto out;
	}
	char port[8] = "";
	if (invitation->port != PORT_DEFAULT)
		(void)snprintf(port, sizeof(port), ":%u", (unsigned)invitation->port);
	bool brackets = strchr(invitation->host, ':') != NULL;
	(void)snprintf(ret_text, INVITATION_TEXT, "%s%s%s%s/%s", brackets ? "[" : "", invitation->host,
		       brackets ? "]" : "", port, code);
out:
	secret_wipe(data, sizeof(data));
	secret_wipe(digits, sizeof(digits));
	secret_wipe(code, sizeof(code));
}

static enum status parse_code(const char *text, struct invitation *invitation)
{
	uint8_t digits[INVITATION_CHARS] = {0};
	uint8_t data[CODE_BYTES] = {0};
	size_t n = 0;
	enum status s = STATUS_REFUSED;
	for (; *text != '\0'; text++) {
		if (*text == '-' || is_blank(*text))
			continue;
		int digit = digit_of(*text);
		if (digit < 0 || n == INVITATION_CHARS)
			goto out;
		digits[n++] = (uint8_t)digit;
	}
	if (n != INVITATION_CHARS || !check_ok(digits) || !join_bytes(digits, data))
		goto out;
	memcpy(invitation->secret, data, SECRET_LEN);
	memcpy(invitation->identity_hash, data + SECRET_LEN, IDENTITY_HASH_LEN);
	s = STATUS_OK;
out:
	secret_wipe(digits, sizeof(digits));
	secret_wipe(data, sizeof(data));
	return s;
}

enum status invitation_parse(const char *text, struct invitation *ret_invitation)
{
	while (is_blank(*text))
		text++;
	const char *slash = strrchr(text, '/');
	char address[INVITATION_TEXT];
	if (slash != NULL && (size_t)(slash - text) >= sizeof(address))
		return STATUS_REFUSED;
	struct invitation i = {.port = 0};
	enum status s = STATUS_OK;
	if (slash != NULL) {
		memcpy(address, text, (size_t)(slash - text));
		address[slash - text] = '\0';
		s = address_parse(address, i.host, &i.port);
	}
	if (s == STATUS_OK)
		s = parse_code(slash == NULL ? text : slash + 1, &i);
	if (s == STATUS_OK)
		*ret_invitation = i;
	secret_wipe(&i, sizeof(i));
	return s;
}

void invitation_id(const uint8_t secret[static SECRET_LEN], uint8_t ret_id[static KEY_ID_LEN])
{
	uint8_t digest[HASH_LEN];
	digest_bytes("id", slice_of(secret, SECRET_LEN), digest);
	memcpy(ret_id, digest, KEY_ID_LEN);
}

void invitation_mac_key(const uint8_t secret[static SECRET_LEN], uint8_t ret_key[static MAC_LEN])
{
	digest_bytes("mac", slice_of(secret, SECRET_LEN), ret_key);
}

/* --- addresses --- */

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static bool is_name_char(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '.' ||
	       c == '_';
}

/* The length of a name or of what stands in brackets; 0 if it is no host. */
static size_t host_length(const char *text, bool bracketed)
{
	size_t len = 0;
	size_t colons = 0;
	for (; bracketed ? is_hex(text[len]) || text[len] == ':' || text[len] == '.' : is_name_char(text[len]);
	     len++)
		colons += text[len] == ':';
	if (len > HOST_CHARS || (bracketed && colons < 2))
		return 0;
	return !bracketed && (text[0] == '-' || text[0] == '.') ? 0 : len;
}

/* ":1" to ":65535", or nothing. */
static enum status parse_port(const char *text, uint16_t *ret_port)
{
	if (*text == '\0') {
		*ret_port = PORT_DEFAULT;
		return STATUS_OK;
	}
	size_t len = strlen(text);
	if (*text != ':' || len < 2 || len > 6 || text[1] == '0')
		return STATUS_REFUSED;
	unsigned port = 0;
	for (const char *c = text + 1; *c != '\0'; c++) {
		if (*c < '0' || *c > '9')
			return STATUS_REFUSED;
		port = port * 10 + (unsigned)(*c - '0');
	}
	if (port > UINT16_MAX)
		return STATUS_REFUSED;
	*ret_port = (uint16_t)port;
	return STATUS_OK;
}

enum status address_parse(const char *text, char ret_host[static INVITATION_HOST + 1], uint16_t *ret_port)
{
	static const char SCHEME[] = "https://";
	if (strncmp(text, SCHEME, strlen(SCHEME)) == 0)
		text += strlen(SCHEME);
	bool bracketed = *text == '[';
	text += bracketed;
	size_t len = host_length(text, bracketed);
	if (len == 0 || (bracketed && text[len] != ']'))
		return STATUS_REFUSED;
	enum status s = parse_port(text + len + bracketed, ret_port);
	if (s != STATUS_OK)
		return s;
	memcpy(ret_host, text, len);
	ret_host[len] = '\0';
	return STATUS_OK;
}
