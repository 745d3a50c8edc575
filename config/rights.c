#include "config/rights.h"

#include <stdio.h>
#include <stdlib.h>

#include "config/datadir.h"
#include "config/messages.h"

static int say_one(const char *path, enum rights_kind kind)
{
	char owner[RIGHTS_TEXT];
	char remedy[RIGHTS_TEXT];
	char advice[2 * RIGHTS_TEXT];
	enum rights found = rights_judge(path, kind, owner, remedy);
	(void)snprintf(advice, sizeof(advice), _("Run: %s"), remedy); /* has room for it */
	switch (found) {
	case RIGHTS_GOOD:
		break;
	case RIGHTS_TOO_OPEN:
		return kind == RIGHTS_SECRET
			       ? say_error_advice(STATUS_PERMISSION, advice, _("Others can read the key %s."), path)
			       : say_error_advice(STATUS_PERMISSION, advice, _("Others can write in %s."), path);
	case RIGHTS_FOREIGN:
		return say_error_advice(STATUS_PERMISSION, advice, _("%s belongs to the user %s."), path, owner);
	case RIGHTS_NO_FILE:
		return say_error_advice(STATUS_PERMISSION, _("Put the file itself in its place."),
					_("%s is a link, or no file."), path);
	}
	return EXIT_DONE;
}

int rights_say(const char *dir, const struct rights_item *items, size_t n_items)
{
	int exit_status = say_one(dir, RIGHTS_FOLDER);
	for (size_t i = 0; exit_status == EXIT_DONE && i < n_items; i++) {
		char *path = path_join(dir, items[i].name);
		if (path != NULL)
			exit_status = say_one(path, items[i].kind);
		free(path);
	}
	return exit_status;
}
