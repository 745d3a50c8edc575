#include "disk_inside.h"

#include <stdlib.h>
#include <string.h>

enum { DICE = 16, KEPT_BELOW = 7, GARBAGE = 7, SEED_ALL_LOST = 0, SEED_ALL_KEPT = 1 };

static void content_room(struct content *c, int64_t room)
{
	if (room <= c->room)
		return;
	int64_t wanted = c->room * 2 > room ? c->room * 2 : room;
	uint8_t *data = disk_memory((size_t)wanted);
	if (c->len > 0)
		memcpy(data, c->data, (size_t)c->len);
	free(c->data);
	c->data = data;
	c->room = wanted;
}

void content_resize(struct content *c, int64_t len)
{
	content_room(c, len);
	if (len > c->len)
		memset(c->data + c->len, 0, (size_t)(len - c->len));
	c->len = len;
}

void content_put(struct content *c, const uint8_t *data, int64_t len, int64_t at)
{
	if (len == 0)
		return;
	if (at + len > c->len)
		content_resize(c, at + len);
	memcpy(c->data + at, data, (size_t)len);
}

void content_copy(struct content *to, const struct content *from)
{
	to->len = 0;
	content_put(to, from->data, from->len, 0);
}

void pending_clear(struct disk_file *file)
{
	while (file->pending != NULL) {
		struct pending_write *op = file->pending;
		file->pending = op->next;
		free(op);
	}
	file->last_pending = &file->pending;
}

static void put_garbage(struct content *c, int64_t len, int64_t at, uint64_t *random)
{
	uint8_t sector[SECTOR];
	for (int64_t i = 0; i < len; i++)
		sector[i] = (uint8_t)disk_random(random);
	content_put(c, sector, len, at);
}

/* A write reaches the disk by sectors, each with a fate of its own. */
static void put_sectors(struct content *c, const struct pending_write *op, uint64_t *random)
{
	for (int64_t done = 0; done < op->len;) {
		int64_t at = op->at + done;
		int64_t len = SECTOR - at % SECTOR;
		len = len < op->len - done ? len : op->len - done;
		uint64_t dice = disk_random(random) % DICE;
		if (dice < KEPT_BELOW)
			content_put(c, op->data + done, len, at);
		else if (dice == GARBAGE)
			put_garbage(c, len, at, random);
		done += len;
	}
}

void forget_content(struct disk_file *file, uint64_t *random, bool all_lost, bool all_kept)
{
	for (const struct pending_write *op = all_lost ? NULL : file->pending; op != NULL; op = op->next) {
		if (op->truncates && (all_kept || disk_random(random) % 2 == 0))
			content_resize(&file->synced, op->at);
		else if (!op->truncates && all_kept)
			content_put(&file->synced, op->data, op->len, op->at);
		else if (!op->truncates)
			put_sectors(&file->synced, op, random);
	}
	pending_clear(file);
}

void forget_names(struct disk *disk, uint64_t *random, bool all_lost, bool all_kept, bool sweeps)
{
	size_t n = 0;
	size_t least = 0;
	for (const struct pending_name *op = disk->pending; op != NULL; op = op->next) {
		n++;
		least = sweeps && op->swept ? n : least;
	}
	size_t kept = all_kept ? n : all_lost ? least : least + disk_random(random) % (n - least + 1);
	for (const struct pending_name *op = disk->pending; op != NULL && kept > 0; op = op->next, kept--)
		names_apply(disk, &disk->durable, op);
}

/* The same file on the other disk. */
static struct disk_file *copy_file(struct disk *to, const struct disk_file *from)
{
	struct disk_file *file = disk_by_number(to, from->number);
	if (file != NULL)
		return file;
	file = disk_memory(sizeof(*file));
	file->number = from->number;
	file->folder = from->folder;
	file->mode = from->mode;
	file->touched_ns = from->touched_ns;
	file->last_pending = &file->pending;
	content_copy(&file->now, &from->now);
	content_copy(&file->synced, &from->synced);
	for (const struct pending_write *op = from->pending; op != NULL; op = op->next) {
		struct pending_write *copy = disk_memory(sizeof(*copy) + (size_t)op->len);
		memcpy(copy, op, sizeof(*copy) + (size_t)op->len);
		copy->next = NULL;
		*file->last_pending = copy;
		file->last_pending = &copy->next;
	}
	file->next = to->files;
	to->files = file;
	return file;
}

static void copy_names(struct disk *to, struct name **list, const struct name *from)
{
	for (; from != NULL; from = from->next) {
		const struct pending_name op = {.to = from->path, .file = copy_file(to, from->file)};
		names_apply(to, list, &op);
	}
}

static struct disk *copy_disk(const struct disk *from)
{
	struct disk *to = disk_memory(sizeof(*to));
	to->root = disk_text(from->root);
	to->last_pending = &to->pending;
	to->record_number = DISK_NONE;
	to->last_number = from->last_number;
	to->clock_ns = from->clock_ns;
	to->room = from->room;
	to->life = from->life + 1;
	copy_names(to, &to->names, from->names);
	copy_names(to, &to->durable, from->durable);
	for (const struct pending_name *op = from->pending; op != NULL; op = op->next) {
		struct pending_name *copy = disk_memory(sizeof(*copy));
		copy->from = op->from == NULL ? NULL : disk_text(op->from);
		copy->to = op->to == NULL ? NULL : disk_text(op->to);
		copy->swept = op->swept;
		copy->file = copy_file(to, op->file);
		file_ref(copy->file);
		*to->last_pending = copy;
		to->last_pending = &copy->next;
	}
	return to;
}

/* Nobody has a file of this disk open. */
static void forget(struct disk *disk, uint64_t seed)
{
	uint64_t random = seed;
	bool all_lost = seed == SEED_ALL_LOST;
	bool all_kept = seed == SEED_ALL_KEPT;
	for (struct disk_file *file = disk->files; file != NULL; file = file->next) {
		forget_content(file, &random, all_lost, all_kept);
		content_copy(&file->now, &file->synced);
	}
	forget_names(disk, &random, all_lost, all_kept, seed % 2 == 0);
	disk_drop_pending(disk);
	names_clear(disk, &disk->names);
	copy_names(disk, &disk->names, disk->durable);
}

struct disk *disk_after_power_cut(const struct disk *disk, uint64_t seed)
{
	struct disk *copy = copy_disk(disk);
	forget(copy, seed);
	return copy;
}

/* Old files go where their names go; those that are open live on without a name, for their handles alone. */
static void replace(struct disk *disk, struct disk *by)
{
	disk_drop_pending(disk);
	names_clear(disk, &disk->names);
	names_clear(disk, &disk->durable);
	disk->files = by->files;
	disk->names = by->names;
	disk->durable = by->durable;
	disk->pending = by->pending;
	disk->last_pending = by->pending == NULL ? &disk->pending : by->last_pending;
	disk->life = by->life;
	free(by->root);
	free(by);
}

void disk_cut_power(struct disk *disk, uint64_t seed)
{
	replace(disk, disk_after_power_cut(disk, seed));
}

void disk_kill(struct disk *disk)
{
	replace(disk, copy_disk(disk));
}
