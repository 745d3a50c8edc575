#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "sim.h"

/*
 * SQLite's memory and zlib's: they are no code of ours, are not instrumented, and ask so often, or for so much,
 * that a sanitizer's allocator is what the simulator would spend its time in. Blocks of powers of two, kept for the
 * next one who asks.
 */
enum { SIZES = 26, SMALLEST = 32, HEADER = 16, CHUNK = 1 << 18 };

struct block {
	size_t size_class;
	struct block *next;
};

static struct {
	struct block *free[SIZES];
	uint8_t *chunk;
	size_t left;
} heap;

static size_t room_of(size_t size_class)
{
	return (size_t)SMALLEST << size_class;
}

static struct block *block_of(void *memory)
{
	return (struct block *)(void *)((uint8_t *)memory - HEADER);
}

/* Small blocks are cut from a chunk that stays. */
static struct block *new_block(size_t size_class)
{
	size_t need = room_of(size_class) + HEADER;
	if (need > CHUNK / 8)
		return malloc(need);
	if (heap.left < need) {
		heap.chunk = malloc(CHUNK);
		heap.left = heap.chunk == NULL ? 0 : CHUNK;
	}
	if (heap.left < need)
		return NULL;
	struct block *block = (struct block *)(void *)heap.chunk;
	heap.chunk += need;
	heap.left -= need;
	return block;
}

static void *take(int size)
{
	size_t size_class = 0;
	while (room_of(size_class) < (size_t)size)
		size_class++;
	struct block *block = size_class < SIZES ? heap.free[size_class] : NULL;
	if (block != NULL)
		heap.free[size_class] = block->next;
	else
		block = size_class < SIZES ? new_block(size_class) : NULL;
	if (block == NULL)
		return NULL;
	block->size_class = size_class;
	return (uint8_t *)block + HEADER;
}

static void give(void *memory)
{
	struct block *block = block_of(memory);
	block->next = heap.free[block->size_class];
	heap.free[block->size_class] = block;
}

static int room(void *memory)
{
	return memory == NULL ? 0 : (int)room_of(block_of(memory)->size_class);
}

static void *take_more(void *memory, int size)
{
	if (size <= room(memory))
		return memory;
	void *more = take(size);
	if (more == NULL)
		return NULL;
	memcpy(more, memory, (size_t)room(memory));
	give(memory);
	return more;
}

static int round_up(int size)
{
	return (size + 7) & ~7;
}

static int start(void *context)
{
	(void)context;
	return SQLITE_OK;
}

static void stop(void *context)
{
	(void)context;
}

void memory_take(void)
{
	static const sqlite3_mem_methods methods = {.xMalloc = take,
						    .xFree = give,
						    .xRealloc = take_more,
						    .xSize = room,
						    .xRoundup = round_up,
						    .xInit = start,
						    .xShutdown = stop};
	if (sqlite3_config(SQLITE_CONFIG_MALLOC, &methods) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0) != SQLITE_OK ||
	    sqlite3_config(SQLITE_CONFIG_SINGLETHREAD) != SQLITE_OK) {
		(void)fprintf(stderr, "sim: SQLite does not take our memory\n");
		exit(EXIT_DISK);
	}
}

static void *take_for_zlib(void *context, uInt items, uInt size)
{
	(void)context;
	return take((int)(items * size)); /* a stream wants 64 KiB at most */
}

static void give_from_zlib(void *context, void *memory)
{
	(void)context;
	give(memory);
}

/* The linker sends protocol/deflate.c's calls here. */
int __real_deflateInit2_(z_streamp z, int level, int method, int window, int memory, int strategy,
			 const char *version, int size);
int __wrap_deflateInit2_(z_streamp z, int level, int method, int window, int memory, int strategy,
			 const char *version, int size);
int __real_inflateInit2_(z_streamp z, int window, const char *version, int size);
int __wrap_inflateInit2_(z_streamp z, int window, const char *version, int size);

int __wrap_deflateInit2_(z_streamp z, int level, int method, int window, int memory, int strategy,
			 const char *version, int size)
{
	z->zalloc = take_for_zlib;
	z->zfree = give_from_zlib;
	return __real_deflateInit2_(z, level, method, window, memory, strategy, version, size);
}

int __wrap_inflateInit2_(z_streamp z, int window, const char *version, int size)
{
	z->zalloc = take_for_zlib;
	z->zfree = give_from_zlib;
	return __real_inflateInit2_(z, window, version, size);
}
