#include <sqlite3.h>
#include <stdlib.h>
#include <string.h>

#include "drive.h"
#include "sim.h"

/* The bytes a file is certain of, from what it holds now and what that has replaced. */
static uint8_t *durable_content(const struct file *file, size_t *ret_size, size_t longest)
{
	uint8_t *content = sqlite3_malloc64(longest + 1);
	if (content == NULL)
		abort();
	memset(content, 0, longest + 1);
	if (file->size > 0)
		memcpy(content, file->data, file->size);
	for (size_t i = file->n_undo; i > 0; i--) {
		const struct undo *u = &file->undo[i - 1];
		if (u->kept > 0)
			memcpy(content + u->offset, file->old + u->at, u->kept);
	}
	*ret_size = file->undo[0].old_size;
	return content;
}

static size_t longest_size(const struct file *file)
{
	size_t longest = file->size;
	for (size_t i = 0; i < file->n_undo; i++)
		longest = file->undo[i].old_size > longest ? file->undo[i].old_size : longest;
	return longest;
}

/* One of the lengths it had since it was synced. */
static size_t some_size(const struct file *file, uint64_t *dice)
{
	size_t n = sim_mix(dice) % (file->n_undo + 1);
	return n == file->n_undo ? file->size : file->undo[n].old_size;
}

/* What was written and not synced: each sector is there, not there, or spoilt. */
static void tear(const struct file *file, const struct undo *u, uint8_t *content, uint64_t *dice)
{
	size_t end = u->offset + u->len < file->size ? u->offset + u->len : file->size;
	for (size_t at = u->offset; at < end;) {
		size_t next = (at / DRIVE_SECTOR + 1) * DRIVE_SECTOR;
		size_t len = (next < end ? next : end) - at;
		uint64_t fate = sim_mix(dice) % 16;
		if (fate < 7)
			memcpy(content + at, file->data + at, len);
		else if (fate == 7)
			for (size_t i = 0; i < len; i++)
				content[at + i] = (uint8_t)sim_mix(dice);
		at += len;
	}
}

static void cut_file(struct drive *drive, struct file *file, uint64_t *dice)
{
	if (file->n_undo == 0)
		return;
	size_t longest = longest_size(file);
	size_t durable = 0;
	uint8_t *content = durable_content(file, &durable, longest);
	size_t size = some_size(file, dice);
	/* Behind what is certain nothing stands but what was written. */
	if (longest > durable)
		memset(content + durable, 0, longest - durable);
	/* Sometimes all of it was just written. */
	bool whole = sim_mix(dice) % 4 == 0;
	if (whole) {
		if (file->size > 0)
			memcpy(content, file->data, file->size);
		size = file->size;
	}
	for (size_t i = 0; i < file->n_undo && !whole; i++)
		if (file->undo[i].len > 0)
			tear(file, &file->undo[i], content, dice);
	file_synced(file);
	drive->used += (int64_t)size - (int64_t)file->size;
	sqlite3_free(file->data);
	file->data = content;
	file->room = longest + 1;
	file->size = size;
	file_touch(file);
}

void drive_cut_power(struct drive *drive, uint64_t dice)
{
	drive_names_back(drive, sim_mix(&dice) % (drive->n_changes + 1));
	for (size_t i = 0; i < DRIVE_NAMES; i++)
		if (drive->names[i].file != NULL)
			cut_file(drive, drive->names[i].file, &dice);
	drive_start(drive);
}
