/*
 * What a device last said of itself, by whichever road its request came: when, how far its clock is off, what waits
 * there, which receipts it holds (table seen). Inside the writer's transaction.
 */
#ifndef MOTCUA_HUB_SEEN_H
#define MOTCUA_HUB_SEEN_H

#include "hub/hub.h"
#include "protocol/request.h"

/*
 * By courier the time of sending is the device's own word and may be old: `at` rises to it, but not above now, and
 * its clock stays as the wire last showed it (NULL: never). A request older than what stands tells only its chains:
 * they decide nothing but which receipts are given again.
 */
enum road { ROAD_WIRE, ROAD_COURIER };
MUST_CHECK enum status seen_put(struct hub *hub, const struct request *request, enum road road);

/* The chains of the device's last request, each with the last seq up to which it holds every receipt. */
struct seen_chains {
	size_t count; /* 0 if it never asked */
	struct {
		struct incarnation incarnation;
		uint64_t receipted;
	} at[LIMIT_INCARNATIONS];
};
MUST_CHECK enum status seen_chains_get(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN],
				       struct seen_chains *ret_chains);
/* 0 for an incarnation that was not named. */
uint64_t seen_receipted(const struct seen_chains *chains, const struct incarnation *incarnation);

#endif
