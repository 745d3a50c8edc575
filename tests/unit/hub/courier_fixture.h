/*
 * Courier files as a commune's computer writes them, and the hub's taking them. Included after hub_fixture.h.
 */
#ifndef MOTCUA_TESTS_COURIER_FIXTURE_H
#define MOTCUA_TESTS_COURIER_FIXTURE_H

#include "hub/courier.h"
#include "protocol/courier.h"
#include "tests/unit/hub/hub_fixture.h"

/* Where the frames of a file lie, for those who damage it. */
enum { FRAMES_MAX = 300 };
struct courier_map {
	size_t n;
	size_t at[FRAMES_MAX + 1]; /* the last one: where the end frame begins */
};

static inline void put_frame(const struct fixture *f, struct bytes *file, enum courier_kind kind,
			     struct slice content, struct courier_map *map)
{
	if (map != NULL) {
		assert_true(map->n < FRAMES_MAX);
		map->at[map->n++] = file->len;
		map->at[map->n] = file->len;
	}
	assert_int_equal(courier_put(file, f->hub->identity.box_key, kind, content), STATUS_OK);
}

/* A file of these batches; with a request before them where one is given. */
static inline struct bytes courier_file(const struct fixture *f, const struct pc *pc, const struct request *request,
					const struct bytes *batches, size_t count, struct courier_map *map)
{
	struct bytes file = bytes_new(LIMIT_COURIER);
	struct courier_start start = {.direction = COURIER_TO_HUB};
	struct courier_end end = {.frames = count + (request == NULL ? 0 : 1), .part = 1};
	memcpy(start.hub_id, f->hub->identity.hub_id, HUB_ID_LEN);
	memcpy(start.device, pc->id, DEVICE_ID_LEN);
	courier_put_start(&file, &start);
	if (map != NULL)
		map->n = 0;
	if (request != NULL) {
		struct bytes sealed = bytes_new(LIMIT_REQUEST);
		assert_int_equal(request_seal(request, f->hub->identity.hub_id, pc->key, &sealed), STATUS_OK);
		put_frame(f, &file, COURIER_REQUEST, bytes_slice(&sealed), map);
		bytes_free(&sealed);
	}
	for (size_t i = 0; i < count; i++)
		put_frame(f, &file, COURIER_BATCH, bytes_slice(&batches[i]), map);
	if (map != NULL)
		map->at[map->n] = file.len;
	assert_int_equal(courier_put_end(&file, f->hub->identity.box_key, &end), STATUS_OK);
	return file;
}

/* One run over one file. */
static inline struct ingested ingest_one(struct hub *hub, struct slice file)
{
	struct ingested result;
	struct ingest *run = ingest_new(hub);
	assert_non_null(run);
	assert_int_equal(ingest_bytes(run, file, &result), STATUS_OK);
	ingest_free(run);
	return result;
}

static inline struct ingested ingest_batches(struct fixture *f, const struct pc *pc, const struct bytes *batches,
					     size_t count)
{
	struct bytes file = courier_file(f, pc, NULL, batches, count, NULL);
	struct ingested result = ingest_one(f->hub, bytes_slice(&file));
	bytes_free(&file);
	return result;
}

static inline void free_all(struct bytes *batches, size_t count)
{
	for (size_t i = 0; i < count; i++)
		bytes_free(&batches[i]);
}

#endif
