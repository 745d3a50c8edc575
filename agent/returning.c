#include "agent/returning.h"

#include <string.h>

#include "agent/answer.h"
#include "config/datadir.h"
#include "protocol/reply.h"
#include "protocol/request.h"

enum status returning_keep(const char *dir, struct slice sealed)
{
	return dir_write(dir, ENROLLED_FILE, sealed, 0600);
}

/* The public half of the key that files for this PC are sealed to. */
static enum status box_key_of(const struct agent *a, uint8_t ret_key[static PUBLIC_KEY_LEN])
{
	struct bytes secret = bytes_new(DEVICE_SECRET_LEN);
	enum status s = agent_read_secret(a->dir, &secret);
	if (s == STATUS_OK)
		box_public_key(secret.data + SEED_LEN, ret_key);
	secret_free(&secret);
	return s;
}

static enum status write_body(const struct agent *a, const uint8_t nonce[static NONCE_LEN], struct bytes *out)
{
	struct bytes evidence = bytes_new(LIMIT_IDENTITY);
	struct enrol_request request = {
		.incarnation = a->incarnation, .sent_at = agent_now(a), .version = slice_str(MOTCUA_VERSION)};
	memcpy(request.public_key, signing_key_public(a->key), PUBLIC_KEY_LEN);
	memcpy(request.nonce, nonce, NONCE_LEN);
	enum status s = dir_read_secret(a->dir, ENROLLED_FILE, &evidence);
	if (s == STATUS_EMPTY)
		s = STATUS_UNKNOWN_DEVICE; /* as the hub said */
	if (s == STATUS_OK)
		s = box_key_of(a, request.box_key);
	if (s == STATUS_OK)
		s = enrol_seal_returning(&request, a->hub.hub_id, a->key, bytes_slice(&evidence), out);
	bytes_free(&evidence);
	return s;
}

static enum status take_answer(const struct agent *a, struct slice reply, const uint8_t nonce[static NONCE_LEN])
{
	struct enrolled answer;
	enum status s = enrolled_open(reply, a->hub.hub_id, a->hub.sign_key, &answer);
	if (s == STATUS_NO_MEMORY)
		return s;
	if (s != STATUS_OK || memcmp(answer.nonce, nonce, NONCE_LEN) != 0 ||
	    memcmp(answer.device, a->device, DEVICE_ID_LEN) != 0)
		return STATUS_FOREIGN;
	s = store_set_number(a->db, STORE_STATE, answer.state);
	if (s == STATUS_OK && answer.state == DEVICE_WAITING)
		s = STATUS_WAITING_DEVICE;
	return s;
}

enum status returning_ask(struct agent *a)
{
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	struct bytes reply = bytes_new(LIMIT_IDENTITY);
	uint8_t nonce[NONCE_LEN];
	int64_t retry_after_s = -1;
	random_fill(nonce, NONCE_LEN);
	enum status s = write_body(a, nonce, &body);
	if (s == STATUS_OK)
		s = answer_to_post(a, "/v1/enroll", bytes_slice(&body), LIMIT_IDENTITY, &reply, &retry_after_s);
	if (s == STATUS_OK)
		s = take_answer(a, bytes_slice(&reply), nonce);
	bytes_free(&reply);
	bytes_free(&body);
	return s == STATUS_INVITATION ? STATUS_UNKNOWN_DEVICE : s;
}
