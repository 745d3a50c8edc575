/* Column maps that people write: read or refused with a line. */
#include "fuzz.h"

#include "protocol/tables/column_map.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct column_map *map = NULL;
	enum map_fault fault = MAP_OK;
	int line = 0;
	if (len > LIMIT_MAP)
		return 0;
	enum status s = column_map_read(slice_of(data, len), &map, &fault, &line);
	hold(s == STATUS_OK || s == STATUS_REFUSED, "what a map can be");
	hold((s == STATUS_OK) == (fault == MAP_OK), "a refused map has its fault");
	hold(line >= 0 && (size_t)line <= len + 1, "the line is one of the map");
	if (s == STATUS_OK)
		hold(column_map_kind(map) != KIND_NONE, "a map has a kind");
	column_map_free(map);
	return 0;
}
