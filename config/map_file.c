#include "config/map_file.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "config/named_file.h"

static enum status read_path(const char *path, struct column_map **ret_map, struct map_problem *problem)
{
	struct bytes text = bytes_new(LIMIT_MAP);
	(void)snprintf(problem->path, sizeof(problem->path), "%s", path);
	enum status s = file_read(path, &text);
	if (s == STATUS_OK)
		s = column_map_read(bytes_slice(&text), ret_map, &problem->fault, &problem->line);
	else if (s == STATUS_LIMIT)
		*problem = (struct map_problem){.fault = MAP_TOO_LONG};
	bytes_free(&text);
	return s == STATUS_REFUSED || s == STATUS_LIMIT ? STATUS_SETTINGS : s;
}

struct asked {
	const char *file;
	struct column_map **map;
	struct map_problem *problem;
};

static enum status look(void *context, const char *dir)
{
	const struct asked *asked = context;
	char *path = path_join(dir, asked->file);
	enum status s = path == NULL ? STATUS_NO_MEMORY : read_path(path, asked->map, asked->problem);
	free(path);
	return s;
}

static bool is_path(const char *name)
{
	size_t len = strlen(name);
	return strchr(name, '/') != NULL || (len > 4 && strcmp(name + len - 4, ".ini") == 0);
}

enum status map_file_read(const char *name, const char *data, struct column_map **ret_map,
			  struct map_problem *ret_problem)
{
	enum { NAME_LEN = 64 };
	char file[NAME_LEN + 5];
	*ret_problem = (struct map_problem){.fault = MAP_OK};
	if (is_path(name))
		return read_path(name, ret_map, ret_problem);
	if (strlen(name) > NAME_LEN)
		return STATUS_EMPTY;
	(void)snprintf(file, sizeof(file), "%s.ini", name); /* fits by its size */
	struct asked asked = {.file = file, .map = ret_map, .problem = ret_problem};
	char *own = path_join(data, "maps");
	enum status s = own == NULL ? STATUS_NO_MEMORY : named_file_walk("maps", own, look, &asked);
	free(own);
	return s;
}

const char *map_file_sentence(enum map_fault fault)
{
	switch (fault) {
	case MAP_OK:
		break;
	case MAP_NOT_TEXT:
		return _("the map is not readable as UTF-8 text");
	case MAP_LINE:
		return _("a line of a map is a section, a comment, or NAME = VALUE");
	case MAP_SECTION:
		return _("the sections of a map are [map], [columns] and [units]");
	case MAP_KEY:
		return _("[map] has kind, empty, separator, confirmed and banner, each once");
	case MAP_VALUE:
		return _("a value that this key of a map does not take");
	case MAP_NO_KIND:
		return _("a map names its kind before its columns");
	case MAP_HEADING_TWICE:
		return _("a heading stands in the map twice");
	case MAP_FIELD:
		return _("this kind of record has no such field");
	case MAP_TOO_LONG:
		return _("the map is too long");
	case MAP_UNIT:
		return _("this is no unit code");
	}
	return "";
}

int map_file_choose(const char *name, const char *data, struct column_map **ret_map)
{
	const char *advice = _("Correct the map, or give another --map.");
	struct map_problem problem;
	enum status s = map_file_read(name, data, ret_map, &problem);
	if (s == STATUS_EMPTY)
		return say_error(
			STATUS_USAGE,
			_("--map names no map; it is a file, or one of td-list, td-late, land-office and igate."));
	if (s == STATUS_SETTINGS && problem.line > 0)
		return say_error_advice(s, advice, _("%s, line %d: %s"), problem.path, problem.line,
					map_file_sentence(problem.fault));
	if (s != STATUS_OK)
		return say_error_advice(s, advice, "%s: %s", problem.path,
					s == STATUS_SETTINGS ? map_file_sentence(problem.fault)
							     : status_sentence(s));
	return EXIT_DONE;
}
