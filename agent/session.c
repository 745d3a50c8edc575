#include "agent/session.h"

#include "config/log.h"
#include "config/messages.h"

int session_prepare(const struct invocation *inv, bool with_network, struct session *session)
{
	const struct shell *shell = inv->context;
	/* A command says how it ended in one or two lines; the log's are for the service and for -v. */
	if (!inv->verbose)
		log_set_level(LOG_ERROR);
	*session = (struct session){.world = {.now_ms = shell->now_ms}};
	int exit_status = setup_read(inv->config, inv->config_given, &session->setup);
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (inv->language == NULL && messages_open(session->setup.lang) != STATUS_OK)
		return say_error(STATUS_NO_MEMORY, NULL);
	session->world.proxy = slice_str(session->setup.proxy);
	if (!with_network)
		return EXIT_DONE;
	const char *uplink = session->setup.uplink[0] == '\0' ? NULL : session->setup.uplink;
	session->world.transport = uplink_transport_new(uplink);
	return session->world.transport == NULL ? say_error(STATUS_NO_MEMORY, NULL) : EXIT_DONE;
}

int session_say_unopened(enum status s, const char *dir)
{
	if (s == STATUS_NO_DATA)
		return say_error_advice(s,
					_("Ask the province for an invitation, then run: motcua-agent enroll CODE"),
					_("This computer is not enrolled yet (%s)."), dir);
	if (s == STATUS_LOST_DATA)
		return say_error_advice(s,
					_("Delete nothing. Put the missing files back from a copy, or ask the "
					  "province for help."),
					_("In %s the database or a file beside it is gone, or older than it was."),
					dir);
	return say_error(s, _("The data directory %s cannot be used: %s"), dir, status_sentence(s));
}

int session_say_unsent(enum status s)
{
	if (s == STATUS_SETTINGS)
		return say_error_advice(s,
					_("Put motcua-uplink beside motcua-agent, or correct the setting uplink."),
					_("The program that talks to the network cannot be started."));
	return say_error(s, NULL);
}

int session_enter(const struct invocation *inv, struct session *session)
{
	enum status s = agent_open(inv->data, &session->world, &session->agent);
	return s == STATUS_OK ? EXIT_DONE : session_say_unopened(s, inv->data);
}

int session_open(const struct invocation *inv, bool with_network, struct session *session)
{
	int exit_status = session_prepare(inv, with_network, session);
	return exit_status == EXIT_DONE ? session_enter(inv, session) : exit_status;
}

void session_close(struct session *session)
{
	agent_close(session->agent);
	if (session->world.transport != NULL)
		session->world.transport->close(session->world.transport);
	session->agent = NULL;
	session->world.transport = NULL;
}
