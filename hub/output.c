#include "hub/output.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "config/datadir.h"
#include "config/messages.h"
#include "hub/reading.h"
#include "protocol/tables/writer.h"

enum { EVERYONE_READS = 0644 };

static enum status choose_format(const struct invocation *inv, enum report_format *ret_format)
{
	static const char *const names[] = {[REPORT_TABLE] = "table",
					    [REPORT_CSV] = "csv",
					    [REPORT_JSON] = "json",
					    [REPORT_XLSX] = "xlsx",
					    [REPORT_HTML] = "html"};
	const char *asked = option_value(inv, "format");
	size_t i = REPORT_TABLE;
	while (asked != NULL && i <= REPORT_HTML && strcmp(asked, names[i]) != 0)
		i++;
	if (i > REPORT_HTML)
		return reading_misused(_("--format takes table, csv, json, xlsx or html."));
	if (inv->json && i != REPORT_TABLE && i != REPORT_JSON)
		return reading_misused(_("--json and another --format ask for two things at once."));
	*ret_format = inv->json ? REPORT_JSON : (enum report_format)i;
	return STATUS_OK;
}

bool output_in_the_way(const char *path)
{
	struct stat st;
	return lstat(path, &st) == 0 && !S_ISREG(st.st_mode);
}

enum status output_choose(const struct invocation *inv, struct output *ret_output)
{
	struct output output = {.path = option_value(inv, "output")};
	enum status s = choose_format(inv, &output.format);
	if (s != STATUS_OK)
		return s;
	if (output.path != NULL && strcmp(output.path, "-") == 0)
		output.path = NULL;
	if (output.path != NULL && output_in_the_way(output.path))
		return reading_misused(_("--output takes the name of a plain file."));
	if (output.path == NULL && output.format == REPORT_XLSX && isatty(STDOUT_FILENO) == 1)
		return reading_misused(_("A spreadsheet is not for the terminal: give --output FILE."));
	*ret_output = output;
	return STATUS_OK;
}

enum status output_open(struct output *output)
{
	output->stream = output->path == NULL ? stdout : open_memstream(&output->text, &output->len);
	return output->stream == NULL ? STATUS_NO_MEMORY : STATUS_OK;
}

/* The text is complete after the stream is closed. */
static enum status close_text(struct output *output)
{
	bool failed = ferror(output->stream) != 0;
	failed = fclose(output->stream) != 0 || failed;
	output->stream = NULL;
	return failed ? STATUS_NO_MEMORY : STATUS_OK;
}

static int put_file(struct output *output, enum status s)
{
	enum status closed = close_text(output);
	s = s == STATUS_OK ? closed : s;
	int exit_status = EXIT_DONE;
	if (s != STATUS_OK) {
		exit_status = say_error(s, NULL);
	} else {
		s = file_write(output->path, slice_of(output->text, output->len), EVERYONE_READS);
		if (s != STATUS_OK)
			exit_status = say_error(s, _("%s cannot be written: %s"), output->path, status_sentence(s));
	}
	free(output->text);
	output->text = NULL;
	return exit_status;
}

int output_close(struct output *output, enum status s)
{
	if (output->stream == NULL)
		return status_exit(s);
	if (output->path != NULL)
		return put_file(output, s);
	if (s == STATUS_OK)
		s = writer_status(output->stream);
	output->stream = NULL;
	return s == STATUS_OK ? EXIT_DONE : say_error(s, NULL);
}
