#include "agent/setup.h"

#include <string.h>

#include "config/messages.h"
#include "protocol/limits.h"

static const struct setup defaults = {
	.lang = "vi",
	.spool = "/var/spool/motcua",
	.sync_minutes = 15,
	.patience_s = LIMIT_PATIENCE_S,
	.sync_after = 200,
};

int setup_read(const char *path, bool must_exist, struct setup *ret_setup)
{
	struct setup setup = defaults;
	const struct setting table[] = {
		{"agent", "lang", SETTING_TEXT, 0, 0, setup.lang},
		{"agent", "spool", SETTING_TEXT, 0, 0, setup.spool},
		{"agent", "keep_imported_days", SETTING_INT, 0, 3650, &setup.keep_imported_days},
		{"agent", "uplink", SETTING_TEXT, 0, 0, setup.uplink},
		{"agent", "sync_minutes", SETTING_INT, 1, 1440, &setup.sync_minutes},
		{"agent", "sync_after", SETTING_INT, 1, 1000000, &setup.sync_after},
		{"agent", "patience_s", SETTING_INT, 1, LIMIT_PATIENCE_MAX_S, &setup.patience_s},
		{"agent", "proxy", SETTING_TEXT, 0, 0, setup.proxy},
		{"agent", "url", SETTING_TEXT, 0, 0, setup.url},
		{"agent", "machine_id", SETTING_TEXT, 0, 0, setup.machine_id},
	};
	struct settings_fault fault = {0};
	enum status s = settings_read(path, table, sizeof(table) / sizeof(table[0]), &fault);
	if (s == STATUS_EMPTY && !must_exist)
		s = STATUS_OK;
	if (s == STATUS_SETTINGS)
		return fault.line > 0 ? say_error(s, _("%s, line %d: %s"), path, fault.line, fault.what)
				      : say_error_advice(s, "", "%s: %s", path, fault.what);
	if (s == STATUS_EMPTY)
		return say_error_advice(STATUS_SETTINGS, _("Check the name after --config."),
					_("There is no settings file %s."), path);
	if (s != STATUS_OK)
		return say_error(s, _("The settings file %s cannot be read."), path);
	bool known_language = strcmp(setup.lang, "vi") == 0 || strcmp(setup.lang, "en") == 0;
	if (!known_language)
		return say_error_advice(STATUS_SETTINGS, _("Correct the setting and start again."),
					_("%s: lang must be vi or en."), path);
	*ret_setup = setup;
	return EXIT_DONE;
}
