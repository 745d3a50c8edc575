#include "hub/unit_title.h"

#include <stdio.h>
#include <string.h>

#include "config/messages.h"

static bool has_ended(const struct unit_map *map, int line)
{
	const struct unit *u = registry_unit(map->registry, line);
	return u->valid_to != DAY_UNSET && u->valid_to < map->day;
}

/* Whole codes only. */
static void add_code(char out[static UNIT_MAY_BE], size_t *len, const char *code)
{
	size_t needed = strlen(code) + (*len > 0 ? 1 : 0);
	if (*len + needed >= UNIT_MAY_BE)
		return;
	(void)snprintf(out + *len, UNIT_MAY_BE - *len, "%s%s", *len > 0 ? "," : "", code);
	*len += needed;
}

const char *unit_may_be(const struct unit_map *map, int line, char out[static UNIT_MAY_BE])
{
	const struct registry *r = map->registry;
	bool ended = has_ended(map, line);
	const struct succession *row = NULL;
	size_t len = 0;
	out[0] = '\0';
	for (int i = 0; (row = ended ? registry_heir(r, line, i) : registry_forebear(r, line, i)) != NULL; i++)
		add_code(out, &len, registry_unit(r, ended ? row->heir : row->old)->code);
	return out;
}

const char *unit_title(const struct unit_map *map, int line, char out[static UNIT_TITLE])
{
	const char *name = registry_unit(map->registry, line)->name;
	char codes[UNIT_MAY_BE];
	char day[DATE_TEXT];
	if (!unit_map_undivided(map, line))
		(void)snprintf(out, UNIT_TITLE, "%s", name);
	else if (unit_may_be(map, line, codes)[0] == '\0')
		(void)snprintf(out, UNIT_TITLE, _("%s (no unit on %s)"), name, date_format(map->day, day));
	else if (has_ended(map, line))
		(void)snprintf(out, UNIT_TITLE, _("%s (divided, not known between which of %s)"), name, codes);
	else
		(void)snprintf(out, UNIT_TITLE, _("%s (made of several, not known which of %s)"), name, codes);
	return out;
}
