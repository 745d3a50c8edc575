#include "config/options.h"

#include <assert.h>
#include <ctype.h>
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/datadir.h"
#include "config/log.h"
#include "config/messages.h"
#include "config/options_help.h"

enum { GO_ON = -1 /* no exit status yet */ };

/* An option as it was written. Borrows from argv. */
struct given {
	const char *word; /* with its dashes; word_len bytes up to '=' */
	size_t word_len;
	const char *name; /* after the dashes */
	size_t name_len;
	const char *value; /* NULL: none */
};

struct parse {
	int argc;
	char **argv;
	struct given *options; /* argc of them fit, as of the words */
	int n_options;
	char **words; /* what is not an option, in order */
	int n_words;
	int n_command_words;
	const char *group; /* the first word, where it only begins commands of two words; NULL */
	const char *common[COMMON_COUNT];
	struct invocation inv;
};

static struct given split(const char *word)
{
	size_t dashes = word[1] == '-' ? 2 : 1;
	size_t len = strcspn(word, "=");
	struct given g = {.word = word, .word_len = len, .name = word + dashes, .name_len = len - dashes};
	if (word[len] == '=')
		g.value = word + len + 1;
	/* One dash goes with one letter, two with a name: -json and --q are unknown, as no name begins with a dash.
	 */
	if ((g.name_len == 1) != (dashes == 1)) {
		g.name = word;
		g.name_len = len;
	}
	return g;
}

/* The position of the option in a table, -1 if it is not there. table may be NULL. */
static int find_option(const struct option_spec *table, const struct given *g)
{
	for (int i = 0; table != NULL && table[i].name != NULL; i++) {
		assert(i < OPTIONS_MAX);
		if (strlen(table[i].name) == g->name_len && memcmp(table[i].name, g->name, g->name_len) == 0)
			return i;
	}
	return -1;
}

/* Whether the next word is this option's value. While the command is not known, any command's option counts. */
static bool takes_next(const struct parse *p, const struct given *g)
{
	int at = find_option(options_common, g);
	if (at >= 0 || g->value != NULL)
		return g->value == NULL && options_common[at].value != NULL;
	for (const struct command *c = p->inv.program->commands; c->name != NULL; c++) {
		if (p->inv.command != NULL && c != p->inv.command)
			continue;
		at = find_option(c->options, g);
		if (at >= 0)
			return c->options[at].value != NULL;
	}
	return false;
}

/* "-" and negative numbers are values and arguments; anything else that begins with a dash is an option. */
static bool is_option(const char *word)
{
	return word[0] == '-' && word[1] != '\0' && !isdigit((unsigned char)word[1]);
}

static void collect(struct parse *p)
{
	bool ended = false;
	p->n_options = 0;
	p->n_words = 0;
	for (int i = 1; i < p->argc; i++) {
		char *word = p->argv[i];
		if (ended || !is_option(word)) {
			p->words[p->n_words++] = word;
			continue;
		}
		if (strcmp(word, "--") == 0) {
			ended = true;
			continue;
		}
		struct given g = split(word);
		if (takes_next(p, &g) && i + 1 < p->argc && !is_option(p->argv[i + 1]))
			g.value = p->argv[++i];
		p->options[p->n_options++] = g;
	}
}

static bool begins_with_word(const char *name, const char *word)
{
	size_t len = strlen(word);
	return strncmp(name, word, len) == 0 && (name[len] == ' ' || name[len] == '\0');
}

/* How many words of the line spell this command's name, 0 if they do not. */
static int matching_words(const struct parse *p, const struct command *command)
{
	if (p->n_words == 0 || !begins_with_word(command->name, p->words[0]))
		return 0;
	const char *second = command->name + strlen(p->words[0]);
	if (*second == '\0')
		return 1;
	return p->n_words > 1 && strcmp(second + 1, p->words[1]) == 0 ? 2 : 0;
}

static void find_command(struct parse *p)
{
	for (const struct command *c = p->inv.program->commands; c->name != NULL; c++) {
		int n = matching_words(p, c);
		if (n > p->n_command_words) {
			p->n_command_words = n;
			p->inv.command = c;
		}
		if (p->n_words > 0 && begins_with_word(c->name, p->words[0]))
			p->group = p->words[0];
	}
	if (p->inv.command != NULL)
		p->group = NULL;
}

