#include "hub/networks.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include "config/options.h"

enum {
	V4_LEN = 4,
	V4_AT = ADDRESS_LEN - V4_LEN, /* where an IPv4 address stands in the common form */
	OWNED_LEN = 8,                /* of an IPv6 address */
	NETWORK_TEXT = 64             /* longest text of a network, with room to spare */
};

static const uint8_t V4_PREFIX[V4_AT] = {[10] = 0xff, [11] = 0xff};

static struct address from_v4(const void *four)
{
	struct address address = {{0}};
	memcpy(address.at, V4_PREFIX, V4_AT);
	memcpy(address.at + V4_AT, four, V4_LEN);
	return address;
}

struct address address_of(const struct sockaddr *peer)
{
	struct address address = {{0}};
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	if (peer != NULL && peer->sa_family == AF_INET) {
		memcpy(&v4, peer, sizeof(v4));
		address = from_v4(&v4.sin_addr);
	} else if (peer != NULL && peer->sa_family == AF_INET6) {
		memcpy(&v6, peer, sizeof(v6));
		memcpy(address.at, &v6.sin6_addr, ADDRESS_LEN);
	}
	return address;
}

struct address address_owner(struct address address)
{
	if (memcmp(address.at, V4_PREFIX, V4_AT) != 0)
		memset(address.at + OWNED_LEN, 0, ADDRESS_LEN - OWNED_LEN);
	return address;
}

bool address_same(struct address a, struct address b)
{
	return memcmp(a.at, b.at, ADDRESS_LEN) == 0;
}

/* One "ADDRESS[/BITS]", ended by a zero byte; cut up in place. */
static bool parse_one(char *text, struct network *ret_network)
{
	char *slash = strchr(text, '/');
	uint8_t address[ADDRESS_LEN];
	if (slash != NULL)
		*slash = '\0';
	bool four = inet_pton(AF_INET, text, address) == 1;
	if (!four && inet_pton(AF_INET6, text, address) != 1)
		return false;
	unsigned most = four ? V4_LEN * 8 : ADDRESS_LEN * 8;
	long long bits = most;
	if (slash != NULL && option_number(slash + 1, 0, most, &bits) != STATUS_OK)
		return false;
	if (four)
		ret_network->address = from_v4(address);
	else
		memcpy(ret_network->address.at, address, ADDRESS_LEN);
	ret_network->bits = (unsigned)bits + (four ? V4_AT * 8 : 0);
	return true;
}

enum status networks_parse(const char *text, struct networks *ret_networks)
{
	static const char between[] = ", \t";
	struct networks found = {0};
	for (text += strspn(text, between); *text != '\0'; text += strspn(text, between)) {
		char one[NETWORK_TEXT];
		size_t len = strcspn(text, between);
		if (found.count == NETWORKS_MAX || len >= sizeof(one))
			return STATUS_SETTINGS;
		memcpy(one, text, len);
		one[len] = '\0';
		if (!parse_one(one, &found.at[found.count++]))
			return STATUS_SETTINGS;
		text += len;
	}
	*ret_networks = found;
	return STATUS_OK;
}

static bool holds(const struct network *network, struct address address)
{
	size_t whole = network->bits / 8;
	unsigned rest = network->bits % 8;
	unsigned mask = 0xffU << (8 - rest) & 0xffU;
	return memcmp(network->address.at, address.at, whole) == 0 &&
	       (rest == 0 || ((network->address.at[whole] ^ address.at[whole]) & mask) == 0);
}

bool networks_hold(const struct networks *networks, struct address address)
{
	for (unsigned i = 0; i < networks->count; i++)
		if (holds(&networks->at[i], address))
			return true;
	return false;
}
