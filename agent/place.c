#include "agent/place.h"

#include <string.h>

#include "agent/anchor.h"
#include "config/datadir.h"
#include "config/machine.h"

enum { DIGEST_TEXT = 2 * HASH_LEN + 1 };

/* What is compared: as it is now, or as it was noted. Empty texts and zeros are not known. */
struct bearings {
	char machine[DIGEST_TEXT];
	char boot[MACHINE_TEXT];
	int64_t file;
	int64_t anchored_at;
};

/* The machine's own number stays on the machine: what is kept is told by nobody else. */
static void machine_digest(const struct agent *a, char out[static DIGEST_TEXT])
{
	uint8_t digest[HASH_LEN];
	out[0] = '\0';
	if (a->world.machine == NULL || a->world.machine[0] == '\0')
		return;
	digest_bytes("machine", slice_str(a->world.machine), digest);
	(void)hex_format(digest, sizeof(digest), out);
}

static enum status bearings_now(const struct agent *a, struct bearings *b)
{
	struct file_place file = {0};
	struct file_place anchor = {0};
	*b = (struct bearings){0};
	machine_digest(a, b->machine);
	if (a->world.boot != NULL && strlen(a->world.boot) < sizeof(b->boot))
		memcpy(b->boot, a->world.boot, strlen(a->world.boot));
	enum status s = dir_place(a->dir, AGENT_DATABASE, &file);
	if (s == STATUS_OK)
		s = dir_place(a->dir, ANCHOR_FILE, &anchor);
	/* Without an anchor there is something worse to say. */
	if (s != STATUS_OK && s != STATUS_EMPTY)
		return s;
	b->file = (int64_t)file.number;
	b->anchored_at = anchor.touched_ns;
	return STATUS_OK;
}

static enum status bearings_noted(const struct agent *a, struct bearings *b)
{
	*b = (struct bearings){0};
	enum status s = store_string(a->db, STORE_MACHINE, b->machine, sizeof(b->machine));
	if (s == STATUS_OK)
		s = store_string(a->db, STORE_BOOT, b->boot, sizeof(b->boot));
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_FILE, 0, &b->file);
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_ANCHORED_AT, 0, &b->anchored_at);
	return s;
}

/* True if the anchor names a batch this database does not have, or is none. Behind it the database may be. */
static enum status is_behind_anchor(const struct agent *a, bool *ret_behind)
{
	struct anchor anchor;
	struct store_tip tip;
	*ret_behind = true;
	enum status s = anchor_read(a->dir, &anchor);
	if (s == STATUS_EMPTY || s == STATUS_CORRUPT)
		return STATUS_OK;
	if (s == STATUS_OK)
		s = store_get_tip(a->db, &a->incarnation, &tip);
	if (s != STATUS_OK)
		return s;
	if (incarnation_compare(&anchor.incarnation, &a->incarnation) == 0)
		*ret_behind = anchor.seq > tip.seq ||
			      (anchor.seq == tip.seq && memcmp(anchor.hash, tip.hash, HASH_LEN) != 0);
	else
		*ret_behind = anchor.incarnation.ordinal >= a->incarnation.ordinal;
	return STATUS_OK;
}

static bool differ(const char *noted, const char *now)
{
	return noted[0] != '\0' && now[0] != '\0' && strcmp(noted, now) != 0;
}

enum status place_judge(const struct agent *a, enum place *ret_place)
{
	struct bearings now;
	struct bearings noted;
	bool behind = false;
	enum status s = agent_check_file(a);
	if (s == STATUS_OK)
		s = bearings_now(a, &now);
	if (s == STATUS_OK)
		s = bearings_noted(a, &noted);
	if (s == STATUS_OK)
		s = is_behind_anchor(a, &behind);
	if (s != STATUS_OK)
		return s;
	if (differ(noted.machine, now.machine))
		*ret_place = PLACE_OTHER_MACHINE;
	else if (behind || (noted.file != 0 && noted.file != now.file))
		*ret_place = PLACE_ROLLED_BACK;
	else if (differ(noted.boot, now.boot) || (noted.anchored_at != 0 && noted.anchored_at != now.anchored_at))
		*ret_place = PLACE_DOUBTFUL;
	else
		*ret_place = PLACE_SAME;
	return STATUS_OK;
}

enum status place_note(const struct agent *a)
{
	struct bearings now;
	enum status s = bearings_now(a, &now);
	if (s == STATUS_OK && now.machine[0] != '\0')
		s = store_set_text(a->db, STORE_MACHINE, slice_str(now.machine));
	if (s == STATUS_OK && now.boot[0] != '\0')
		s = store_set_text(a->db, STORE_BOOT, slice_str(now.boot));
	if (s == STATUS_OK)
		s = store_set_number(a->db, STORE_FILE, now.file);
	if (s == STATUS_OK)
		s = store_set_number(a->db, STORE_ANCHORED_AT, now.anchored_at);
	return s;
}