static int wrong_use(const struct parse *p, const char *what, ...) PRINTF_LIKE(2, 3);

/* One line that names the bad word and where to read on. */
static int wrong_use(const struct parse *p, const char *what, ...)
{
	const char *command = p->inv.command == NULL ? p->group : p->inv.command->name;
	va_list args;
	va_start(args, what);
	(void)fprintf(stderr, "%s: ", status_code(STATUS_USAGE)); /* nowhere to report a failure, here and below */
	(void)vfprintf(stderr, what, args);
	va_end(args);
	(void)fprintf(stderr, _("; see %s%s%s --help\n"), p->inv.program->name, command == NULL ? "" : " ",
		      command == NULL ? "" : command);
	return status_exit(STATUS_USAGE);
}

static int wrong_command(const struct parse *p)
{
	if (p->group == NULL)
		return wrong_use(p, _("unknown command %s"), p->words[0]);
	if (p->n_words == 1)
		return wrong_use(p, _("the command %s needs a second word"), p->words[0]);
	return wrong_use(p, _("unknown command %s %s"), p->words[0], p->words[1]);
}

/* "device --help": about all commands that begin so. */
static bool asks_about_group(const struct parse *p)
{
	bool asks = false;
	for (int i = 0; i < p->n_options; i++) {
		int at = find_option(options_common, &p->options[i]);
		asks = asks || at == COMMON_HELP || at == COMMON_VERSION;
	}
	return asks && p->group != NULL && p->n_words == 1;
}

static int take_option(struct parse *p, const struct given *g)
{
	const struct option_spec *table = options_common;
	const char **values = p->common;
	int at = find_option(table, g);
	if (at < 0 && p->inv.command != NULL) {
		table = p->inv.command->options;
		values = p->inv.values;
		at = find_option(table, g);
	}
	int len = (int)g->word_len;
	if (at < 0)
		return wrong_use(p, _("unknown option %.*s"), len, g->word);
	if (values[at] != NULL)
		return wrong_use(p, _("the option %.*s is given twice"), len, g->word);
	if (table[at].value == NULL && g->value != NULL)
		return wrong_use(p, _("the option %.*s takes no value"), len, g->word);
	if (table[at].value != NULL && (g->value == NULL || g->value[0] == '\0'))
		return wrong_use(p, _("the option %.*s needs a value: %s"), len, g->word, table[at].value);
	values[at] = g->value == NULL ? "" : g->value;
	return GO_ON;
}

/* Before anything is said: the language that was asked for, as far as it is one we have. */
static enum status choose_language(const struct parse *p)
{
	const char *language = "vi";
	for (int i = 0; i < p->n_options; i++) {
		const struct given *g = &p->options[i];
		if (find_option(options_common, g) == COMMON_LANG && g->value != NULL)
			language = g->value;
	}
	enum status s = messages_open(language);
	return s == STATUS_USAGE ? messages_open("vi") : s;
}

static int check_line(struct parse *p)
{
	if (p->n_words > 0 && p->inv.command == NULL && !asks_about_group(p))
		return wrong_command(p);
	for (int i = 0; i < p->n_options; i++) {
		int exit_status = take_option(p, &p->options[i]);
		if (exit_status != GO_ON)
			return exit_status;
	}
	const char *language = p->common[COMMON_LANG];
	if (language != NULL && strcmp(language, "vi") != 0 && strcmp(language, "en") != 0)
		return wrong_use(p, _("--lang knows vi and en, not %s"), language);
	return GO_ON;
}

static int check_arguments(struct parse *p)
{
	const struct command *command = p->inv.command;
	p->inv.arguments = p->words + p->n_command_words;
	p->inv.n_arguments = p->n_words - p->n_command_words;
	if (p->inv.n_arguments < command->min_arguments)
		return wrong_use(p, _("an argument is missing: %s"),
				 command->arguments == NULL ? "" : command->arguments);
	if (command->max_arguments >= 0 && p->inv.n_arguments > command->max_arguments)
		return wrong_use(p, _("one argument too many: %s"), p->inv.arguments[command->max_arguments]);
	return GO_ON;
}

