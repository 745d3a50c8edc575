#include "drive.h"

#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Paths come without a context, so the drives have to be found by name. */
static struct drive *mounted;
static uint64_t last_number;
static int64_t last_touch;

/* A simulator without memory has nothing to say. */
static void *enough(void *memory)
{
	if (memory == NULL) {
		(void)fprintf(stderr, "sim: out of memory\n");
		abort();
	}
	return memory;
}

static void grow(uint8_t **data, size_t *room, size_t size)
{
	if (size <= *room)
		return;
	size_t more = *room < 4096 ? 4096 : *room * 2;
	more = more < size ? size : more;
	*data = enough(sqlite3_realloc64(*data, more));
	*room = more;
}

struct file *file_new(void)
{
	struct file *file = enough(calloc(1, sizeof(*file)));
	file->number = ++last_number;
	file->references = 1;
	file_touch(file);
	return file;
}

void file_release(struct file *file)
{
	if (file == NULL || --file->references > 0)
		return;
	for (size_t i = 0; i < DRIVE_SHM_MAX; i++)
		free(file->shm[i]);
	sqlite3_free(file->data);
	free(file->undo);
	sqlite3_free(file->old);
	free(file);
}

void file_touch(struct file *file)
{
	file->touched = ++last_touch;
}

/* So many bytes from there on are about to be replaced. Those of a whole file, as a journal after each commit, are
 * not copied: the buffers change places. */
static void keep_old(struct file *file, size_t from, size_t kept)
{
	if (kept > 0 && kept == file->size && file->old_size == 0) {
		uint8_t *data = file->data;
		size_t room = file->room;
		file->data = file->old;
		file->room = file->old_room;
		file->old = data;
		file->old_room = room;
	} else if (kept > 0) {
		grow(&file->old, &file->old_room, file->old_size + kept);
		memcpy(file->old + file->old_size, file->data + from, kept);
	}
	file->old_size += kept;
}

static void note_undo(struct file *file, size_t offset, size_t len, size_t new_size)
{
	if (file->n_undo == file->undo_room) {
		file->undo_room = file->undo_room == 0 ? 16 : file->undo_room * 2;
		file->undo = enough(realloc(file->undo, file->undo_room * sizeof(*file->undo)));
	}
	/* A truncation replaces all that stood behind it. */
	size_t from = len == 0 ? new_size : offset;
	size_t behind = len == 0 ? file->size : offset + len;
	behind = behind < file->size ? behind : file->size;
	size_t kept = behind > from ? behind - from : 0;
	keep_old(file, from, kept);
	file->undo[file->n_undo++] = (struct undo){
		.offset = from, .len = len, .old_size = file->size, .kept = kept, .at = file->old_size - kept};
}

bool file_put(struct drive *drive, struct file *file, const void *data, size_t len, size_t offset)
{
	size_t size = offset + len > file->size ? offset + len : file->size;
	int64_t more = (int64_t)(size - file->size);
	if (len == 0)
		return true;
	if (drive != NULL && drive->room >= 0 && more > 0 && drive->used + more > drive->room)
		return false;
	note_undo(file, offset, len, size);
	grow(&file->data, &file->room, size);
	if (offset > file->size)
		memset(file->data + file->size, 0, offset - file->size);
	memcpy(file->data + offset, data, len);
	file->size = size;
	if (drive != NULL)
		drive->used += more;
	file_touch(file);
	return true;
}

void file_cut(struct drive *drive, struct file *file, size_t size)
{
	if (size >= file->size)
		return;
	note_undo(file, 0, 0, size);
	if (drive != NULL)
		drive->used -= (int64_t)(file->size - size);
	file->size = size;
	file_touch(file);
}

void file_synced(struct file *file)
{
	file->n_undo = 0;
	file->old_size = 0;
}

struct drive *drive_new(const char *name)
{
	struct drive *drive = enough(calloc(1, sizeof(*drive)));
	(void)snprintf(drive->name, sizeof(drive->name), "%s", name); /* names are short */
	drive->room = -1;
	drive->next = mounted;
	mounted = drive;
	return drive;
}

static void drop_changes(struct drive *drive)
{
	for (size_t i = 0; i < drive->n_changes; i++)
		file_release(drive->changes[i].before);
	drive->n_changes = 0;
}

void drive_image_free(struct drive *image)
{
	if (image == NULL)
		return;
	drop_changes(image);
	for (size_t i = 0; i < DRIVE_NAMES; i++)
		file_release(image->names[i].file);
	free(image);
}

void drives_clear(void)
{
	while (mounted != NULL) {
		struct drive *drive = mounted;
		mounted = drive->next;
		drive_image_free(drive);
	}
	last_number = 0;
	last_touch = 0;
}

