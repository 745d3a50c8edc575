#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/log.h"
#include "hub/act.h"
#include "hub/hub_parts.h"
#include "hub/tls_key.h"

static enum status write_file(const struct hub *hub, const char *name, struct slice content)
{
	return dir_write(hub->dir, name, content, 0600);
}

static enum status make_tls_key(const struct hub *hub, const char *name, const char *key_file, const char *crt_file,
				uint8_t ret_pin[static HASH_LEN])
{
	struct bytes key = bytes_new(LIMIT_SETTINGS);
	struct bytes certificate = bytes_new(LIMIT_SETTINGS);
	enum status s = tls_key_generate(name, hub_now(hub) / 1000, &key, &certificate);
	if (s == STATUS_OK)
		s = tls_key_pin(bytes_slice(&certificate), ret_pin);
	if (s == STATUS_OK)
		s = write_file(hub, key_file, bytes_slice(&key));
	if (s == STATUS_OK)
		s = write_file(hub, crt_file, bytes_slice(&certificate));
	if (key.data != NULL)
		secret_wipe(key.data, key.len);
	bytes_free(&key);
	bytes_free(&certificate);
	return s;
}

/* Keys, TLS keys and the sealed identity in hub->identity_doc. */
static enum status make_identity(struct hub *hub, const struct hub_plan *plan)
{
	struct identity identity = {.province = slice_str(plan->province), .name = slice_str(plan->name)};
	uint8_t seeds[HUB_SECRETS_LEN];
	random_fill(seeds, sizeof(seeds));
	random_fill(identity.hub_id, HUB_ID_LEN);
	enum status s = STATUS_NO_MEMORY;
	hub->key = signing_key_new(seeds);
	if (hub->key == NULL)
		goto out;
	memcpy(identity.sign_key, signing_key_public(hub->key), PUBLIC_KEY_LEN);
	box_public_key(seeds + SEED_LEN, identity.box_key);
	s = make_tls_key(hub, plan->name, "tls.key", "tls.crt", identity.pins[0]);
	if (s == STATUS_OK)
		s = make_tls_key(hub, plan->name, "tls-next.key", "tls-next.crt", identity.pins[1]);
	if (s == STATUS_OK)
		s = identity_seal(&identity, hub->key, &hub->identity_doc);
	if (s == STATUS_OK)
		s = identity_open(bytes_slice(&hub->identity_doc), &hub->identity);
	if (s == STATUS_OK)
		s = write_file(hub, HUB_NEW_KEY, slice_of(seeds, sizeof(seeds)));
out:
	secret_wipe(seeds, sizeof(seeds));
	return s;
}

static enum status record_init(struct hub *hub, const struct hub_plan *plan)
{
	struct hub_transaction t;
	struct bytes body = bytes_new(LIMIT_ACT);
	cbor_put_array(&body, 2);
	cbor_put_uint(&body, 1);
	cbor_put_bytes(&body, hub->identity_doc.data, hub->identity_doc.len);
	static const uint8_t no_counter[8]; /* no head was given out */
	enum status s = hub_begin(hub, &t);
	if (s == STATUS_OK) {
		s = act_record(hub, ACT_INIT, NULL, bytes_slice(&body));
		if (s == STATUS_OK)
			s = hub_note_set(hub, "identity", bytes_slice(&hub->identity_doc));
		if (s == STATUS_OK)
			s = hub_note_set(hub, "counter", slice_of(no_counter, sizeof(no_counter)));
		if (s == STATUS_OK && plan->url != NULL)
			s = hub_note_set(hub, "url", slice_str(plan->url));
		s = hub_end(&t, s);
	}
	bytes_free(&body);
	return s;
}

static enum status remove_file(const struct hub *hub, const char *name)
{
	char *path = path_join(hub->dir, name);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	enum status s = remove(path) == 0 ? STATUS_OK : status_of_errno(errno);
	free(path);
	return s == STATUS_EMPTY ? STATUS_OK : s; /* some were not made yet */
}

/* Removes what a set-up that failed or broke off has left, its mark last, so that it can be tried again. */
static enum status take_back(struct hub *hub)
{
	static const char *const names[] = {"hub.db", "hub.db-journal", "hub.db-wal", "hub.db-shm", HUB_NEW_KEY};
	enum status s = STATUS_OK;
	database_close(hub->db);
	hub->db = NULL;
	for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && s == STATUS_OK; i++)
		s = remove_file(hub, names[i]);
	return s;
}

/* From here on it is a hub: until the key has its name, nobody opens it and `init` begins anew. */
static enum status name_key(const struct hub *hub)
{
	char *from = path_join(hub->dir, HUB_NEW_KEY);
	char *to = path_join(hub->dir, "hub.key");
	enum status s = from == NULL || to == NULL ? STATUS_NO_MEMORY : file_move(from, to);
	/* It may have got its name and not durably. */
	if (s != STATUS_OK && from != NULL && to != NULL)
		(void)rename(to, from);
	free(to);
	free(from);
	return s;
}

static enum status set_up(struct hub *hub, const struct hub_plan *plan)
{
	enum status s = make_identity(hub, plan);
	if (s == STATUS_OK)
		s = hub_open_database(hub, DATABASE_HUB, true);
	if (s == STATUS_OK)
		s = registry_new(hub->db, &hub->registry);
	if (s == STATUS_OK)
		s = record_init(hub, plan);
	if (s == STATUS_OK)
		s = name_key(hub);
	/* What is left over is cleared by the next attempt. */
	if (s != STATUS_OK && take_back(hub) != STATUS_OK)
		log_event(LOG_WARNING, "event=set-up-left-over");
	return s;
}

/* The keys of a hub that lost its database are the only ones there are: never written over (L9). */
static enum status check_vacant(struct hub *hub)
{
	bool database = false;
	bool unfinished = false;
	enum status s = hub_has_file(hub, "hub.db", &database);
	if (s == STATUS_OK)
		s = hub_has_file(hub, HUB_NEW_KEY, &unfinished);
	if (s == STATUS_OK && hub_tell_missing(hub) == STATUS_LOST_DATA)
		s = database ? STATUS_EXISTS : STATUS_LOST_DATA;
	else if (s == STATUS_OK && database && !unfinished)
		s = STATUS_EXISTS;
	return s == STATUS_OK && unfinished ? take_back(hub) : s;
}

enum status hub_create(const char *dir, const struct hub_world *world, const struct hub_plan *plan)
{
	enum status s = datadir_create(dir);
	if (s != STATUS_OK)
		return s;
	struct hub *hub = hub_new(dir, world);
	s = hub == NULL ? STATUS_NO_MEMORY : check_vacant(hub);
	if (s == STATUS_OK)
		s = set_up(hub, plan);
	hub_close(hub);
	return s;
}
