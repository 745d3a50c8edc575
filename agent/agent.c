#include "agent/agent.h"

#include <stdlib.h>
#include <string.h>

#include "agent/anchor.h"
#include "config/machine.h"
#include "config/reserve.h"

static enum status take_use_lock(struct agent *a)
{
	char *path = path_join(a->dir, AGENT_USE_LOCK);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = lock_share(path, AGENT_LOCK_MS, &a->use);
	free(path);
	return s;
}

static enum status file_now(const struct agent *a, uint64_t *ret_file)
{
	struct file_place place = {0};
	char *path = path_join(a->dir, AGENT_DATABASE);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = file_place(path, &place);
	free(path);
	if (s == STATUS_OK)
		*ret_file = place.number;
	return s;
}

enum status agent_check_file(const struct agent *a)
{
	uint64_t file = 0;
	if (database_sync_failed(a->db))
		return STATUS_DISK_SYNC;
	enum status s = file_now(a, &file);
	if (s == STATUS_EMPTY || (s == STATUS_OK && a->file != 0 && file != a->file))
		return STATUS_LOST_DATA;
	return s;
}

/* There is no database: a loss where there was one, and no first start where nobody can tell (L9). */
static enum status tell_missing(const struct agent *a)
{
	static const char *const traces[] = {ANCHOR_FILE, AGENT_KEY};
	enum status s = STATUS_EMPTY;
	for (size_t i = 0; i < sizeof(traces) / sizeof(traces[0]) && s == STATUS_EMPTY; i++) {
		struct file_place place;
		char *path = path_join(a->dir, traces[i]);
		s = path == NULL ? STATUS_NO_MEMORY : file_place(path, &place);
		free(path);
	}
	if (s == STATUS_OK)
		return STATUS_LOST_DATA;
	return s == STATUS_EMPTY ? STATUS_NO_DATA : s;
}

static enum status open_database(struct agent *a)
{
	char *path = path_join(a->dir, AGENT_DATABASE);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = store_open(path, a->world.vfs, false, &a->db);
	free(path);
	if (s == STATUS_OK)
		s = file_now(a, &a->file);
	return s == STATUS_NO_DATA ? tell_missing(a) : s;
}

/* A file that enrolment made and that is gone now. */
static enum status lost_if_missing(enum status s)
{
	return s == STATUS_EMPTY ? STATUS_LOST_DATA : s;
}

enum status agent_read_secret(const char *dir, struct bytes *out)
{
	enum status s = dir_read_secret(dir, AGENT_KEY, out);
	return s == STATUS_LIMIT || (s == STATUS_OK && out->len != DEVICE_SECRET_LEN) ? STATUS_CORRUPT : s;
}

static enum status read_key(struct agent *a)
{
	struct bytes secret = bytes_new(DEVICE_SECRET_LEN);
	enum status s = lost_if_missing(agent_read_secret(a->dir, &secret));
	if (s == STATUS_OK) {
		a->key = signing_key_new(secret.data);
		a->box = box_key_new(secret.data + SEED_LEN);
		s = a->key == NULL || a->box == NULL ? STATUS_NO_MEMORY : STATUS_OK;
	}
	if (s == STATUS_OK) {
		sign_key_id(signing_key_public(a->key), a->device);
		(void)hex_format(a->device, DEVICE_ID_LEN, a->device_text);
	}
	secret_free(&secret);
	return s;
}

static enum status read_identity(struct agent *a)
{
	a->document = bytes_new(LIMIT_IDENTITY);
	enum status s = lost_if_missing(dir_read(a->dir, AGENT_IDENTITY, &a->document));
	if (s != STATUS_OK)
		return s == STATUS_LIMIT ? STATUS_CORRUPT : s;
	s = identity_open(bytes_slice(&a->document), &a->hub);
	return s == STATUS_MALFORMED || s == STATUS_FORGED || s == STATUS_VERSION ? STATUS_CORRUPT : s;
}

