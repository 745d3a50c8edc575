/*
 * A hub that loses what came since a copy was made of it. Included by a test after hub_fixture.h.
 */
#ifndef MOTCUA_TESTS_PUT_BACK_FIXTURE_H
#define MOTCUA_TESTS_PUT_BACK_FIXTURE_H

enum { COPY_MAX = 16 * 1024 * 1024 };

/* The whole database as it stands, to be freed; the hub goes on. */
static inline struct bytes copy_hub(struct fixture *f)
{
	struct bytes copy = bytes_new(COPY_MAX);
	char *path = path_join(f->dir, "hub.db");
	assert_int_equal(database_checkpoint(f->hub->db), STATUS_OK);
	assert_int_equal(file_read(path, &copy), STATUS_OK);
	free(path);
	return copy;
}

/* As if the disk had been put back to that moment. */
static inline void put_hub_back(struct fixture *f, const struct bytes *copy)
{
	static const char *const beside[] = {"hub.db-wal", "hub.db-shm"};
	hub_close(f->hub);
	for (size_t i = 0; i < sizeof(beside) / sizeof(beside[0]); i++) {
		char *path = path_join(f->dir, beside[i]);
		(void)unlink(path); /* some are not there */
		free(path);
	}
	char *path = path_join(f->dir, "hub.db");
	assert_int_equal(file_write(path, bytes_slice(copy), 0600), STATUS_OK);
	free(path);
	f->hub = open_hub(f);
}

static inline struct bytes bytes_of(struct slice content)
{
	struct bytes copy = bytes_new(content.len);
	bytes_put(&copy, content.data, content.len);
	assert_int_equal(bytes_status(&copy), STATUS_OK);
	return copy;
}

#endif
