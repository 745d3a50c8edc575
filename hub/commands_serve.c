#include <stdio.h>
#include <string.h>

#include "config/messages.h"
#include "hub/commands.h"
#include "hub/serve.h"

/* As they were asked for; admin is empty where there is none. */
struct addresses {
	const char *listen;
	const char *admin;
};

/* Port 0 is allowed here: any free one. */
static enum status read_listen(const char *text, char ret_host[static INVITATION_HOST + 1], uint16_t *ret_port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon == NULL ? 0 : (size_t)(colon - text);
	long long port = 0;
	if (len == 0 || len > INVITATION_HOST || option_number(colon + 1, 0, UINT16_MAX, &port) != STATUS_OK)
		return STATUS_USAGE;
	bool brackets = text[0] == '[' && text[len - 1] == ']';
	(void)snprintf(ret_host, INVITATION_HOST + 1, "%.*s", (int)(brackets ? len - 2 : len),
		       brackets ? text + 1 : text);
	*ret_port = (uint16_t)port;
	return STATUS_OK;
}

static int say_taken(bool admin, const char *listen)
{
	const char *advice = admin ? _("Stop it, or take another port with --admin or the setting admin.")
				   : _("Stop it, or take another port with --listen or the setting listen.");
	return say_error_advice(STATUS_BUSY, advice, _("At %s another program listens already."), listen);
}

static int say_unlistenable(bool admin, const char *listen)
{
	const char *advice = admin ? _("Take an address of this machine and a port above 1023, with --admin or "
				       "the setting admin.")
				   : _("Take an address of this machine and a port above 1023, with --listen or "
				       "the setting listen.");
	return say_error_advice(STATUS_SETTINGS, advice, _("This program cannot listen at %s."), listen);
}

static int say_unserved(enum status s, const struct addresses *a, bool at_admin, const char *dir)
{
	int exit_status = s == STATUS_PERMISSION ? commands_say_rights(dir) : EXIT_DONE;
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (s == STATUS_BUSY)
		return say_taken(at_admin, at_admin ? a->admin : a->listen);
	if (s == STATUS_SETTINGS)
		return say_unlistenable(at_admin, at_admin ? a->admin : a->listen);
	return say_error(s, "%s: %s", dir, status_sentence(s));
}

/* A port alone is that of this machine's own address: nobody else is told anything unless it is asked for. */
static enum status read_admin(const char *text, char ret_host[static INVITATION_HOST + 1], uint16_t *ret_port)
{
	long long port = 0;
	const char *alone = text[0] == ':' ? text + 1 : text;
	if (option_number(alone, 0, UINT16_MAX, &port) != STATUS_OK)
		return read_listen(text, ret_host, ret_port);
	(void)snprintf(ret_host, INVITATION_HOST + 1, "127.0.0.1"); /* fits */
	*ret_port = (uint16_t)port;
	return STATUS_OK;
}

static enum status read_limits(const struct hub_program *program, struct connections_plan *ret_limits)
{
	*ret_limits = (struct connections_plan){.most = (size_t)program->connections,
						.per_address = (size_t)program->per_address,
						.handshake_ms = program->handshake_seconds * 1000,
						.headers_ms = program->header_seconds * 1000,
						.body_ms = program->body_seconds * 1000,
						.in_flight = (size_t)program->in_flight_mib * 1024 * 1024};
	return networks_parse(program->trusted, &ret_limits->trusted);
}

/* EXIT_DONE, or the exit status after saying what is wrong. */
static int choose_addresses(const struct invocation *inv, const struct addresses *a, struct serve_plan *plan)
{
	const char *wrong = NULL;
	if (read_listen(a->listen, plan->address, &plan->port) != STATUS_OK)
		wrong = a->listen;
	else if (a->admin[0] != '\0' && read_admin(a->admin, plan->admin_address, &plan->admin_port) != STATUS_OK)
		wrong = a->admin;
	if (wrong != NULL)
		return say_error(STATUS_USAGE, _("%s is not an address to listen at, such as 0.0.0.0:8443."),
				 wrong);
	if (read_limits(commands_program(inv), &plan->limits) != STATUS_OK)
		return say_error_advice(STATUS_SETTINGS, _("Correct the setting and start again."),
					_("%s: trusted must be networks such as 10.0.0.0/8, fd00::/8."),
					inv->config);
	return EXIT_DONE;
}

int command_serve(struct invocation *inv)
{
	const struct hub_program *program = commands_program(inv);
	struct serve_plan plan = {.stop = program->stop};
	int exit_status = commands_settings(inv);
	if (exit_status != EXIT_DONE)
		return exit_status;
	/* The command line comes before the settings. */
	const char *listen = option_value(inv, "listen");
	const char *admin = option_value(inv, "admin");
	const struct addresses a = {listen == NULL ? program->listen : listen,
				    admin == NULL ? program->admin : admin};
	exit_status = choose_addresses(inv, &a, &plan);
	if (exit_status != EXIT_DONE)
		return exit_status;
	struct hub *hub = commands_enter(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	bool at_admin = false;
	plan.threads = (unsigned)program->threads;
	plan.backups = (struct nightly_plan){
		.folder = program->backup, .hour = (int)program->backup_hour, .keep = program->backup_keep};
	program->catch_signals();
	enum status s = serve_run(hub, &plan, &at_admin);
	hub_close(hub);
	return s == STATUS_OK ? EXIT_DONE : say_unserved(s, &a, at_admin, inv->data);
}
