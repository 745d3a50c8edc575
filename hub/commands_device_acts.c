/* What an operator decides about one computer. */
#include <string.h>

#include "config/messages.h"
#include "config/wording.h"
#include "hub/commands.h"
#include "hub/device_acts.h"
#include "hub/devices.h"

int commands_no_device(enum status s, const char *text)
{
	const char *advice = _("'device list' shows the computers.");
	if (s == STATUS_DIFFERENT)
		return say_error_advice(STATUS_USAGE, advice, _("%s is not one computer but several."), text);
	if (s == STATUS_USAGE)
		return say_error_advice(s, advice,
					_("%s is neither the id of a computer nor its first four or more digits."),
					text);
	return say_error_advice(STATUS_EMPTY, advice, _("There is no computer %s."), text);
}

bool commands_device(struct hub *hub, const char *text, struct device *ret_device, int *ret_exit)
{
	enum status s = devices_find(hub->registry, text, ret_device);
	if (s != STATUS_OK)
		*ret_exit = commands_no_device(s, text);
	return s == STATUS_OK;
}

static int say_unchanged(enum status s, const struct device *device, enum device_state now, enum device_state to)
{
	const char *state = wording_state(device_state_name(now));
	if (s == STATUS_EXISTS && to == DEVICE_ACTIVE && device->held)
		return say_error_advice(
			STATUS_REFUSED, _("Look at it with 'device list', then use 'device release'."),
			_("This computer is held because it contradicted itself; it was not suspended."));
	if (s == STATUS_EXISTS)
		return say_error_advice(STATUS_REFUSED, _("Nothing was changed."),
					_("This computer stands so already: %s."), state);
	if (s != STATUS_REFUSED)
		return say_error(s, NULL);
	if (now == DEVICE_WAITING)
		return say_error_advice(s,
					_("Let it in with 'device confirm', or turn it away with 'device revoke'."),
					_("Nothing is taken from this computer yet: %s."), state);
	if (now == DEVICE_REVOKED)
		return say_error_advice(s, _("'invite' lets the unit enrol anew."),
					_("This computer was revoked for good."));
	return say_error_advice(s, _("Nothing was changed."),
				to == DEVICE_ACTIVE
					? _("Only a suspended computer is resumed; this one is not: %s.")
					: _("This cannot be done as the computer stands: %s."),
				state);
}

static void say_changed(const struct device *device, enum device_state to)
{
	char id[2 * DEVICE_ID_LEN + 1];
	hex_format(device->id, DEVICE_ID_LEN, id);
	if (to == DEVICE_SUSPENDED)
		say(_("Device %s is suspended: nothing more of it is taken."), id);
	else if (to == DEVICE_REVOKED)
		say(_("Device %s is revoked for good; what came before stays."), id);
	else
		say(_("Device %s is let in again."), id);
	if (to == DEVICE_ACTIVE && device->held)
		say("%s", _("It is held still; see 'device release'."));
}

static int change_state(struct invocation *inv, enum device_state to)
{
	struct device device;
	enum device_state now = to;
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	if (commands_device(hub, inv->arguments[0], &device, &exit_status)) {
		enum status s = device_change_state(hub, device.id, to, commands_program(inv)->who, &now);
		if (s == STATUS_OK)
			say_changed(&device, to);
		else
			exit_status = say_unchanged(s, &device, now, to);
	}
	hub_close(hub);
	return exit_status;
}

int command_device_suspend(struct invocation *inv)
{
	return change_state(inv, DEVICE_SUSPENDED);
}

int command_device_resume(struct invocation *inv)
{
	return change_state(inv, DEVICE_ACTIVE);
}

int command_device_revoke(struct invocation *inv)
{
	return change_state(inv, DEVICE_REVOKED);
}

int command_device_release(struct invocation *inv)
{
	struct device device;
	int exit_status = EXIT_DONE;
	struct hub *hub = commands_open(inv, true, &exit_status);
	if (hub == NULL)
		return exit_status;
	if (commands_device(hub, inv->arguments[0], &device, &exit_status)) {
		char id[2 * DEVICE_ID_LEN + 1];
		enum status s = device_release(hub, device.id, commands_program(inv)->who);
		if (s == STATUS_OK)
			say(_("Device %s is released; the evidence is kept."),
			    hex_format(device.id, DEVICE_ID_LEN, id));
		else if (s == STATUS_REFUSED)
			exit_status =
				say_error_advice(s, _("Nothing was changed."), _("This computer is not held."));
		else
			exit_status = say_error(s, NULL);
	}
	hub_close(hub);
	return exit_status;
}

/* EXIT_DONE, or the exit status after saying what is wrong. */
static int ask_from(const struct invocation *inv, int32_t *ret_from)
{
	const char *text = option_value(inv, "from");
	if (text != NULL && date_parse(text, strlen(text), ret_from) == STATUS_OK)
		return EXIT_DONE;
	return say_error(STATUS_USAGE, _("--from says since when: a day as YYYY-MM-DD."));
}

static int say_assigned(const struct hub *hub, enum status s, const struct device *device, const char *unit,
			int32_t from)
{
	char id[2 * DEVICE_ID_LEN + 1];
	char day[DATE_TEXT];
	(void)hex_format(device->id, DEVICE_ID_LEN, id);
	(void)date_format(from, day);
	if (s == STATUS_OK)
		say(_("Device %s works for %s from %s on."), id, unit, day);
	else if (s == STATUS_EMPTY && registry_find_unit(hub->registry, slice_str(unit)) == UNIT_NONE)
		return say_error_advice(STATUS_USAGE, _("'units list' shows the codes."), _("There is no unit %s."),
					unit);
	else if (s == STATUS_EMPTY)
		return say_error_advice(STATUS_USAGE, _("'units list --on' shows the units of a day."),
					_("Unit %s is not valid on %s."), unit, day);
	else if (s == STATUS_REFUSED)
		return say_error_advice(s, _("Nothing was changed."), _("Device %s works for %s on %s already."),
					id, unit, day);
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}

int command_device_assign(struct invocation *inv)
{
	int32_t from = DAY_UNSET;
	int exit_status = commands_settings(inv);
	if (exit_status == EXIT_DONE)
		exit_status = ask_from(inv, &from);
	struct hub *hub = exit_status == EXIT_DONE ? commands_enter(inv, true, &exit_status) : NULL;
	if (hub == NULL)
		return exit_status;
	struct device device;
	const char *unit = inv->arguments[1];
	if (commands_device(hub, inv->arguments[0], &device, &exit_status)) {
		enum status s = device_assign(hub, device.id, unit, from, commands_program(inv)->who);
		exit_status = say_assigned(hub, s, &device, unit, from);
	}
	hub_close(hub);
	return exit_status;
}