static void take_common(struct parse *p)
{
	struct invocation *inv = &p->inv;
	inv->config_given = p->common[COMMON_CONFIG] != NULL;
	inv->data = p->common[COMMON_DATA] != NULL ? p->common[COMMON_DATA] : inv->program->default_data;
	inv->config = inv->config_given ? p->common[COMMON_CONFIG] : inv->program->default_config;
	inv->language = p->common[COMMON_LANG];
	inv->json = p->common[COMMON_JSON] != NULL;
	inv->quiet = p->common[COMMON_QUIET] != NULL;
	inv->verbose = p->common[COMMON_VERBOSE] != NULL;
	if (inv->quiet) {
		say_quietly();
		log_set_level(LOG_WARNING);
	}
	if (inv->verbose)
		log_set_level(LOG_DEBUG);
}

static int answer(struct parse *p)
{
	const struct program *program = p->inv.program;
	int exit_status = check_line(p);
	if (exit_status != GO_ON)
		return exit_status;
	if (p->common[COMMON_VERSION] != NULL) {
		(void)printf("%s %s\n", program->name,
			     program->version); /* asked for when standard output is flushed */
		return EXIT_DONE;
	}
	if (p->common[COMMON_HELP] != NULL) {
		if (p->inv.command == NULL)
			options_print_program(program, p->group);
		else
			options_print_command(program, p->inv.command);
		return EXIT_DONE;
	}
	if (p->inv.command == NULL)
		return wrong_use(p, _("no command given"));
	exit_status = check_arguments(p);
	if (exit_status != GO_ON)
		return exit_status;
	take_common(p);
	return p->inv.command->run(&p->inv);
}

/* A report that did not reach its file whole must not end with 0. */
static int flush_output(int exit_status)
{
	enum status s = STATUS_OK;
	if (fflush(stdout) != 0)
		s = status_of_errno(errno);
	else if (ferror(stdout))
		s = STATUS_DISK;
	/* A command that noticed has said so. */
	if (s == STATUS_OK || exit_status == EXIT_DISK)
		return exit_status;
	int failed = say_error(s, _("The output could not be written whole."));
	return exit_status == EXIT_DONE ? failed : exit_status;
}

int options_dispatch(const struct program *program, int argc, char **argv, void *context)
{
	struct parse p = {.argc = argc, .argv = argv, .inv = {.program = program, .context = context}};
	int exit_status = EXIT_LATER;
	size_t n = argc > 0 ? (size_t)argc : 1;
	p.words = calloc(n, sizeof(*p.words));
	p.options = calloc(n, sizeof(*p.options));
	if (p.words == NULL || p.options == NULL)
		goto out;
	collect(&p);
	find_command(&p);
	collect(&p); /* again, now that the command tells which of its options take a value */
	if (choose_language(&p) != STATUS_OK)
		goto out;
	exit_status = flush_output(answer(&p));
out:
	free(p.options);
	free(p.words);
	return exit_status;
}

/* The option's value in the invocation; the name must be in the table. */
static const char *find_value(const struct invocation *inv, const char *name, bool flag)
{
	struct given wanted = {.name = name, .name_len = strlen(name)};
	int at = find_option(inv->command->options, &wanted);
	assert(at >= 0);
	assert((inv->command->options[at].value == NULL) == flag);
	return inv->values[at];
}

bool option_offered(const struct invocation *inv, const char *name)
{
	struct given wanted = {.name = name, .name_len = strlen(name)};
	return inv->command->options != NULL && find_option(inv->command->options, &wanted) >= 0;
}

const char *option_value(const struct invocation *inv, const char *name)
{
	return find_value(inv, name, false);
}

bool option_flag(const struct invocation *inv, const char *name)
{
	return find_value(inv, name, true) != NULL;
}

enum status option_number(const char *text, long long min, long long max, long long *ret_value)
{
	const char *digits = text[0] == '-' ? text + 1 : text;
	if (!isdigit((unsigned char)digits[0]))
		return STATUS_USAGE;
	char *end = NULL;
	errno = 0;
	long long value = strtoll(text, &end, 10);
	if (errno != 0 || *end != '\0' || value < min || value > max)
		return STATUS_USAGE;
	*ret_value = value;
	return STATUS_OK;
}
