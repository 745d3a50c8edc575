/*
 * Slips: invitations to print, cut and hand out. One HTML document without scripts, links or pictures, for A4
 * paper, in the language of the messages. It holds the codes: it is as secret as they are.
 */
#ifndef MOTCUA_HUB_SLIPS_H
#define MOTCUA_HUB_SLIPS_H

#include <stdio.h>

#include "hub/act.h"

struct slip_sheet {
	FILE *out;
	struct slice province;      /* its name */
	char phone[UNIT_PHONE + 1]; /* of the province, "" if the list of units has none */
	bool confirm;               /* the fingerprint lets the computer in */
};

struct slip {
	const struct unit *unit;
	const char *code; /* as it is handed out: [address/]code */
	int64_t expires;
};

/* The sheet of an opened hub. */
MUST_CHECK enum status slips_sheet(struct hub *hub, FILE *out, bool confirm, struct slip_sheet *ret_sheet);

/* Beginning, each slip, end. What goes wrong shows at the stream. */
void slips_begin(const struct slip_sheet *sheet);
void slips_put(const struct slip_sheet *sheet, const struct slip *slip);
void slips_end(const struct slip_sheet *sheet);

#endif
