#include "protocol/tables/foreign/package.h"

#include <stdlib.h>
#include <zip.h>

#include "protocol/limits.h"

enum { PIECE = 64 * 1024 };

struct package {
	zip_t *zip;
	int64_t inflated; /* of all parts read so far */
	uint8_t piece[PIECE];
};

static enum status status_of(const zip_error_t *error)
{
	return zip_error_code_zip(error) == ZIP_ER_MEMORY ? STATUS_NO_MEMORY : STATUS_MALFORMED;
}

static enum status open_zip(struct package *p, struct slice file)
{
	zip_error_t error;
	zip_error_init(&error);
	zip_source_t *source = zip_source_buffer_create(file.data, file.len, 0, &error);
	if (source != NULL)
		p->zip = zip_open_from_source(source, ZIP_RDONLY, &error);
	enum status s = p->zip == NULL ? status_of(&error) : STATUS_OK;
	if (p->zip == NULL)
		zip_source_free(source);
	zip_error_fini(&error);
	return s;
}

enum status package_open(struct slice file, struct package **ret_package)
{
	struct package *p = calloc(1, sizeof(*p));
	if (p == NULL)
		return STATUS_NO_MEMORY;
	enum status s = open_zip(p, file);
	if (s == STATUS_OK && zip_get_num_entries(p->zip, 0) > PACKAGE_PARTS)
		s = STATUS_MALFORMED;
	if (s == STATUS_OK)
		*ret_package = p;
	else
		package_free(p);
	return s;
}

void package_free(struct package *p)
{
	if (p == NULL)
		return;
	if (p->zip != NULL)
		zip_discard(p->zip);
	free(p);
}

bool package_has(struct package *p, const char *name)
{
	return zip_name_locate(p->zip, name, ZIP_FL_NOCASE) >= 0;
}

enum status package_read(struct package *p, const char *name,
			 enum status (*piece)(void *context, struct slice bytes), void *context)
{
	zip_int64_t index = zip_name_locate(p->zip, name, ZIP_FL_NOCASE);
	if (index < 0)
		return STATUS_EMPTY;
	zip_file_t *part = zip_fopen_index(p->zip, (zip_uint64_t)index, 0);
	if (part == NULL)
		return status_of(zip_get_error(p->zip));
	enum status s = STATUS_OK;
	zip_int64_t n = 0;
	while (s == STATUS_OK && (n = zip_fread(part, p->piece, PIECE)) > 0) {
		p->inflated += n;
		s = p->inflated > LIMIT_IMPORT_BYTES ? STATUS_LIMIT : piece(context, slice_of(p->piece, (size_t)n));
	}
	/* The check value of the part is compared at its end. */
	if (s == STATUS_OK && n < 0)
		s = status_of(zip_file_get_error(part));
	(void)zip_fclose(part); /* only read from */
	return s;
}
