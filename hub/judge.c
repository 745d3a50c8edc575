#include "hub/judge.h"

#include <stdlib.h>

#include "hub/authority.h"
#include "protocol/tables/text.h"

/* Two texts that look alike are alike only in one normal form; agents of ours write no other. */
static bool texts_are_normal(const struct change *c)
{
	bool normal = text_is_nfc(c->key);
	for (size_t f = 0; f < FIELD_COUNT && normal; f++)
		normal = c->fields[f].state != VALUE_TEXT || text_is_nfc(c->fields[f].text);
	return normal;
}

enum verdict judge_change(const struct registry *registry, const struct device *device, int32_t day,
			  const struct change *c)
{
	if (change_check(c, NULL) != STATUS_OK || !texts_are_normal(c))
		return VERDICT_INVALID;
	struct slice stated = change_unit(c);
	if (stated.len == 0)
		return VERDICT_TAKEN;
	if (registry_find_unit(registry, stated) == UNIT_NONE)
		return VERDICT_UNKNOWN_UNIT;
	return authority_covers(registry, device, day, stated) ? VERDICT_TAKEN : VERDICT_OTHER_UNIT;
}

enum status judge_batch(const struct registry *registry, const struct device *device, int32_t day,
			struct batch *batch, struct bytes *out)
{
	size_t count = batch_get_head(batch)->count;
	size_t refused = 0;
	uint32_t *indices = calloc(count + 1, sizeof(*indices));
	uint8_t *reasons = calloc(count + 1, sizeof(*reasons));
	enum status s = indices == NULL || reasons == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	struct change c;
	batch_rewind(batch);
	for (uint32_t index = 0; s == STATUS_OK && batch_next(batch, &c); index++) {
		enum verdict v = judge_change(registry, device, day, &c);
		if (v == VERDICT_TAKEN)
			continue;
		indices[refused] = index;
		reasons[refused++] = (uint8_t)v;
	}
	if (s == STATUS_OK) {
		verdicts_put(out, VERDICT_TAKEN, refused, indices, reasons);
		s = bytes_status(out);
	}
	free(indices);
	free(reasons);
	return s;
}
