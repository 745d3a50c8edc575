#include "hub/returning.h"

#include <stdio.h>
#include <string.h>

#include "protocol/reply.h"

enum status returning_unit(const struct hub *hub, const struct enrol_request *request, struct slice evidence,
			   char ret_unit[static LIMIT_UNIT + 1])
{
	struct enrolled then;
	uint8_t id[KEY_ID_LEN];
	sign_key_id(request->public_key, id);
	if (enrolled_open(evidence, hub->identity.hub_id, hub->identity.sign_key, &then) != STATUS_OK ||
	    memcmp(then.device, id, DEVICE_ID_LEN) != 0 ||
	    registry_find_unit(hub->registry, then.unit) == UNIT_NONE)
		return STATUS_INVITATION;
	(void)snprintf(ret_unit, LIMIT_UNIT + 1, "%.*s", (int)then.unit.len, (const char *)then.unit.data);
	return STATUS_OK;
}
