#include "hub/connections.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "protocol/limits.h"

enum {
	SHARE_OF_ADDRESS = 4, /* one of so many parts of the budget */
	SPARE_MOST = 256,
	SPARE_LEAST = 8,
	CROWDS = 1024 /* owners that share one are taken for one crowd, which a few are now and then */
};

struct connection {
	bool used;
	bool ended; /* shut down, not closed yet */
	int fd;
	struct address owner;
	bool trusted;
	enum phase phase;
	int64_t since; /* when the phase began */
	int64_t until; /* INT64_MAX: no deadline */
	size_t reserved;
};

/* Invariant: figures.open counts places in use, figures.in_flight what they reserved. */
struct connections {
	pthread_mutex_t lock; /* over everything below; locking a plain mutex that is not held cannot fail */
	struct connections_plan plan;
	struct connections_figures figures;
	uint16_t crowds[CROWDS]; /* room for find_idlest */
	size_t n_places;
	struct connection places[];
};

size_t connections_places(size_t most)
{
	size_t spare = SPARE_LEAST + most / 2;
	return most + (spare < SPARE_MOST ? spare : SPARE_MOST);
}

struct connections *connections_new(const struct connections_plan *plan)
{
	size_t n = connections_places(plan->most);
	struct connections *all = calloc(1, sizeof(*all) + n * sizeof(struct connection));
	if (all == NULL)
		return NULL;
	all->plan = *plan;
	all->n_places = n;
	if (pthread_mutex_init(&all->lock, NULL) == 0)
		return all;
	free(all);
	return NULL;
}

void connections_free(struct connections *all)
{
	if (all == NULL)
		return;
	(void)pthread_mutex_destroy(&all->lock); /* nobody holds it */
	free(all);
}

static void end(struct connection *one, int64_t *counter)
{
	(void)shutdown(one->fd, SHUT_RDWR); /* fails if the peer has gone already, which is as good */
	one->ended = true;
	++*counter;
}

static bool is_idle(const struct connection *one)
{
	return one->used && !one->ended && one->phase <= PHASE_HEADERS;
}

/* Trusted ones are many behind one address: each is a crowd of one. */
static uint16_t *crowd_of(struct connections *all, const struct connection *one)
{
	unsigned hash = 0;
	for (size_t i = 0; i < ADDRESS_LEN; i++)
		hash = hash * 31 + one->owner.at[i];
	return &all->crowds[hash % CROWDS];
}

static size_t crowd_size(struct connections *all, const struct connection *one)
{
	return one->trusted ? 1 : *crowd_of(all, one);
}

/* Whose address has the most without a request header, and of these the one that has been so the longest. */
static struct connection *find_idlest(struct connections *all)
{
	struct connection *idlest = NULL;
	size_t most = 0;
	memset(all->crowds, 0, sizeof(all->crowds));
	for (size_t i = 0; i < all->n_places; i++)
		if (is_idle(&all->places[i]))
			++*crowd_of(all, &all->places[i]);
	for (size_t i = 0; i < all->n_places; i++) {
		struct connection *one = &all->places[i];
		if (!is_idle(one))
			continue;
		size_t size = crowd_size(all, one);
		if (idlest == NULL || size > most || (size == most && one->since < idlest->since)) {
			idlest = one;
			most = size;
		}
	}
	return idlest;
}

/* How many of one owner, and which of them has been longest without a request header. */
static size_t count_owned(struct connections *all, struct address owner, struct connection **ret_oldest)
{
	size_t n = 0;
	*ret_oldest = NULL;
	for (size_t i = 0; i < all->n_places; i++) {
		struct connection *one = &all->places[i];
		if (!one->used || one->ended || !address_same(one->owner, owner))
			continue;
		n++;
		if (is_idle(one) && (*ret_oldest == NULL || one->since < (*ret_oldest)->since))
			*ret_oldest = one;
	}
	return n;
}

static bool displace(struct connections *all, struct connection *one)
{
	if (one == NULL)
		return false;
	end(one, &all->figures.displaced);
	return true;
}

static bool room_for_owner(struct connections *all, struct address owner)
{
	struct connection *oldest;
	if ((size_t)all->figures.open < all->plan.per_address)
		return true;
	return count_owned(all, owner, &oldest) < all->plan.per_address || displace(all, oldest);
}

static bool room_for_all(struct connections *all)
{
	size_t live = 0;
	if ((size_t)all->figures.open < all->plan.most)
		return true;
	for (size_t i = 0; i < all->n_places; i++)
		live += all->places[i].used && !all->places[i].ended ? 1 : 0;
	return (live < all->plan.most || displace(all, find_idlest(all))) &&
	       (size_t)all->figures.open < all->n_places;
}

