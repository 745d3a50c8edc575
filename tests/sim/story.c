#include "tests/sim/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "hub/log.h"
#include "hub/totals.h"
#include "tests/sim/disk_inside.h"

#define STORY_START INT64_C(1772411400000) /* 2026-03-02T07:30+07:00 */
enum { STEP_MS = 60000, TOTALS_BYTES = 1 << 20 };

static int64_t tell_time(void *context)
{
	const struct story *story = context;
	return story->now;
}

void story_init(struct story *story, const char *boot)
{
	*story = (struct story){.now = STORY_START};
	story->hub_world = (struct hub_world){.now_ms = tell_time, .context = story};
	for (int i = 0; i < STORY_PCS; i++) {
		struct story_pc *pc = &story->pcs[i];
		(void)snprintf(pc->dir, sizeof(pc->dir), "/disk-%d/motcua", i); /* it fits */
		pc->world = (struct agent_world){.now_ms = tell_time,
						 .context = story,
						 .proxy = slice_str(""),
						 .machine = i == 0 ? "machine-0" : "machine-1",
						 .boot = boot};
		pc->copy = bytes_new((size_t)16 << 20);
		story_lay_road(story, i);
	}
}

void story_clear(struct story *story)
{
	story_end_hub(story);
	for (int i = 0; i < STORY_PCS; i++)
		bytes_free(&story->pcs[i].copy);
	free(story->promises);
	story->promises = NULL;
}

void story_hand_over(struct story *to, const struct story *from, size_t n_promises)
{
	for (size_t i = 0; i < n_promises; i++) {
		const struct promise *p = &from->promises[i];
		if (p->kind == PROMISED_CODE)
			memcpy(to->pcs[p->pc].code, p->key, sizeof(to->pcs[p->pc].code));
	}
	for (int i = 0; i < STORY_PCS; i++) {
		bytes_clear(&to->pcs[i].copy);
		bytes_put(&to->pcs[i].copy, from->pcs[i].copy.data, from->pcs[i].copy.len);
	}
}

void story_promise(struct story *story, const struct promise *promise)
{
	if (story->n_promises == story->room) {
		size_t room = story->room == 0 ? 256 : story->room * 2;
		struct promise *longer = disk_memory(room * sizeof(*longer));
		if (story->n_promises > 0)
			memcpy(longer, story->promises, story->n_promises * sizeof(*longer));
		free(story->promises);
		story->promises = longer;
		story->room = room;
	}
	if (story->record != NULL)
		disk_record_mark(story->record, (int64_t)story->n_promises);
	story->promises[story->n_promises++] = *promise;
}

enum status story_hub(struct story *story)
{
	return story->hub != NULL ? STATUS_OK : hub_open("/disk-hub/motcua", &story->hub_world, true, &story->hub);
}

void story_end_hub(struct story *story)
{
	hub_close(story->hub);
	story->hub = NULL;
}

enum status story_open(struct story *story, int pc, struct agent **ret_agent)
{
	return agent_open(story->pcs[pc].dir, &story->pcs[pc].world, ret_agent);
}

/* Whoever was answered by the hub relies on its log up to here. */
static enum status promise_entry(struct story *story)
{
	struct promise p = {.kind = PROMISED_ENTRY, .pc = STORY_HUB};
	enum status s = log_last(story->hub->db, &p.number, p.hash);
	if (s == STATUS_OK && p.number > 0)
		story_promise(story, &p);
	return s;
}

int64_t story_step_time(const struct story *story)
{
	return STORY_START + ((int64_t)story->step + 1) * STEP_MS;
}

enum status story_play(struct story *story, size_t step)
{
	const struct story_step *played = &STORY_STEPS[step];
	story->step = (int)step;
	story->now = story_step_time(story) + story->later_ms;
	enum status s = played->play(story, played->pc);
	if (s == STATUS_OK && story->hub != NULL)
		s = promise_entry(story);
	const struct promise done = {.kind = PROMISED_STEP, .pc = played->pc, .number = (int64_t)step};
	if (s == STATUS_OK)
		story_promise(story, &done);
	return s;
}

enum status story_totals(struct story *story, struct bytes *out)
{
	struct registry *registry = NULL;
	struct totals totals;
	char *text = NULL;
	size_t len = 0;
	enum status s = registry_new(story->hub->db, &registry);
	if (s != STATUS_OK)
		return s;
	const struct totals_query query = {.period = {.from = date_from(2026, 1, 1), .to = date_from(2026, 12, 31)},
					   .today = date_of(STORY_START),
					   .unit = registry_province(registry),
					   .by = TOTALS_BY_UNIT,
					   .rule = &COUNT_FORM06};
	FILE *file = open_memstream(&text, &len);
	s = file == NULL ? STATUS_NO_MEMORY : totals_compute(story->hub->db, registry, &query, &totals);
	if (s == STATUS_OK) {
		s = totals_print(&totals, registry, REPORT_JSON, file);
		totals_clear(&totals);
	}
	if (file != NULL && fclose(file) != 0 && s == STATUS_OK)
		s = STATUS_NO_MEMORY;
	bytes_put(out, text, s == STATUS_OK ? len : 0);
	free(text);
	registry_free(registry);
	return s == STATUS_OK ? bytes_status(out) : s;
}
