#include "agent/session.h"

#include <inttypes.h>
#include <stdio.h>

#include "agent/anchor.h"
#include "agent/enrolment.h"
#include "agent/repair.h"
#include "agent/returning.h"
#include "config/log.h"
#include "config/messages.h"
#include "config/rights.h"

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
	session->world.patience_s = session->setup.patience_s;
	session->world.reserve_bytes = AGENT_RESERVE_BYTES;
	machine_id(session->setup.machine_id[0] == '\0' ? NULL : session->setup.machine_id, session->machine);
	machine_boot(session->boot);
	session->world.machine = session->machine;
	session->world.boot = session->boot;
	if (!with_network)
		return EXIT_DONE;
	const char *uplink = session->setup.uplink[0] == '\0' ? NULL : session->setup.uplink;
	session->world.transport = uplink_transport_new(uplink, NULL);
	return session->world.transport == NULL ? say_error(STATUS_NO_MEMORY, NULL) : EXIT_DONE;
}

/* The rights of what is there, with the very command that mends them; EXIT_DONE if nothing is amiss with them. */
static int say_rights(const char *dir)
{
	static const struct rights_item items[] = {
		{AGENT_KEY, RIGHTS_SECRET},     {AGENT_DATABASE, RIGHTS_FILE}, {AGENT_IDENTITY, RIGHTS_FILE},
		{ANCHOR_FILE, RIGHTS_FILE},     {ENROLMENT_FILE, RIGHTS_FILE}, {AGENT_SEAL_LOCK, RIGHTS_FILE},
		{AGENT_SYNC_LOCK, RIGHTS_FILE}, {ENROLLED_FILE, RIGHTS_FILE},
	};
	return rights_say(dir, items, sizeof(items) / sizeof(items[0]));
}

int session_say_unopened(enum status s, const char *dir)
{
	int exit_status = s == STATUS_PERMISSION ? say_rights(dir) : EXIT_DONE;
	if (exit_status != EXIT_DONE)
		return exit_status;
	if (s == STATUS_NO_DATA)
		return say_error_advice(s,
					_("Ask the province for an invitation, then run: motcua-agent enroll CODE"),
					_("This computer is not enrolled yet (%s)."), dir);
	switch (repair_judge(dir, s)) {
	case REPAIR_DATABASE:
		return say_error_advice(s, _("Delete nothing. Run: motcua-agent reidentify"),
					_("DB-LOST: the database is gone from %s; the keys are here."), dir);
	case REPAIR_DAMAGED:
		return say_error_advice(
			s,
			_("Delete nothing. Run: motcua-agent reidentify - it keeps the damaged file "
			  "and takes over what can be read."),
			_("DB-DAMAGED: the database in %s is damaged."), dir);
	case REPAIR_KEY:
		return say_error_advice(
			s,
			_("Delete nothing. Ask the province for a new invitation (invite UNIT "
			  "--replaces DEVICE), then run: motcua-agent enroll CODE"),
			_("KEY-LOST: in %s the key of this computer, or a file it cannot do without, is gone "
			  "or damaged."),
			dir);
	case REPAIR_NONE:
	case REPAIR_UNSEEN:
	case REPAIR_NOT_ENROLLED:
		break;
	}
	return say_error(s, _("The data directory %s cannot be used: %s"), dir, status_sentence(s));
}

const char *session_incarnation(const struct incarnation *incarnation, char ret_text[static INCARNATION_TEXT])
{
	(void)snprintf(ret_text, INCARNATION_TEXT, "%" PRIu64 "-%016" PRIx64, incarnation->ordinal,
		       incarnation->bits); /* sized for both */
	return ret_text;
}

const char *session_copied(void)
{
	return _(
		"DB-ROLLED-BACK: the data here were an older copy, or another computer works with a copy of them. "
		"What is here without a receipt goes out under new numbers and counts once; what was entered since "
		"the copy was made and not sent must be entered again. Tell the province if nobody put them back.");
}

const char *session_regressed(void)
{
	return _("HUB-REGRESSED: the hub has less than it acknowledged; it was put back from a copy. Nothing is "
		 "deleted "
		 "here, and what it lacks is sent again.");
}

int session_say_no_address(void)
{
	return say_error_advice(
		STATUS_UNREACHABLE,
		_("Use 'export' and 'receive'. Once there is a line, put the address into the settings: url = "
		  "https://HOST:PORT"),
		_("This computer enrolled by stick and knows no address of the hub."));
}

/* What a status means of an exchange, where that is not what it means of a file or a command. */
static const struct {
	enum status status;
	const char *sentence;
	const char *advice;
} unsent[] = {
	{STATUS_CLONED, N_("CLONED: these data were set up on another computer. Nothing was sent."),
	 N_("If this computer takes the other one's place, or both are to work on, run: motcua-agent reidentify - "
	    "what you enter meanwhile is kept.")},
	{STATUS_SETTINGS, N_("The program that talks to the network cannot be started."),
	 N_("Put motcua-uplink beside motcua-agent, or correct the setting uplink.")},
	{STATUS_BUSY, N_("The hub is busy, or this computer is exchanging with it already."),
	 N_("Try again in a minute.")},
	{STATUS_FORGED,
	 N_("What reached the hub is not what this computer signed: something on the way changes it."),
	 N_("Everything is kept here. Try another network, or take it there on a stick: motcua-agent export FILE")},
	{STATUS_MALFORMED, N_("The hub cannot read what reached it: something on the way may change it."),
	 N_("Everything is kept here. Try another network, or take it there on a stick: motcua-agent export FILE")},
	{STATUS_FOREIGN,
	 N_("What came back is not the hub's answer to this request: something on the way changes or "
	    "repeats answers."),
	 N_("Nothing was lost and nothing was deleted. Try again, or another network; tell the province if it "
	    "happens "
	    "again.")},
	{STATUS_LIMIT, N_("The hub's answer, or what was sent, is longer than it may be."),
	 N_("Everything is kept here; the next attempt sends less at once.")},
};

const char *session_unsent(enum status s, const char **ret_advice)
{
	for (size_t i = 0; i < sizeof(unsent) / sizeof(unsent[0]); i++) {
		if (unsent[i].status != s)
			continue;
		*ret_advice = _(unsent[i].advice);
		return _(unsent[i].sentence);
	}
	*ret_advice = status_advice(s);
	return status_sentence(s);
}

int session_say_unsent(enum status s)
{
	const char *advice = NULL;
	const char *sentence = session_unsent(s, &advice);
	return say_error_advice(s, advice, "%s", sentence);
}

const char *session_use_a_stick(void)
{
	return _("Nothing has got through for a day or longer. By stick it does: motcua-agent export FILE");
}

int session_enter(const struct invocation *inv, struct session *session)
{
	enum status s = agent_open(inv->data, &session->world, &session->agent);
	return s == STATUS_OK ? session_address(inv, session) : session_say_unopened(s, inv->data);
}

int session_address(const struct invocation *inv, struct session *session)
{
	const char *url = session->setup.url;
	if (url[0] != '\0' && address_parse(url, session->agent->host, &session->agent->port) != STATUS_OK)
		return say_error_advice(STATUS_SETTINGS, _("Correct the setting and start again."),
					_("%s: url is not an address such as https://hub.example:8443."),
					inv->config);
	return EXIT_DONE;
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
