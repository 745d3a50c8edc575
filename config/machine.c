#include "config/machine.h"

#include <string.h>

#include "config/datadir.h"

void machine_line(const char *path, char ret_line[static MACHINE_TEXT])
{
	struct bytes content = bytes_new(MACHINE_TEXT - 1);
	ret_line[0] = '\0';
	if (file_read(path, &content) == STATUS_OK && content.len > 0) {
		memcpy(ret_line, content.data, content.len);
		ret_line[content.len] = '\0';
		ret_line[strcspn(ret_line, "\r\n")] = '\0';
	}
	bytes_free(&content);
}

void machine_id(const char *path, char ret_id[static MACHINE_TEXT])
{
	if (path == NULL)
		machine_own_id(ret_id);
	else
		machine_line(path, ret_id);
}