bool connections_admit(struct connections *all, struct address from)
{
	(void)pthread_mutex_lock(&all->lock);
	bool room = networks_hold(&all->plan.trusted, from) || room_for_owner(all, address_owner(from));
	room = room && room_for_all(all);
	if (!room)
		all->figures.turned_away++;
	(void)pthread_mutex_unlock(&all->lock);
	return room;
}

struct connection *connections_open(struct connections *all, int fd, struct address from, int64_t now_ms)
{
	struct connection *one = NULL;
	(void)pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < all->n_places && one == NULL; i++)
		if (!all->places[i].used)
			one = &all->places[i];
	if (one != NULL) {
		*one = (struct connection){.used = true,
					   .fd = fd,
					   .owner = address_owner(from),
					   .trusted = networks_hold(&all->plan.trusted, from),
					   .since = now_ms,
					   .until = now_ms + all->plan.handshake_ms};
		all->figures.open++;
	} else {
		(void)shutdown(fd, SHUT_RDWR); /* what nobody watches could stay for ever */
		all->figures.turned_away++;
	}
	(void)pthread_mutex_unlock(&all->lock);
	return one;
}

static void give_back(struct connections *all, struct connection *one)
{
	all->figures.in_flight -= (int64_t)one->reserved;
	one->reserved = 0;
}

void connections_close(struct connections *all, struct connection *one)
{
	if (one == NULL)
		return;
	(void)pthread_mutex_lock(&all->lock);
	give_back(all, one);
	one->used = false;
	all->figures.open--;
	(void)pthread_mutex_unlock(&all->lock);
}

static int64_t time_for(const struct connections_plan *plan, enum phase phase, size_t bytes)
{
	int64_t most = LIMIT_REQUEST_MAX_S * INT64_C(1000);
	int64_t ms = plan->body_ms + (int64_t)bytes * 1000 / LIMIT_SLOWEST_BYTES_S;
	switch (phase) {
	case PHASE_OPENING:
		return plan->handshake_ms;
	case PHASE_HEADERS:
		return plan->headers_ms;
	case PHASE_BODY:
	case PHASE_ANSWER:
		return ms < most ? ms : most;
	case PHASE_HANDED_OUT:
		break;
	}
	return INT64_MAX;
}

void connections_enter(struct connections *all, struct connection *one, enum phase phase, size_t bytes,
		       int64_t now_ms)
{
	if (one == NULL)
		return;
	int64_t ms = time_for(&all->plan, phase, bytes);
	(void)pthread_mutex_lock(&all->lock);
	one->phase = phase;
	one->since = now_ms;
	one->until = ms == INT64_MAX ? ms : now_ms + ms;
	(void)pthread_mutex_unlock(&all->lock);
}

static size_t held_by(const struct connections *all, struct address owner)
{
	size_t sum = 0;
	for (size_t i = 0; i < all->n_places; i++)
		if (all->places[i].used && address_same(all->places[i].owner, owner))
			sum += all->places[i].reserved;
	return sum;
}

bool connections_reserve(struct connections *all, struct connection *one, size_t bytes)
{
	if (one == NULL || bytes == 0)
		return true;
	(void)pthread_mutex_lock(&all->lock);
	size_t share = all->plan.in_flight / SHARE_OF_ADDRESS;
	bool fits = bytes <= all->plan.in_flight - (size_t)all->figures.in_flight;
	/* Else a few slow bodies of one stranger would keep everybody out for as long as a body may take. */
	if (fits && !one->trusted && (size_t)all->figures.in_flight + bytes > share) {
		size_t held = held_by(all, one->owner);
		fits = held == 0 || (held < share && bytes <= share - held);
	}
	if (fits) {
		one->reserved += bytes;
		all->figures.in_flight += (int64_t)bytes;
	}
	(void)pthread_mutex_unlock(&all->lock);
	return fits;
}

void connections_give_back(struct connections *all, struct connection *one)
{
	if (one == NULL)
		return;
	(void)pthread_mutex_lock(&all->lock);
	give_back(all, one);
	(void)pthread_mutex_unlock(&all->lock);
}

void connections_end_late(struct connections *all, int64_t now_ms)
{
	(void)pthread_mutex_lock(&all->lock);
	for (size_t i = 0; i < all->n_places; i++) {
		struct connection *one = &all->places[i];
		if (one->used && !one->ended && now_ms >= one->until)
			end(one, &all->figures.late);
	}
	(void)pthread_mutex_unlock(&all->lock);
}

struct connections_figures connections_figures(struct connections *all)
{
	(void)pthread_mutex_lock(&all->lock);
	struct connections_figures figures = all->figures;
	(void)pthread_mutex_unlock(&all->lock);
	return figures;
}
