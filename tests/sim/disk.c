#include "disk_inside.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Neither SQLite nor the system's calls hand a context back: a path has to tell its disk. */
static struct disk *mounted;

/* Not by malloc: where a test has allocations fail, the disk is not meant. */
void *disk_memory(size_t size)
{
	void *memory = NULL;
	if (posix_memalign(&memory, sizeof(void *) * 2, size) != 0) {
		(void)fprintf(stderr, "no memory for a simulated disk\n");
		exit(1);
	}
	memset(memory, 0, size);
	return memory;
}

char *disk_text(const char *text)
{
	char *copy = disk_memory(strlen(text) + 1);
	memcpy(copy, text, strlen(text));
	return copy;
}

uint64_t disk_random(uint64_t *state)
{
	uint64_t z = *state += UINT64_C(0x9e3779b97f4a7c15);
	z = (z ^ (z >> 30)) * UINT64_C(0xbf58476d1ce4e5b9);
	z = (z ^ (z >> 27)) * UINT64_C(0x94d049bb133111eb);
	return z ^ (z >> 31);
}

static struct disk_file *file_new(struct disk *disk, uint64_t number, bool folder, unsigned mode)
{
	struct disk_file *file = disk_memory(sizeof(*file));
	file->number = number;
	file->folder = folder;
	file->mode = mode;
	file->last_pending = &file->pending;
	file->next = disk->files;
	disk->files = file;
	disk->last_number = number > disk->last_number ? number : disk->last_number;
	return file;
}

void file_ref(struct disk_file *file)
{
	file->refs++;
}

void file_unref(struct disk *disk, struct disk_file *file)
{
	if (--file->refs > 0)
		return;
	struct disk_file **at = &disk->files;
	while (*at != NULL && *at != file)
		at = &(*at)->next;
	if (*at == file)
		*at = file->next;
	for (int i = 0; i < SHM_REGIONS; i++)
		free(file->shm[i]);
	pending_clear(file);
	free(file->now.data);
	free(file->synced.data);
	free(file);
}

static struct name *find_name(struct name *list, const char *path)
{
	while (list != NULL && strcmp(list->path, path) != 0)
		list = list->next;
	return list;
}

static void drop_name(struct disk *disk, struct name **list, const char *path)
{
	struct name **at = list;
	while (*at != NULL && strcmp((*at)->path, path) != 0)
		at = &(*at)->next;
	struct name *gone = *at;
	if (gone == NULL)
		return;
	*at = gone->next;
	file_unref(disk, gone->file);
	free(gone->path);
	free(gone);
}

static void add_name(struct name **list, const char *path, struct disk_file *file)
{
	struct name *name = disk_memory(sizeof(*name));
	name->path = disk_text(path);
	name->file = file;
	name->next = *list;
	*list = name;
	file_ref(file);
}

void names_clear(struct disk *disk, struct name **list)
{
	while (*list != NULL)
		drop_name(disk, list, (*list)->path);
}

void names_apply(struct disk *disk, struct name **list, const struct pending_name *op)
{
	if (op->to != NULL) {
		drop_name(disk, list, op->to);
		add_name(list, op->to, op->file);
	}
	if (op->from != NULL)
		drop_name(disk, list, op->from);
}

struct disk *disk_new(const char *root)
{
	struct disk *disk = disk_memory(sizeof(*disk));
	disk->root = disk_text(root);
	disk->last_pending = &disk->pending;
	disk->record_number = DISK_NONE;
	disk->clock_ns = INT64_C(1700000000000000000);
	struct disk_file *top = file_new(disk, 1, true, 0700);
	add_name(&disk->names, "", top);
	add_name(&disk->durable, "", top);
	disk_mount(disk);
	return disk;
}

void disk_drop_pending(struct disk *disk)
{
	while (disk->pending != NULL) {
		struct pending_name *op = disk->pending;
		disk->pending = op->next;
		file_unref(disk, op->file);
		free(op->from);
		free(op->to);
		free(op);
	}
	disk->last_pending = &disk->pending;
}

void disk_free(struct disk *disk)
{
	if (disk == NULL)
		return;
	disk_unmount(disk);
	disk_drop_pending(disk);
	names_clear(disk, &disk->names);
	names_clear(disk, &disk->durable);
	free(disk->root);
	free(disk);
}

void disk_mount(struct disk *disk)
{
	if (disk->mounted)
		return;
	disk_vfs_register();
	disk->next = mounted;
	disk->mounted = true;
	mounted = disk;
}

void disk_unmount(struct disk *disk)
{
	struct disk **at = &mounted;
	while (*at != NULL && *at != disk)
		at = &(*at)->next;
	if (*at == disk)
		*at = disk->next;
	disk->mounted = false;
}

struct disk *disk_of(const char *path, const char **ret_path)
{
	for (struct disk *disk = mounted; disk != NULL; disk = disk->next) {
		size_t len = strlen(disk->root);
		if (strncmp(path, disk->root, len) != 0 || (path[len] != '\0' && path[len] != '/'))
			continue;
		*ret_path = path[len] == '\0' ? "" : path + len + 1;
		return disk;
	}
	return NULL;
}

