#include "agent/pending.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "agent/enrolment.h"
#include "config/datadir.h"
#include "protocol/request.h"

bool pending_is(const struct agent *a)
{
	return a->unit[0] == '\0';
}

enum status pending_read(const char *dir, struct bytes *ret_body)
{
	enum status s = dir_read(dir, PENDING_FILE, ret_body);
	return s == STATUS_LIMIT ? STATUS_CORRUPT : s;
}

enum status pending_write(const char *dir, struct slice body)
{
	return dir_write(dir, PENDING_FILE, body, 0600);
}

enum status pending_remove(const char *dir)
{
	char *path = path_join(dir, PENDING_FILE);
	if (path == NULL)
		return STATUS_NO_MEMORY;
	(void)unlink(path); /* one that stays is answered again, and changes nothing */
	free(path);
	return STATUS_OK;
}

/* The nonce of our own question; a file that is spoilt asks for nothing. */
static enum status read_question(const struct agent *a, struct enrol_request *ret_request)
{
	struct bytes body = bytes_new(LIMIT_IDENTITY);
	struct slice sealed;
	uint8_t mac[MAC_LEN];
	enum status s = pending_read(a->dir, &body);
	if (s == STATUS_OK) {
		s = enrol_open(bytes_slice(&body), a->hub.hub_id, ret_request, &sealed, mac);
		ret_request->version = slice_str(""); /* it borrows */
	}
	bytes_free(&body);
	return s == STATUS_MALFORMED || s == STATUS_VERSION || s == STATUS_FORGED || s == STATUS_CORRUPT
		       ? STATUS_EMPTY
		       : s;
}

enum status pending_judge(const struct agent *a, struct slice sealed, struct pending_answer *ret_answer)
{
	struct enrol_request question;
	*ret_answer = (struct pending_answer){0};
	enum status s = enrolled_open(sealed, a->hub.hub_id, a->hub.sign_key, &ret_answer->enrolled);
	if (s != STATUS_OK)
		return s == STATUS_NO_MEMORY ? s : STATUS_OK;
	s = read_question(a, &question);
	if (s != STATUS_OK)
		return s == STATUS_EMPTY ? STATUS_OK : s;
	ret_answer->ours = memcmp(ret_answer->enrolled.nonce, question.nonce, NONCE_LEN) == 0 &&
			   memcmp(ret_answer->enrolled.device, a->device, DEVICE_ID_LEN) == 0 &&
			   ret_answer->enrolled.unit.len > 0;
	return STATUS_OK;
}

enum status pending_settle(const struct agent *a, const struct enrolled *enrolled)
{
	enum status s = store_set_text(a->db, STORE_UNIT, enrolled->unit);
	if (s == STATUS_OK)
		s = store_set_text(a->db, STORE_UNIT_NAME, enrolled->unit_name);
	if (s == STATUS_OK)
		s = store_set_number(a->db, STORE_STATE, enrolled->state);
	return s == STATUS_OK ? store_set_number(a->db, STORE_HUB_TIME, enrolled->hub_time) : s;
}

enum status pending_finish(struct agent *a)
{
	struct enrolment settled;
	enum status s = agent_learn_unit(a);
	if (s == STATUS_OK)
		s = enrolment_load(a, &settled);
	if (s == STATUS_OK)
		s = enrolment_write(a->dir, &settled);
	return s == STATUS_OK ? pending_remove(a->dir) : s;
}
