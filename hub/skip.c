#include "hub/skip.h"

#include <string.h>

#include "hub/act_device.h"
#include "hub/chain.h"

enum { BODY_MAX = 256 };

/* What waits of the newest incarnation that has anything waiting. */
static enum status list_waiting(struct hub *hub, const uint8_t *device, struct skip_report *report)
{
	struct head *head = hub->head;
	memset(head, 0, sizeof(*head));
	memcpy(head->device, device, DEVICE_ID_LEN);
	enum status s = chain_head_fill(hub->db, NULL, head);
	if (s != STATUS_OK || head->n_pending == 0)
		return s == STATUS_OK ? STATUS_EMPTY : s;
	/* They come by incarnation and number, so the newest ones last. */
	report->incarnation = head->pending[head->n_pending - 1].incarnation;
	for (size_t i = 0; i < head->n_pending; i++)
		if (incarnation_compare(&head->pending[i].incarnation, &report->incarnation) == 0)
			report->waiting[report->n_waiting++] = head->pending[i].seq;
	return STATUS_OK;
}

/* The hash that the waiting batch names as the one before it. */
static enum status read_prev(struct hub *hub, const struct device *device, const struct batch_head *to,
			     uint8_t ret_prev[static HASH_LEN])
{
	struct bytes sealed = bytes_new(LIMIT_BATCH_SEALED);
	struct arrived in = {0};
	enum status s = pending_copy(hub->db, to, &sealed);
	if (s == STATUS_OK)
		s = arrived_open(hub, device, bytes_slice(&sealed), (struct slice){0}, &in);
	if (s == STATUS_OK)
		memcpy(ret_prev, in.head.prev, HASH_LEN);
	arrived_clear(&in);
	bytes_free(&sealed);
	return s;
}

static enum status record_skip(struct hub *hub, const struct skip_act *act, const char *who)
{
	struct bytes body = bytes_new(BODY_MAX);
	act_skip_put(&body, act);
	enum status s = bytes_status(&body);
	if (s == STATUS_OK)
		s = act_record(hub, ACT_SKIP, who, bytes_slice(&body));
	bytes_free(&body);
	return s;
}

static enum status give_up(struct hub *hub, const struct device *device, const struct batch_head *to,
			   const char *who, struct skip_report *report)
{
	struct chain_state chain;
	struct skip_act act = {.incarnation = to->incarnation, .last = to->seq - 1};
	memcpy(act.device, device->id, DEVICE_ID_LEN);
	enum status s = chain_get(hub->db, device->id, &to->incarnation, &chain);
	if (s == STATUS_OK)
		s = read_prev(hub, device, to, act.hash);
	if (s != STATUS_OK)
		return s;
	act.first = chain.have + 1;
	/* What waits stands at least two behind the chain's end: there is something to give up. */
	if (act.first > act.last)
		return STATUS_CORRUPT;
	struct batch_head lost = *to;
	lost.seq = act.last;
	s = record_skip(hub, &act, who);
	if (s == STATUS_OK)
		s = arrived_take_waiting(hub, device, &lost, &report->taken);
	report->first = act.first;
	report->last = act.last;
	return s;
}

static enum status skip(struct hub *hub, const uint8_t *id, uint64_t to, const char *who,
			struct skip_report *report)
{
	struct device device;
	enum status s = registry_find_device(hub->registry, id, &device);
	if (s == STATUS_OK)
		s = device_check(&device);
	if (s == STATUS_OK)
		s = list_waiting(hub, id, report);
	if (s != STATUS_OK)
		return s;
	/* Nothing that waits is passed over: it would be lost by an oversight. */
	if (to != report->waiting[0])
		return STATUS_REFUSED;
	struct batch_head head = {.incarnation = report->incarnation, .seq = to};
	memcpy(head.device, id, DEVICE_ID_LEN);
	return give_up(hub, &device, &head, who, report);
}

enum status skip_lost(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], uint64_t to, const char *who,
		      struct skip_report *report)
{
	struct hub_transaction t;
	*report = (struct skip_report){0};
	enum status s = hub_begin(hub, &t);
	return s == STATUS_OK ? hub_end(&t, skip(hub, device, to, who, report)) : s;
}