struct drive *drive_find(const char *path)
{
	const char *name = path[0] == '/' ? path + 1 : path;
	size_t len = strcspn(name, "/");
	for (struct drive *d = mounted; d != NULL; d = d->next)
		if (strlen(d->name) == len && memcmp(d->name, name, len) == 0)
			return d;
	return NULL;
}

static const char *base_name(const char *path)
{
	const char *slash = strrchr(path, '/');
	return slash == NULL ? path : slash + 1;
}

static struct drive_name *find_name(const struct drive *drive, const char *name)
{
	for (size_t i = 0; i < DRIVE_NAMES; i++)
		if (drive->names[i].file != NULL && strcmp(drive->names[i].name, name) == 0)
			return (struct drive_name *)(uintptr_t)&drive->names[i];
	return NULL;
}

struct file *drive_lookup(const struct drive *drive, const char *path)
{
	const struct drive_name *found = drive == NULL ? NULL : find_name(drive, base_name(path));
	return found == NULL ? NULL : found->file;
}

static void set_name(struct drive *drive, const char *name, struct file *file)
{
	struct drive_name *place = find_name(drive, name);
	if (place != NULL) {
		drive->used -= (int64_t)place->file->size;
		file_release(place->file);
		place->file = NULL;
	}
	if (file == NULL)
		return;
	for (size_t i = 0; place == NULL && i < DRIVE_NAMES; i++)
		if (drive->names[i].file == NULL)
			place = &drive->names[i];
	(void)enough(place);
	(void)snprintf(place->name, sizeof(place->name), "%s", name); /* names are short */
	place->file = file;
	file->references++;
	drive->used += (int64_t)file->size;
}

void drive_name(struct drive *drive, const char *path, struct file *file, bool with_next)
{
	const char *name = base_name(path);
	struct file *before = drive_lookup(drive, name);
	if (drive->n_changes == DRIVE_NAMES)
		drive_names_synced(drive);
	struct name_change *change = &drive->changes[drive->n_changes++];
	(void)snprintf(change->name, sizeof(change->name), "%s", name); /* names are short */
	change->before = before;
	change->with_next = with_next;
	if (before != NULL)
		before->references++;
	set_name(drive, name, file);
	if (file != NULL)
		file_touch(file);
}

void drive_names_synced(struct drive *drive)
{
	drop_changes(drive);
}

/* What a power cut takes back, newest first, until so many are left. */
void drive_names_back(struct drive *drive, size_t left)
{
	while (left > 0 && drive->changes[left - 1].with_next)
		left--;
	while (drive->n_changes > left) {
		struct name_change *change = &drive->changes[--drive->n_changes];
		set_name(drive, change->name, change->before);
		file_release(change->before);
	}
	drop_changes(drive);
}

bool drive_step(struct drive *drive)
{
	if (drive == NULL)
		return true;
	if (drive->last > 0 && drive->operations >= drive->last)
		drive->dead = true;
	drive->operations += drive->dead ? 0 : 1;
	return !drive->dead;
}

void drive_die_after(struct drive *drive, long n)
{
	drive->last = n == 0 ? 0 : drive->operations + n;
}

static struct file *copy_file(const struct file *from, bool as_new)
{
	struct file *file = file_new();
	grow(&file->data, &file->room, from->size);
	if (from->size > 0)
		memcpy(file->data, from->data, from->size);
	file->size = from->size;
	if (!as_new) {
		file->number = from->number;
		file->touched = from->touched;
	}
	return file;
}

struct drive *drive_image(const struct drive *drive)
{
	struct drive *image = enough(calloc(1, sizeof(*image)));
	for (size_t i = 0; i < DRIVE_NAMES; i++)
		if (drive->names[i].file != NULL) {
			image->names[i] = drive->names[i];
			image->names[i].file = copy_file(drive->names[i].file, false);
		}
	return image;
}

void drive_put_back(struct drive *drive, const struct drive *image, bool as_new, const char *only)
{
	drive_names_synced(drive);
	for (size_t i = 0; only == NULL && i < DRIVE_NAMES; i++)
		if (drive->names[i].file != NULL)
			set_name(drive, drive->names[i].name, NULL);
	for (size_t i = 0; i < DRIVE_NAMES; i++) {
		const struct drive_name *from = &image->names[i];
		if (from->file == NULL || (only != NULL && strcmp(from->name, only) != 0))
			continue;
		struct file *file = copy_file(from->file, as_new);
		set_name(drive, from->name, file);
		file_release(file);
	}
	drive_start(drive);
}

void drive_start(struct drive *drive)
{
	drive->dead = false;
	drive->last = 0;
}
