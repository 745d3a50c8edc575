#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/checkpoint.h"
#include "hub/courier.h"
#include "hub/courier_out.h"
#include "hub/device_acts.h"
#include "hub/enrol.h"
#include "hub/units_file.h"
#include "hub/verify.h"
#include "tests/sim/story_steps.h"

enum status step_init_hub(struct story *story, int pc)
{
	static const struct hub_plan plan = {.province = "01", .name = "Tinh", .url = STORY_CODE};
	(void)pc;
	story_end_hub(story);
	enum status s = hub_create("/disk-hub/motcua", &story->hub_world, &plan);
	return s == STATUS_EXISTS || s == STATUS_OK ? story_hub(story) : s;
}

enum status step_import_units(struct story *story, int pc)
{
	char text[] = "code,name,level,parent\n01,Tinh,province,\n018,Huyen,district,01\n"
		      "01834,Xa A,commune,018\n01837,Xa B,commune,018\n";
	int64_t count = 0;
	struct units_fault fault = {0};
	(void)pc;
	enum status s = story_hub(story);
	FILE *file = s == STATUS_OK ? fmemopen(text, sizeof(text) - 1, "r") : NULL;
	if (s == STATUS_OK)
		s = file == NULL ? STATUS_NO_MEMORY : units_import(story->hub, file, "story", &count, &fault);
	if (file != NULL)
		(void)fclose(file); /* opened for reading */
	return s;
}

static enum status invite(struct story *story, int pc, const uint8_t *replaced)
{
	struct invite_plan plan = {
		.unit = pc == 0 ? "01834" : "01837", .host = "hub.test", .port = 8443, .hours = 24, .who = "story"};
	int64_t expires = 0;
	enum status s = story_hub(story);
	plan.replaces = replaced != NULL;
	if (plan.replaces)
		memcpy(plan.replaced, replaced, DEVICE_ID_LEN);
	if (s == STATUS_OK)
		s = enrol_invite(story->hub, &plan, story->pcs[pc].code, &expires);
	struct promise p = {.kind = PROMISED_CODE, .pc = pc};
	memcpy(p.key, story->pcs[pc].code, sizeof(p.key));
	if (s == STATUS_OK)
		story_promise(story, &p);
	return s;
}

enum status step_invite_first(struct story *story, int hub)
{
	(void)hub;
	return invite(story, 0, NULL);
}

enum status step_invite_second(struct story *story, int hub)
{
	(void)hub;
	return invite(story, 1, NULL);
}

/* For another key of the same computer. */
enum status step_invite_again(struct story *story, int hub)
{
	struct agent *a = NULL;
	(void)hub;
	enum status s = story_open(story, 1, &a);
	if (s == STATUS_OK)
		s = invite(story, 1, a->device);
	agent_close(a);
	return s;
}

enum status step_ingest_stick(struct story *story, int pc)
{
	char path[STORY_PATH];
	struct ingested out;
	enum status s = story_hub(story);
	(void)pc;
	(void)snprintf(path, sizeof(path), STICK, 1); /* it fits */
	if (s != STATUS_OK)
		return s;
	struct ingest *run = ingest_new(story->hub);
	s = run == NULL ? STATUS_NO_MEMORY : ingest_file(run, path, &out);
	if (s == STATUS_OK)
		s = out.status;
	ingest_free(run);
	return s;
}

enum status step_write_receipts(struct story *story, int pc)
{
	struct receipts_plan plan = {.path = STICK_BACK};
	struct receipts_done done;
	struct agent *a = NULL;
	(void)pc;
	enum status s = story_hub(story);
	if (s == STATUS_OK)
		s = story_open(story, 1, &a);
	if (s == STATUS_OK) {
		memcpy(plan.device, a->device, DEVICE_ID_LEN);
		s = courier_write_receipts(story->hub, &plan, &done);
	}
	agent_close(a);
	return s;
}

enum status step_tidy(struct story *story, int pc)
{
	(void)pc;
	enum status s = story_hub(story);
	if (s == STATUS_OK)
		checkpoint(story->hub);
	return s;
}

/* Two operators' acts: a computer is held up and let in again. */
static enum status change_state(struct story *story, enum device_state to)
{
	struct agent *a = NULL;
	enum device_state now = DEVICE_ACTIVE;
	enum status s = story_hub(story);
	if (s == STATUS_OK)
		s = story_open(story, 0, &a);
	if (s == STATUS_OK)
		s = device_change_state(story->hub, a->device, to, "story", &now);
	agent_close(a);
	return s == STATUS_EXISTS || s == STATUS_REFUSED ? STATUS_OK : s; /* so it is already */
}

enum status step_suspend(struct story *story, int pc)
{
	(void)pc;
	return change_state(story, DEVICE_SUSPENDED);
}

enum status step_resume(struct story *story, int pc)
{
	(void)pc;
	return change_state(story, DEVICE_ACTIVE);
}

enum status step_restart_hub(struct story *story, int pc)
{
	(void)pc;
	story_end_hub(story);
	return story_hub(story);
}

enum status step_verify(struct story *story, int pc)
{
	(void)pc;
	struct verify_report *report = calloc(1, sizeof(*report));
	enum status s = report == NULL ? STATUS_NO_MEMORY : story_hub(story);
	if (s == STATUS_OK)
		s = verify_run(story->hub, true, report);
	free(report);
	return s;
}

enum status step_total(struct story *story, int pc)
{
	struct bytes out = bytes_new((size_t)1 << 20);
	(void)pc;
	enum status s = story_hub(story);
	if (s == STATUS_OK)
		s = story_totals(story, &out);
	bytes_free(&out);
	return s;
}
