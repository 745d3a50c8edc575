/*
 * Column maps as files (protocol/tables/column_map.h says what stands in one; config/maps/ has ours), for the agent's
 * import and the hub's explain alike.
 */
#ifndef MOTCUA_CONFIG_MAP_FILE_H
#define MOTCUA_CONFIG_MAP_FILE_H

#include "protocol/tables/column_map.h"

enum { MAP_PATH = 512 };

struct map_problem {
	char path[MAP_PATH]; /* of the file that was read, cut to fit */
	enum map_fault fault;
	int line; /* 0: the file as a whole */
};

/*
 * The map of a file, where the name holds a slash or ends in ".ini", else of NAME.ini: in "maps" of the data
 * directory, then beside the program, then where it was installed. STATUS_EMPTY: there is none; STATUS_SETTINGS
 * with *ret_problem filled; or what reading failed with. Free the map.
 */
MUST_CHECK enum status map_file_read(const char *name, const char *data, struct column_map **ret_map,
				     struct map_problem *ret_problem);

/* What is wrong, for people. */
const char *map_file_sentence(enum map_fault fault);

/* As map_file_read, for a command: EXIT_DONE with the map, or the exit status after saying what is wrong. */
int map_file_choose(const char *name, const char *data, struct column_map **ret_map);

#endif
