#include "disk_inside.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { DISKS_MAX = 16 };

struct disk_record {
	size_t n;
	size_t room;
	struct disk_event *events; /* data and names are the record's own */
	int n_disks;
	struct disk *disks[DISKS_MAX]; /* NULL once it is ended */
	char *roots[DISKS_MAX];
};

struct disk_replay {
	const struct disk_record *record;
	size_t next;
	int n_disks;
	struct disk *disks[DISKS_MAX];
};

struct disk_record *disk_record_new(void)
{
	return disk_memory(sizeof(struct disk_record));
}

void disk_record_free(struct disk_record *record)
{
	if (record == NULL)
		return;
	disk_record_end(record);
	for (size_t i = 0; i < record->n; i++) {
		/* They are ours, from record_event. */
		free((void *)(uintptr_t)record->events[i].data);
		free((void *)(uintptr_t)record->events[i].from);
		free((void *)(uintptr_t)record->events[i].to);
	}
	for (int i = 0; i < record->n_disks; i++)
		free(record->roots[i]);
	free(record->events);
	free(record);
}

void disk_record_add(struct disk_record *record, struct disk *disk)
{
	if (record->n_disks == DISKS_MAX || disk->last_number != 1) {
		(void)fprintf(stderr, "too many disks in a record, or one that is not empty\n");
		exit(1);
	}
	record->disks[record->n_disks] = disk;
	record->roots[record->n_disks] = disk_text(disk->root);
	disk->record = record;
	disk->record_number = record->n_disks++;
}

void disk_record_end(struct disk_record *record)
{
	for (int i = 0; i < record->n_disks; i++) {
		if (record->disks[i] != NULL)
			record->disks[i]->record = NULL;
		record->disks[i] = NULL;
	}
}

void record_event(struct disk_record *record, const struct disk_event *event)
{
	if (record->n == record->room) {
		size_t room = record->room == 0 ? 1024 : record->room * 2;
		struct disk_event *events = disk_memory(room * sizeof(*events));
		if (record->n > 0)
			memcpy(events, record->events, record->n * sizeof(*events));
		free(record->events);
		record->events = events;
		record->room = room;
	}
	struct disk_event *e = &record->events[record->n++];
	*e = *event;
	if (event->data != NULL) {
		uint8_t *data = disk_memory((size_t)event->len + 1);
		memcpy(data, event->data, (size_t)event->len);
		e->data = data;
	}
	e->from = event->from == NULL ? NULL : disk_text(event->from);
	e->to = event->to == NULL ? NULL : disk_text(event->to);
}

void disk_record_mark(struct disk_record *record, int64_t mark)
{
	const struct disk_event e = {.kind = EVENT_MARK, .disk = DISK_NONE, .at = mark};
	record_event(record, &e);
}

struct disk_replay *disk_replay_new(const struct disk_record *record)
{
	struct disk_replay *replay = disk_memory(sizeof(*replay));
	replay->record = record;
	replay->n_disks = record->n_disks;
	for (int i = 0; i < replay->n_disks; i++) {
		replay->disks[i] = disk_new(record->roots[i]);
		disk_unmount(replay->disks[i]);
	}
	return replay;
}

void disk_replay_free(struct disk_replay *replay)
{
	for (int i = 0; replay != NULL && i < replay->n_disks; i++)
		disk_free(replay->disks[i]);
	free(replay);
}

bool disk_replay_next(struct disk_replay *replay, struct disk_moment *ret_moment)
{
	static const char *const words[] = {
		[EVENT_MARK] = "mark",   [EVENT_CREATE] = "create",
		[EVENT_WRITE] = "write", [EVENT_TRUNCATE] = "truncate",
		[EVENT_SYNC] = "sync",   [EVENT_SYNC_FAILED] = "failed sync",
		[EVENT_NAME] = "name",   [EVENT_SYNC_NAMES] = "sync of a folder",
	};
	if (replay->next == replay->record->n)
		return false;
	const struct disk_event *e = &replay->record->events[replay->next++];
	*ret_moment = (struct disk_moment){.disk = e->disk, .mark = DISK_NO_MARK, .what = words[e->kind]};
	if (e->kind == EVENT_MARK)
		ret_moment->mark = e->at;
	else
		disk_apply(replay->disks[e->disk], e);
	return true;
}

const struct disk *disk_replay_disk(const struct disk_replay *replay, int number)
{
	return replay->disks[number];
}
