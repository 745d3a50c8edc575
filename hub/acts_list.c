#include "hub/acts_list.h"

#include <string.h>

#include "hub/act_device.h"
#include "hub/act_units.h"
#include "hub/closing.h"
#include "hub/epoch.h"
#include "hub/log.h"
#include "hub/places.h"

static void take_device(struct cbor *r, struct act_subject *subject)
{
	cbor_fixed(r, subject->device, DEVICE_ID_LEN);
	subject->has_device = true;
}

static enum status read_init(struct slice body, struct act_subject *subject)
{
	struct cbor r = cbor_reader(body.data, body.len);
	struct identity identity;
	cbor_array_of(&r, 2);
	(void)cbor_uint(&r, INT64_MAX); /* the epoch */
	struct slice sealed = cbor_bytes(&r, LIMIT_IDENTITY);
	enum status s = cbor_end(&r);
	if (s == STATUS_OK)
		s = identity_open(sealed, &identity);
	if (s == STATUS_OK)
		subject->unit = identity.province;
	return s;
}

static enum status read_units(struct slice body, struct act_subject *subject)
{
	struct cbor r = cbor_reader(body.data, body.len);
	subject->count = (int64_t)cbor_array(&r, body.len);
	subject->has_count = true;
	return cbor_status(&r);
}

static enum status read_invite(struct slice body, struct act_subject *subject)
{
	struct cbor r = cbor_reader(body.data, body.len);
	uint8_t invitation[KEY_ID_LEN];
	size_t items = cbor_array(&r, 5);
	if (items < 4)
		cbor_fail(&r);
	cbor_fixed(&r, invitation, sizeof(invitation));
	subject->unit = cbor_text(&r, LIMIT_UNIT);
	(void)cbor_int(&r, INT64_MIN, INT64_MAX); /* when it ends */
	(void)cbor_bool(&r);                      /* whether somebody is asked */
	if (items == 5)
		take_device(&r, subject);
	return cbor_end(&r);
}

static enum status read_enrol(const struct hub *hub, struct slice body, struct act_subject *subject)
{
	struct enrol_act enrol;
	struct enrol_request request;
	struct slice inner;
	uint8_t mac[MAC_LEN];
	enum status s = act_enrol_take(body, &enrol);
	if (s == STATUS_OK)
		s = enrol_open(enrol.sealed, hub->identity.hub_id, &request, &inner, mac);
	if (s != STATUS_OK)
		return s;
	subject->unit = enrol.unit;
	sign_key_id(request.public_key, subject->device);
	subject->has_device = true;
	return STATUS_OK;
}

/* [device, …], and the unit it worked for that day. */
static enum status read_device(const struct hub *hub, const struct act *act, size_t items,
			       struct act_subject *subject)
{
	struct cbor r = cbor_reader(act->body.data, act->body.len);
	struct device device;
	cbor_array_of(&r, items);
	take_device(&r, subject);
	enum status s = cbor_status(&r);
	if (s != STATUS_OK || registry_find_device(hub->registry, subject->device, &device) != STATUS_OK)
		return s;
	int unit = registry_device_unit(hub->registry, &device, date_of(act->at));
	if (unit != UNIT_NONE)
		subject->unit = slice_str(registry_unit(hub->registry, unit)->code);
	return STATUS_OK;
}

/* The computer, and how many batches it goes on without. */
static enum status read_skip(const struct hub *hub, const struct act *act, struct act_subject *subject)
{
	struct skip_act skip;
	enum status s = act_skip_take(act->body, &skip);
	if (s != STATUS_OK)
		return s;
	subject->count = (int64_t)(skip.last - skip.first + 1);
	subject->has_count = true;
	return read_device(hub, act, 6, subject);
}

/* The computer, and where it works then. */
static enum status read_assign(struct slice body, struct act_subject *subject)
{
	struct assign_act assign;
	enum status s = act_assign_take(body, &assign);
	if (s != STATUS_OK)
		return s;
	memcpy(subject->device, assign.device, DEVICE_ID_LEN);
	subject->has_device = true;
	subject->unit = assign.unit;
	return STATUS_OK;
}

static enum status read_epoch(struct slice body, struct act_subject *subject)
{
	uint64_t epoch = 0;
	enum status s = epoch_act_take(body, &epoch);
	subject->count = (int64_t)epoch;
	subject->has_count = s == STATUS_OK;
	return s;
}

