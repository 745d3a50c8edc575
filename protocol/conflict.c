#include "protocol/conflict.h"

#include <stdlib.h>
#include <string.h>

/* What one device says last of the fields that tell dossiers apart. */
struct statement {
	const uint8_t *device;
	bool counts;
	struct slice unit;
	struct slice procedure;
	int32_t received;
};

static struct statement *statement_of(struct statement *all, size_t *n, const struct resolved *r, uint32_t origin)
{
	const uint8_t *device = r->thing->origins[origin].device;
	for (size_t i = 0; i < *n; i++)
		if (memcmp(all[i].device, device, DEVICE_ID_LEN) == 0)
			return &all[i];
	all[*n] = (struct statement){.device = device, .counts = r->counts[origin], .received = DAY_UNSET};
	return &all[(*n)++];
}

static int compare_devices(const void *a, const void *b)
{
	return memcmp(((const struct statement *)a)->device, ((const struct statement *)b)->device, DEVICE_ID_LEN);
}

/* One statement a device; writes stand in rule 2's order within a field, so the last one is a device's last word.
 */
static size_t collect(const struct resolved *r, struct statement *all)
{
	size_t n = 0;
	for (size_t i = 0; i < r->thing->n_origins; i++)
		(void)statement_of(all, &n, r, (uint32_t)i);
	for (size_t i = 0; i < r->thing->n_writes; i++) {
		const struct write *w = &r->thing->writes[i];
		struct statement *s = statement_of(all, &n, r, w->origin);
		bool text = w->value.state == VALUE_TEXT;
		if (w->field == FIELD_UNIT)
			s->unit = text ? w->value.text : (struct slice){0};
		else if (w->field == FIELD_PROCEDURE)
			s->procedure = text ? w->value.text : (struct slice){0};
		else if (w->field == FIELD_RECEIVED_AT)
			s->received = w->value.state == VALUE_NUMBER ? date_of(w->value.number) : DAY_UNSET;
	}
	qsort(all, n, sizeof(*all), compare_devices);
	return n;
}

static bool differ(struct slice a, struct slice b)
{
	return a.len > 0 && b.len > 0 && !slice_equal(a, b);
}

static unsigned compare_pair(const struct statement *a, const struct statement *b, const struct scope *scope)
{
	unsigned reasons = 0;
	struct unit_word word_a = {.device = a->device, .unit = a->unit};
	struct unit_word word_b = {.device = b->device, .unit = b->unit};
	if (differ(a->unit, b->unit) && !scope->may_differ(scope->context, &word_a, &word_b))
		reasons |= CONFLICT_UNIT;
	if (differ(a->procedure, b->procedure))
		reasons |= CONFLICT_PROCEDURE;
	if (a->received != DAY_UNSET && b->received != DAY_UNSET && a->received != b->received)
		reasons |= CONFLICT_RECEIVED;
	return reasons;
}

static void put_text(struct bytes *out, struct slice text)
{
	cbor_put_bytes(out, text.data, text.len);
}

static enum status take_fingerprint(const struct statement *all, size_t n, uint8_t *ret_fingerprint)
{
	struct bytes said = bytes_new(n * (LIMIT_TEXT + LIMIT_UNIT + 64) + 64);
	for (size_t i = 0; i < n; i++) {
		cbor_put_bytes(&said, all[i].device, DEVICE_ID_LEN);
		cbor_put_bool(&said, all[i].counts);
		put_text(&said, all[i].unit);
		put_text(&said, all[i].procedure);
		cbor_put_int(&said, all[i].received);
	}
	enum status s = bytes_status(&said);
	if (s == STATUS_OK)
		hash_bytes(bytes_slice(&said), ret_fingerprint);
	bytes_free(&said);
	return s;
}

enum status conflict_find(const struct resolved *r, const struct scope *scope, struct conflict *ret_conflict)
{
	struct conflict conflict = {0};
	struct statement *all = calloc(r->thing->n_origins + 1, sizeof(*all));
	if (all == NULL)
		return STATUS_NO_MEMORY;
	size_t n = collect(r, all);
	for (size_t i = 0; i < n; i++) {
		if (!all[i].counts)
			conflict.reasons |= CONFLICT_NO_SAY;
		for (size_t k = 0; k < i; k++)
			if (all[i].counts && all[k].counts)
				conflict.reasons |= compare_pair(&all[k], &all[i], scope);
	}
	enum status s = conflict.reasons == 0 ? STATUS_OK : take_fingerprint(all, n, conflict.fingerprint);
	free(all);
	if (s == STATUS_OK)
		*ret_conflict = conflict;
	return s;
}
