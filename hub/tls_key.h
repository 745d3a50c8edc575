/*
 * The hub's TLS key: ECDSA P-256 with a self-signed certificate. Agents pin the key (SHA-256 of its
 * SubjectPublicKeyInfo) and consult neither names nor dates (L12), so the certificate is a formality. This file
 * alone includes GnuTLS.
 */
#ifndef MOTCUA_HUB_TLS_KEY_H
#define MOTCUA_HUB_TLS_KEY_H

#include "protocol/bytes.h"

/* Makes a key; appends PEM key and certificate. now_s bounds the certificate's dates (from a day before, 50 years).
 */
MUST_CHECK enum status tls_key_generate(const char *name, int64_t now_s, struct bytes *ret_key_pem,
					struct bytes *ret_certificate_pem);
/* SHA-256 of the certificate's SubjectPublicKeyInfo. STATUS_MALFORMED if it is no certificate. */
MUST_CHECK enum status tls_key_pin(struct slice certificate_pem, uint8_t ret_pin[static 32]);

#endif