static enum status read_enrolment(struct agent *a)
{
	int64_t enrolled_at = 0;
	int64_t port = 0;
	enum status s = store_number(a->db, STORE_ENROLLED_AT, TIME_UNSET, &enrolled_at);
	if (s == STATUS_OK && enrolled_at == TIME_UNSET)
		return STATUS_NO_DATA;
	if (s == STATUS_OK)
		s = store_number(a->db, STORE_PORT, 0, &port);
	if (s == STATUS_OK)
		s = store_string(a->db, STORE_UNIT, a->unit, sizeof(a->unit));
	if (s == STATUS_OK)
		s = store_string(a->db, STORE_HOST, a->host, sizeof(a->host));
	if (s == STATUS_OK)
		s = store_incarnation(a->db, &a->incarnation);
	bool addressed = a->host[0] == '\0' ? port == 0 : port >= 1 && port <= UINT16_MAX;
	if (s == STATUS_EMPTY || (s == STATUS_OK && !addressed))
		return STATUS_CORRUPT;
	a->port = (uint16_t)port;
	return s;
}

enum status agent_learn_unit(struct agent *a)
{
	return a->unit[0] == '\0' ? store_string(a->db, STORE_UNIT, a->unit, sizeof(a->unit)) : STATUS_OK;
}

enum status agent_open(const char *dir, const struct agent_world *world, struct agent **ret_agent)
{
	enum status s = datadir_check(dir);
	if (s != STATUS_OK)
		return s;
	struct agent *a = calloc(1, sizeof(*a));
	if (a == NULL)
		return STATUS_NO_MEMORY;
	a->world = *world;
	a->use.fd = -1;
	a->dir = strdup(dir);
	s = a->dir == NULL ? STATUS_NO_MEMORY : sign_start();
	if (s == STATUS_OK)
		s = take_use_lock(a);
	if (s == STATUS_OK)
		s = open_database(a);
	if (s == STATUS_OK)
		s = read_enrolment(a);
	if (s == STATUS_OK)
		s = read_key(a);
	if (s == STATUS_OK)
		s = read_identity(a);
	if (s == STATUS_OK)
		*ret_agent = a;
	else
		agent_close(a);
	return s;
}

void agent_close(struct agent *a)
{
	if (a == NULL)
		return;
	database_close(a->db);
	lock_release(&a->use);
	signing_key_free(a->key);
	box_key_free(a->box);
	bytes_free(&a->document);
	free(a->dir);
	free(a);
}

int64_t agent_now(const struct agent *a)
{
	return a->world.now_ms(a->world.context);
}

enum status agent_hub_time(const struct agent *a, int64_t *ret_time)
{
	return store_number(a->db, STORE_HUB_TIME, TIME_MIN, ret_time);
}

int64_t agent_record_time_after(const struct agent *a, int64_t hub_time)
{
	int64_t now = agent_now(a);
	return now > hub_time ? now : hub_time;
}

enum status agent_record_time(const struct agent *a, int64_t *ret_now)
{
	int64_t hub_time = 0;
	enum status s = agent_hub_time(a, &hub_time);
	if (s == STATUS_OK)
		*ret_now = agent_record_time_after(a, hub_time);
	return s;
}

enum status agent_keep_reserve(const struct agent *a)
{
	if (a->world.reserve_bytes == 0)
		return STATUS_OK;
	char *path = path_join(a->dir, AGENT_RESERVE);
	enum status s = path == NULL ? STATUS_NO_MEMORY : reserve_keep(path, a->world.reserve_bytes);
	free(path);
	return s;
}

bool agent_give_up_reserve(const struct agent *a, enum status failed_with)
{
	if (failed_with != STATUS_DISK_FULL || a->world.reserve_bytes == 0)
		return false;
	char *path = path_join(a->dir, AGENT_RESERVE);
	bool given = path != NULL && reserve_give_up(path);
	free(path);
	return given;
}

enum status agent_lock(const struct agent *a, const char *name, struct lock *ret_lock)
{
	char *path = path_join(a->dir, name);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = lock_take(path, AGENT_LOCK_MS, ret_lock);
	free(path);
	return s;
}
