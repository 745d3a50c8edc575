#include "config/options_help.h"

#include <stdio.h>
#include <string.h>

#include "config/messages.h"

const struct option_spec options_common[COMMON_COUNT + 1] = {
	[COMMON_DATA] = {"data", "DIR", N_("the data directory")},
	[COMMON_CONFIG] = {"config", "FILE", N_("the settings file")},
	[COMMON_LANG] = {"lang", "vi|en", N_("the language of messages")},
	[COMMON_JSON] = {"json", NULL, N_("print JSON and nothing else on standard output")},
	[COMMON_QUIET] = {"q", NULL, N_("print results and errors only")},
	[COMMON_VERBOSE] = {"v", NULL, N_("say what is being done")},
	[COMMON_HELP] = {"help", NULL, N_("show this help")},
	[COMMON_VERSION] = {"version", NULL, N_("show the version")},
	[COMMON_COUNT] = {NULL, NULL, NULL},
};

/* Failures of printing are asked for once, when the program ends. */

static int option_width(const struct option_spec *option)
{
	size_t value = option->value == NULL ? 0 : 1 + strlen(option->value);
	return (int)(2 + strlen(option->name) + value);
}

static void print_option(const struct option_spec *option, int width)
{
	const char *dashes = strlen(option->name) == 1 ? "-" : "--";
	const char *value = option->value == NULL ? "" : option->value;
	int n = printf("  %s%s%s%s", dashes, option->name, value[0] == '\0' ? "" : " ", value);
	(void)printf("%*s%s", width + 4 - n, "", message(option->help));
}

static int widest_option(const struct option_spec *options, int width)
{
	for (; options != NULL && options->name != NULL; options++) {
		if (option_width(options) > width)
			width = option_width(options);
	}
	return width;
}

static void print_common(const struct program *program, int width)
{
	(void)printf("\n%s\n", _("Options of every command:"));
	for (int i = 0; i < COMMON_COUNT; i++) {
		print_option(&options_common[i], width);
		if (i == COMMON_DATA)
			(void)printf(" (%s)", program->default_data);
		if (i == COMMON_CONFIG)
			(void)printf(" (%s)", program->default_config);
		(void)putchar('\n');
	}
}

static int command_width(const struct command *command)
{
	const char *arguments = command->arguments == NULL ? "" : command->arguments;
	return (int)(strlen(command->name) + (arguments[0] == '\0' ? 0 : 1) + strlen(arguments));
}

static bool is_shown(const struct command *command, const char *group)
{
	size_t len = group == NULL ? 0 : strlen(group);
	return group == NULL || (strncmp(command->name, group, len) == 0 && command->name[len] == ' ');
}

void options_print_program(const struct program *program, const char *group)
{
	enum { WIDEST = 34 }; /* a longer command has its help on the next line */
	if (group == NULL) {
		(void)printf("%s\n\n", message(program->summary));
		(void)printf(_("Usage: %s COMMAND [OPTIONS] [ARGUMENTS]\n"), program->name);
		(void)putchar('\n');
	}
	(void)printf("%s\n", _("Commands:"));
	int width = 0;
	for (const struct command *c = program->commands; c->name != NULL; c++) {
		if (is_shown(c, group) && command_width(c) > width && command_width(c) <= WIDEST)
			width = command_width(c);
	}
	for (const struct command *c = program->commands; c->name != NULL; c++) {
		const char *arguments = c->arguments == NULL ? "" : c->arguments;
		if (!is_shown(c, group))
			continue;
		(void)printf("  %s%s%s", c->name, arguments[0] == '\0' ? "" : " ", arguments);
		int gap = width - command_width(c);
		(void)printf(gap < 0 ? "\n%*s%s\n" : "%*s%s\n", gap < 0 ? width + 4 : gap + 2, "",
			     message(c->help));
	}
	print_common(program, widest_option(options_common, 0));
	(void)printf("\n");
	(void)printf(_("%s COMMAND --help tells more about a command.\n"), program->name);
}

/* How many columns a word takes: the letters of UTF-8, not its bytes. */
static int word_width(const char *word, size_t len)
{
	int width = 0;
	for (size_t i = 0; i < len; i++)
		width += ((unsigned char)word[i] & 0xc0) != 0x80;
	return width;
}

static void print_paragraph(const char *text)
{
	enum { WIDTH = 79 };
	int column = 0;
	for (const char *at = text + strspn(text, " "); *at != '\0'; at += strspn(at, " ")) {
		size_t len = strcspn(at, " ");
		int width = word_width(at, len);
		if (column > 0 && column + 1 + width > WIDTH) {
			(void)putchar('\n');
			column = 0;
		}
		(void)printf("%s%.*s", column > 0 ? " " : "", (int)len, at);
		column += (column > 0) + width;
		at += len;
	}
	(void)putchar('\n');
}

void options_print_command(const struct program *program, const struct command *command)
{
	const char *arguments = command->arguments == NULL ? "" : command->arguments;
	(void)printf(_("Usage: %s %s [OPTIONS]"), program->name, command->name);
	(void)printf("%s%s\n\n%s\n", arguments[0] == '\0' ? "" : " ", arguments, message(command->help));
	if (command->more != NULL) {
		(void)putchar('\n');
		print_paragraph(message(command->more));
	}
	int width = widest_option(command->options, widest_option(options_common, 0));
	if (command->options != NULL && command->options[0].name != NULL)
		(void)printf("\n%s\n", _("Options:"));
	for (const struct option_spec *o = command->options; o != NULL && o->name != NULL; o++) {
		print_option(o, width);
		(void)putchar('\n');
	}
	print_common(program, width);
}
