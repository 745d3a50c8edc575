#include "agent/commands.h"

#include "agent/service.h"
#include "config/log.h"
#include "config/messages.h"

int command_run(struct invocation *inv)
{
	struct session session;
	int exit_status = session_open(inv, false, &session);
	if (exit_status == EXIT_DONE) {
		if (!inv->verbose)
			log_set_level(inv->quiet ? LOG_WARNING : LOG_NOTICE);
		enum status s = service_run(&session);
		if (s != STATUS_OK)
			exit_status = say_error(s, NULL);
	}
	session_close(&session);
	return exit_status;
}