struct disk_file *disk_find(const struct disk *disk, const char *path)
{
	const struct name *name = find_name(disk->names, path);
	return name == NULL ? NULL : name->file;
}

struct disk_file *disk_by_number(const struct disk *disk, uint64_t number)
{
	struct disk_file *file = disk->files;
	while (file != NULL && file->number != number)
		file = file->next;
	return file;
}

static void queue_name(struct disk *disk, const char *from, const char *to, struct disk_file *file)
{
	struct pending_name *op = disk_memory(sizeof(*op));
	op->from = from == NULL ? NULL : disk_text(from);
	op->to = to == NULL ? NULL : disk_text(to);
	op->file = file;
	file_ref(file);
	*disk->last_pending = op;
	disk->last_pending = &op->next;
	names_apply(disk, &disk->names, op);
}

static bool lies_in(const char *path, const char *folder)
{
	const char *slash = path == NULL ? NULL : strrchr(path, '/');
	size_t len = slash == NULL ? 0 : (size_t)(slash - path);
	return path != NULL && strlen(folder) == len && strncmp(path, folder, len) == 0;
}

static void sync_names(struct disk *disk, const char *folder)
{
	struct pending_name **at = &disk->pending;
	while (*at != NULL) {
		struct pending_name *op = *at;
		if (!lies_in(op->from, folder) && !lies_in(op->to, folder)) {
			at = &op->next;
			continue;
		}
		names_apply(disk, &disk->durable, op);
		*at = op->next;
		file_unref(disk, op->file);
		free(op->from);
		free(op->to);
		free(op);
	}
	disk->last_pending = at;
}

static void queue_write(struct disk_file *file, const struct disk_event *e)
{
	size_t len = e->kind == EVENT_WRITE ? (size_t)e->len : 0;
	struct pending_write *op = disk_memory(sizeof(*op) + len);
	op->truncates = e->kind == EVENT_TRUNCATE;
	op->at = e->at;
	op->len = (int64_t)len;
	if (len > 0)
		memcpy(op->data, e->data, len);
	*file->last_pending = op;
	file->last_pending = &op->next;
	if (op->truncates)
		content_resize(&file->now, op->at);
	else
		content_put(&file->now, op->data, op->len, op->at);
}

static void sync_file(struct disk *disk, struct disk_file *file)
{
	for (const struct pending_write *op = file->pending; op != NULL; op = op->next) {
		if (op->truncates)
			content_resize(&file->synced, op->at);
		else
			content_put(&file->synced, op->data, op->len, op->at);
	}
	pending_clear(file);
	for (struct pending_name *op = disk->pending; op != NULL; op = op->next)
		op->swept = true;
}

static void change_names(struct disk *disk, const struct disk_event *e)
{
	struct disk_file *file = e->kind == EVENT_CREATE ? file_new(disk, e->file, e->folder, e->mode)
							 : disk_by_number(disk, e->file);
	file->touched_ns = disk->clock_ns;
	queue_name(disk, e->from, e->to, file);
}

void disk_apply(struct disk *disk, const struct disk_event *event)
{
	struct disk_event e = *event;
	struct disk_file *file = e.file == 0 || e.kind == EVENT_CREATE ? NULL : disk_by_number(disk, e.file);
	uint64_t random = (uint64_t)e.at;
	e.disk = disk->record_number;
	if (disk->record != NULL)
		record_event(disk->record, &e);
	disk->clock_ns += 1000;
	switch (e.kind) {
	case EVENT_MARK:
		break;
	case EVENT_CREATE:
	case EVENT_NAME:
		change_names(disk, &e);
		break;
	case EVENT_WRITE:
	case EVENT_TRUNCATE:
		queue_write(file, &e);
		file->touched_ns = disk->clock_ns;
		break;
	case EVENT_SYNC:
		sync_file(disk, file);
		break;
	case EVENT_SYNC_FAILED:
		forget_content(file, &random, false, false);
		break;
	case EVENT_SYNC_NAMES:
		sync_names(disk, e.to);
		break;
	}
}

void disk_fail(struct disk *disk, struct disk_fault fault)
{
	disk->fault = fault;
	disk->n_calls = 0;
	disk->n_failed = 0;
}

int64_t disk_calls(const struct disk *disk)
{
	return disk->n_calls;
}

int64_t disk_failed(const struct disk *disk)
{
	return disk->n_failed;
}

void disk_set_room(struct disk *disk, int64_t bytes)
{
	disk->room = bytes;
}

int64_t disk_used(const struct disk *disk)
{
	int64_t used = 0;
	for (const struct disk_file *file = disk->files; file != NULL; file = file->next)
		used += file->now.len;
	return used;
}

void disk_set_read_only(struct disk *disk, bool read_only)
{
	disk->read_only = read_only;
}

int disk_blocked(struct disk *disk, enum disk_call call)
{
	if ((disk->fault.calls & (unsigned)call) == 0)
		return 0;
	int64_t n = ++disk->n_calls;
	bool fails = disk->fault.nth > 0 && (n == disk->fault.nth || (disk->fault.forever && n > disk->fault.nth));
	disk->n_failed += fails;
	return fails ? disk->fault.error : 0;
}
