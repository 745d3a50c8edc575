#include "hub/tls_key.h"

#include <string.h>

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

enum { SERIAL_LEN = 8, PEM_MAX = 64 * 1024 };

#define DAY_S  INT64_C(86400)
#define LIFE_S (DAY_S * 365 * 50)

static enum status generate_key(gnutls_x509_privkey_t key)
{
	unsigned bits = (unsigned)GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1);
	return gnutls_x509_privkey_generate(key, GNUTLS_PK_ECDSA, bits, 0) == 0 ? STATUS_OK : STATUS_NO_MEMORY;
}

/* No extensions: names and purposes are nobody's business here, and every byte crosses in each handshake. */
static enum status sign_certificate(gnutls_x509_crt_t certificate, gnutls_x509_privkey_t key, const char *name,
				    int64_t now_s)
{
	uint8_t serial[SERIAL_LEN];
	if (gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial)) != 0)
		return STATUS_NO_MEMORY;
	serial[0] = (uint8_t)((serial[0] & 0x7FU) | 0x40U); /* positive, and of full length */
	if (gnutls_x509_crt_set_version(certificate, 3) != 0 ||
	    gnutls_x509_crt_set_serial(certificate, serial, sizeof(serial)) != 0 ||
	    gnutls_x509_crt_set_dn_by_oid(certificate, GNUTLS_OID_X520_COMMON_NAME, 0, name,
					  (unsigned)strlen(name)) != 0 ||
	    gnutls_x509_crt_set_activation_time(certificate, (time_t)(now_s - DAY_S)) != 0 ||
	    gnutls_x509_crt_set_expiration_time(certificate, (time_t)(now_s + LIFE_S)) != 0 ||
	    gnutls_x509_crt_set_key(certificate, key) != 0 ||
	    gnutls_x509_crt_sign2(certificate, certificate, key, GNUTLS_DIG_SHA256, 0) != 0)
		return STATUS_REFUSED;
	return STATUS_OK;
}

/* Both or neither. */
static enum status put_both(struct bytes *key_pem, gnutls_datum_t key, struct bytes *certificate_pem,
			    gnutls_datum_t certificate)
{
	size_t before = key_pem->len;
	bytes_put(key_pem, key.data, key.size);
	bytes_put(certificate_pem, certificate.data, certificate.size);
	enum status s = bytes_status(key_pem);
	if (s == STATUS_OK)
		s = bytes_status(certificate_pem);
	if (s != STATUS_OK)
		key_pem->len = before;
	return s;
}

enum status tls_key_generate(const char *name, int64_t now_s, struct bytes *ret_key_pem,
			     struct bytes *ret_certificate_pem)
{
	gnutls_x509_privkey_t key = NULL;
	gnutls_x509_crt_t certificate = NULL;
	gnutls_datum_t key_pem = {0};
	gnutls_datum_t certificate_pem = {0};
	enum status s = STATUS_NO_MEMORY;
	if (gnutls_x509_privkey_init(&key) != 0 || gnutls_x509_crt_init(&certificate) != 0)
		goto out;
	s = generate_key(key);
	if (s != STATUS_OK)
		goto out;
	s = sign_certificate(certificate, key, name, now_s);
	if (s != STATUS_OK)
		goto out;
	s = STATUS_NO_MEMORY;
	if (gnutls_x509_privkey_export2_pkcs8(key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &key_pem) != 0 ||
	    gnutls_x509_crt_export2(certificate, GNUTLS_X509_FMT_PEM, &certificate_pem) != 0)
		goto out;
	s = put_both(ret_key_pem, key_pem, ret_certificate_pem, certificate_pem);
out:
	if (key_pem.data != NULL)
		gnutls_memset(key_pem.data, 0, key_pem.size);
	gnutls_free(key_pem.data);
	gnutls_free(certificate_pem.data);
	if (certificate != NULL)
		gnutls_x509_crt_deinit(certificate);
	if (key != NULL)
		gnutls_x509_privkey_deinit(key);
	return s;
}

enum status tls_key_pin(struct slice certificate_pem, uint8_t ret_pin[static 32])
{
	if (certificate_pem.len == 0 || certificate_pem.len > PEM_MAX)
		return STATUS_MALFORMED;
	gnutls_x509_crt_t certificate = NULL;
	if (gnutls_x509_crt_init(&certificate) != 0)
		return STATUS_NO_MEMORY;
	struct bytes copy = bytes_new(PEM_MAX);
	uint8_t pin[32];
	size_t len = sizeof(pin);
	bytes_put(&copy, certificate_pem.data, certificate_pem.len);
	enum status s = bytes_status(&copy);
	if (s != STATUS_OK)
		goto out;
	s = STATUS_MALFORMED;
	/* A copy, because gnutls_datum_t is not const; the key id is the digest of the SubjectPublicKeyInfo. */
	gnutls_datum_t pem = {.data = copy.data, .size = (unsigned)copy.len};
	if (gnutls_x509_crt_import(certificate, &pem, GNUTLS_X509_FMT_PEM) != 0 ||
	    gnutls_x509_crt_get_key_id(certificate, GNUTLS_KEYID_USE_SHA256, pin, &len) != 0 || len != sizeof(pin))
		goto out;
	memcpy(ret_pin, pin, sizeof(pin));
	s = STATUS_OK;
out:
	bytes_free(&copy);
	gnutls_x509_crt_deinit(certificate);
	return s;
}
