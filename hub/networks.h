/*
 * Numeric addresses and networks. Both families in one form: an IPv4 address stands as ::ffff:a.b.c.d, whichever
 * socket it came through. Pure.
 */
#ifndef MOTCUA_HUB_NETWORKS_H
#define MOTCUA_HUB_NETWORKS_H

#include <stdbool.h>
#include <stdint.h>

#include "protocol/status.h"

enum { ADDRESS_LEN = 16, NETWORKS_MAX = 32 };

struct address {
	uint8_t at[ADDRESS_LEN]; /* zeros: of no known kind */
};

struct network {
	struct address address;
	unsigned bits; /* of ADDRESS_LEN * 8 */
};

struct networks {
	unsigned count;
	struct network at[NETWORKS_MAX];
};

struct sockaddr;
struct address address_of(const struct sockaddr *peer); /* NULL: of no known kind */

/*
 * Whom limits by address count as one: an IPv4 address, or the 64 leading bits of an IPv6 address, of which its
 * owner has all.
 */
struct address address_owner(struct address address);
bool address_same(struct address a, struct address b);

/*
 * Reads "10.0.0.0/8, fd00::/8, 192.0.2.7"; an empty text is none. STATUS_SETTINGS if something in it is no network
 * or they are too many.
 */
MUST_CHECK enum status networks_parse(const char *text, struct networks *ret_networks);
bool networks_hold(const struct networks *networks, struct address address);

#endif
