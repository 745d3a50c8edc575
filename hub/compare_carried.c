#include "hub/compare_carried.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTE_NAME = 32 };

static const char *note_name(const uint8_t device[static DEVICE_ID_LEN], char out[static NOTE_NAME])
{
	char hex[2 * DEVICE_ID_LEN + 1];
	(void)snprintf(out, NOTE_NAME, "asked %s", hex_format(device, DEVICE_ID_LEN, hex));
	return out;
}

enum status compare_note_question(struct hub *hub, struct slice sealed, uint8_t ret_device[static DEVICE_ID_LEN])
{
	struct comparison_question question;
	struct device device;
	char name[NOTE_NAME];
	enum status s = compare_open(hub, sealed, &device, &question);
	/* Who is not let in is told so by the batches before it. A held one gets its receipts all the same. */
	enum status standing = s == STATUS_OK ? device_check(&device) : s;
	if (standing == STATUS_OK || standing == STATUS_FORK)
		s = hub_note_set(hub, note_name(device.id, name), sealed);
	if (s == STATUS_OK)
		memcpy(ret_device, device.id, DEVICE_ID_LEN);
	return s;
}

static enum status answer_question(struct hub *hub, struct slice sealed, struct bytes *out)
{
	struct comparison_question *question = calloc(1, sizeof(*question));
	struct compare_view *view = NULL;
	struct device device;
	if (question == NULL)
		return STATUS_NO_MEMORY;
	enum status s = compare_open(hub, sealed, &device, question);
	const struct compare_plan plan = {.device = &device, .days = question->days, .up_to = UINT64_MAX};
	if (s == STATUS_OK)
		s = database_snapshot(hub->db);
	if (s == STATUS_OK)
		s = hub_catch_up(hub);
	if (s == STATUS_OK)
		s = registry_find_device(hub->registry, question->device, &device);
	if (s == STATUS_OK)
		s = compare_scan(hub, &plan, &view);
	database_rollback(hub->db);
	if (s == STATUS_OK)
		s = compare_answer(hub, hub->key, view, question, out);
	compare_view_free(view);
	free(question);
	return s;
}

enum status compare_answer_carried(struct hub *hub, const uint8_t device[static DEVICE_ID_LEN], struct bytes *out)
{
	char name[NOTE_NAME];
	struct bytes sealed = bytes_new(LIMIT_REPLY);
	enum status s = hub_note_get(hub, note_name(device, name), &sealed);
	if (s == STATUS_OK)
		s = answer_question(hub, bytes_slice(&sealed), out);
	bytes_free(&sealed);
	return s;
}
