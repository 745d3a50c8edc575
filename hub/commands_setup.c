#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "hub/commands.h"
#include "hub/output.h"
#include "protocol/tables/writer.h"

int command_init(struct invocation *inv)
{
	struct hub_plan plan = {.province = option_value(inv, "province"),
				.name = option_value(inv, "name"),
				.url = option_value(inv, "url")};
	int exit_status = commands_settings(inv);
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (plan.province == NULL || plan.name == NULL)
		return say_error(STATUS_USAGE, _("--province and --name are needed."));
	if (!schema_unit_ok(plan.province, strlen(plan.province)))
		return say_error(STATUS_USAGE,
				 _("--province is not a unit code: letters, digits, dot, hyphen and underscore."));
	char host[INVITATION_HOST + 1];
	uint16_t port = 0;
	if (plan.url != NULL && address_parse(plan.url, host, &port) != STATUS_OK)
		return say_error(STATUS_USAGE, _("--url is not an address such as https://hub.example:8443."));
	enum status s = hub_create(inv->data, &commands_program(inv)->world, &plan);
	if (s == STATUS_EXISTS)
		return say_error_advice(s, _("Nothing was changed; 'status' shows how it stands."),
					_("In %s a hub is set up already."), inv->data);
	if (s != STATUS_OK)
		return say_error(s, _("The data directory %s cannot be used: %s"), inv->data, status_sentence(s));
	say(_("The hub is set up in %s. Next: motcua-hub units import FILE"), inv->data);
	return EXIT_DONE;
}

enum { EVERYONE_READS = 0644 /* it is what the hub tells anybody who asks */ };

static void print_identity(const struct hub *hub, bool json)
{
	const struct identity *d = &hub->identity;
	char id[2 * HUB_ID_LEN + 1];
	char pins[IDENTITY_PINS][2 * HASH_LEN + 1];
	hex_format(d->hub_id, HUB_ID_LEN, id);
	for (size_t i = 0; i < IDENTITY_PINS; i++)
		hex_format(d->pins[i], HASH_LEN, pins[i]);
	if (!json) {
		/* Output is checked once, when it is flushed. */
		(void)printf(_("Province: %.*s %.*s\n"), (int)d->province.len, (const char *)d->province.data,
			     (int)d->name.len, (const char *)d->name.data);
		(void)printf(_("Hub:      %s\n"), id);
		(void)printf(_("TLS keys: %s\n          %s\n"), pins[0], pins[1]);
		return;
	}
	struct json_writer w = json_writer_new(stdout);
	json_object(&w);
	json_member_str(&w, "hub", id);
	json_key(&w, "province");
	json_text(&w, d->province);
	json_key(&w, "name");
	json_text(&w, d->name);
	json_key(&w, "pins");
	json_array(&w);
	for (size_t i = 0; i < IDENTITY_PINS; i++)
		json_str(&w, pins[i]);
	json_array_end(&w);
	json_object_end(&w);
	json_end_line(&w);
}

int command_identity(struct invocation *inv)
{
	int exit_status = EXIT_DONE;
	const char *path = option_value(inv, "output");
	struct hub *hub = commands_open(inv, false, &exit_status);
	if (hub == NULL)
		return exit_status;
	enum status s = STATUS_OK;
	if (path != NULL && output_in_the_way(path))
		exit_status = say_error(STATUS_USAGE, _("--output takes the name of a plain file."));
	else if (path != NULL)
		s = file_write(path, bytes_slice(&hub->identity_doc), EVERYONE_READS);
	else
		print_identity(hub, inv->json);
	hub_close(hub);
	if (s != STATUS_OK)
		return say_error(s == STATUS_EMPTY ? STATUS_DISK : s, _("%s cannot be written: %s"), path,
				 status_sentence(s));
	if (exit_status != EXIT_DONE || path == NULL)
		return exit_status;
	say(_("Hand %s to the commune together with its code: motcua-agent enroll CODE --identity FILE --export "
	      "FILE"),
	    path);
	return EXIT_DONE;
}