/* The period, and which revision of it. */
static enum status read_closing(struct slice body, struct act_subject *subject)
{
	struct closing_name name;
	enum status s = closing_take_name(body, &name);
	if (s != STATUS_OK)
		return s;
	subject->key = name.period;
	subject->count = name.revision;
	subject->has_count = true;
	return STATUS_OK;
}

/* [code, …]: accepting names what was accepted, splitting the computer. */
static enum status read_code(struct slice body, bool with_device, struct act_subject *subject)
{
	struct cbor r = cbor_reader(body.data, body.len);
	cbor_array_of(&r, 2);
	subject->key = cbor_text(&r, LIMIT_KEY);
	if (with_device)
		take_device(&r, subject);
	return cbor_status(&r);
}

static enum status read_retry(struct slice body, struct act_subject *subject)
{
	struct places places = {0};
	enum status s = places_take(body, &places);
	subject->count = (int64_t)places.count;
	subject->has_count = true;
	places_free(&places);
	return s;
}

static enum status read_body(struct hub *hub, const struct act *act, struct act_subject *subject)
{
	switch (act->type) {
	case ACT_INIT:
		return read_init(act->body, subject);
	case ACT_UNITS:
		return read_units(act->body, subject);
	case ACT_INVITE:
		return read_invite(act->body, subject);
	case ACT_ENROL:
		return read_enrol(hub, act->body, subject);
	case ACT_CONFIRM:
		return read_device(hub, act, 1, subject);
	case ACT_ACCEPT:
		return read_code(act->body, false, subject);
	case ACT_SPLIT:
		return read_code(act->body, true, subject);
	case ACT_RETRY:
		return read_retry(act->body, subject);
	case ACT_HOLD:
		return read_device(hub, act, 6, subject);
	case ACT_RELEASE:
		return read_device(hub, act, 1, subject);
	case ACT_STATE:
		return read_device(hub, act, 2, subject);
	case ACT_SKIP:
		return read_skip(hub, act, subject);
	case ACT_EPOCH:
		return read_epoch(act->body, subject);
	case ACT_CLOSE:
		return read_closing(act->body, subject);
	case ACT_SUCCESSION:
		return read_units(act->body, subject); /* an array of rows too */
	case ACT_ASSIGN:
		return read_assign(act->body, subject);
	}
	return STATUS_VERSION;
}

enum status act_subject_read(struct hub *hub, const struct act *act, struct act_subject *ret_subject)
{
	struct act_subject subject = {0};
	enum status s = read_body(hub, act, &subject);
	if (s == STATUS_OK)
		*ret_subject = subject;
	return s;
}

/* What changing a computer's state is called depends on the state. */
static const char *name_of(const struct act *act)
{
	struct state_act change;
	if (act->type != ACT_STATE || act_state_take(act->body, &change) != STATUS_OK)
		return act_type_name(act->type);
	if (change.state == DEVICE_SUSPENDED)
		return "suspend";
	return change.state == DEVICE_REVOKED ? "revoke" : "resume";
}

struct walking {
	struct hub *hub;
	struct period days;
	enum status (*each)(void *context, const struct act_line *line);
	void *context;
};

static enum status tell(void *context, const struct log_entry *entry)
{
	const struct walking *w = context;
	struct act act;
	if (entry->type != LOG_ACT)
		return STATUS_OK;
	enum status s = act_open(entry->body, w->hub->identity.hub_id, w->hub->identity.sign_key, &act);
	if (s != STATUS_OK)
		return s;
	int32_t day = date_of(act.at);
	if (day < w->days.from || day > w->days.to)
		return STATUS_OK;
	struct act_line line = {
		.entry = entry->n, .type = act.type, .name = name_of(&act), .at = act.at, .who = act.who};
	s = act_subject_read(w->hub, &act, &line.subject);
	return s == STATUS_OK ? w->each(w->context, &line) : s;
}

enum status acts_walk(struct hub *hub, struct period days,
		      enum status (*each)(void *context, const struct act_line *line), void *context)
{
	struct walking w = {.hub = hub, .days = days, .each = each, .context = context};
	return log_walk(hub->db, 1, tell, &w);
}
