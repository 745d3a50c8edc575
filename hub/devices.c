#include "hub/devices.h"

#include <string.h>

enum { ID_TEXT = 2 * DEVICE_ID_LEN };

static char lower(char c)
{
	return c >= 'A' && c <= 'F' ? (char)(c - 'A' + 'a') : c;
}

static bool begins_with(const struct device *d, const char *text)
{
	char id[ID_TEXT + 1];
	hex_format(d->id, DEVICE_ID_LEN, id);
	for (size_t i = 0; text[i] != '\0'; i++)
		if (i == ID_TEXT || lower(text[i]) != id[i])
			return false;
	return true;
}

/* Lets the second one in a row of candidates be told from the first. */
static enum status take_candidate(const struct device *d, enum status s, struct device *ret_device)
{
	if (s != STATUS_EMPTY)
		return STATUS_DIFFERENT;
	*ret_device = *d;
	return STATUS_OK;
}

enum status devices_find(const struct registry *r, const char *text, struct device *ret_device)
{
	size_t len = strlen(text);
	enum status s = STATUS_EMPTY;
	if (len < DEVICE_PREFIX_MIN || len > ID_TEXT || strspn(text, "0123456789abcdefABCDEF") != len)
		return STATUS_USAGE;
	for (int i = 0; i < registry_device_count(r); i++)
		if (begins_with(registry_device(r, i), text))
			s = take_candidate(registry_device(r, i), s, ret_device);
	return s;
}

static enum status find_of_unit(const struct registry *r, int unit, struct device *ret_device)
{
	enum status s = STATUS_EMPTY;
	for (int i = 0; i < registry_device_count(r); i++) {
		const struct device *d = registry_device(r, i);
		if (d->unit == unit && device_check(d) != STATUS_SUSPENDED)
			s = take_candidate(d, s, ret_device);
	}
	return s;
}

enum status devices_find_or_unit(const struct registry *r, const char *text, struct device *ret_device)
{
	int unit = registry_find_unit(r, slice_str(text));
	/* A code of digits may look like the beginning of an id; a whole id is no unit's code. */
	if (unit != UNIT_NONE && strlen(text) != ID_TEXT)
		return find_of_unit(r, unit, ret_device);
	enum status s = devices_find(r, text, ret_device);
	return s != STATUS_OK && unit != UNIT_NONE ? find_of_unit(r, unit, ret_device) : s;
}
