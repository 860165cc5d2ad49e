/* Manual pages, in man(7) macros, from the table of commands. */
#include <string.h>

#include "help.h"
#include "photostat-version.h"

/* ---- text that roff takes as it is meant ------------------------------------------------------------------------- */

static void roff(FILE *stream, struct str text)
{
	bool line_begins = true;

	for (size_t i = 0; i < text.n; i++) {
		char c = text.p[i];

		if (line_begins && (c == '.' || c == '\''))
			(void)fputs("\\&", stream);
		line_begins = c == '\n';
		switch (c) {
		case '\\':
			(void)fputs("\\e", stream);
			break;
		case '-':
			(void)fputs("\\-", stream);
			break;
		case '\'':
			(void)fputs("\\(aq", stream);
			break;
		case '`':
			(void)fputs("\\(ga", stream);
			break;
		case '^':
			(void)fputs("\\(ha", stream);
			break;
		case '~':
			(void)fputs("\\(ti", stream);
			break;
		default:
			(void)fputc(c, stream);
		}
	}
}

static void roff_text(FILE *stream, const char *text)
{
	roff(stream, str_from(text));
}

static void line(FILE *stream, const char *text)
{
	roff_text(stream, text);
	(void)fputc('\n', stream);
}

/* "deposit" gives PHOTOSTAT-DEPOSIT or photostat\-deposit. */
static void page_name(FILE *stream, const struct command *command, bool title)
{
	const char *name = command == NULL ? "" : command->name;

	(void)fputs(title ? "PHOTOSTAT" : "photostat", stream);
	(void)fputs(name[0] == '\0' ? "" : title ? "-" : "\\-", stream);
	for (; *name != '\0'; name++) {
		if (*name == ' ' || *name == '-')
			(void)fputs(title ? "-" : "\\-", stream);
		else
			(void)fputc(title && *name >= 'a' && *name <= 'z' ? *name - 'a' + 'A' : *name, stream);
	}
}

static void top(FILE *stream, const struct command *command, const char *summary)
{
	(void)fputs(".TH ", stream);
	page_name(stream, command, true);
	(void)fputs(" 1 \"" PHOTOSTAT_DATE "\" \"photostat " PHOTOSTAT_VERSION "\" \"photostat\"\n.SH NAME\n", stream);
	page_name(stream, command, false);
	(void)fputs(" \\- ", stream);
	line(stream, summary);
}

/* Bold what is typed as it stands, italic what stands for something: words in capitals. */
static void usage(FILE *stream, const char *text)
{
	while (*text != '\0') {
		size_t n = strcspn(text, " []|=");
		bool stands_for = n > 0 && text[0] >= 'A' && text[0] <= 'Z';

		if (n > 0) {
			(void)fputs(stands_for ? "\\fI" : "\\fB", stream);
			roff(stream, (struct str){text, n});
			(void)fputs("\\fR", stream);
			text += n;
		} else {
			(void)fputc(*text, stream);
			text++;
		}
	}
}

static void options_of(FILE *stream, const struct cli_option *options)
{
	for (; options != NULL && options->name != NULL; options++) {
		(void)fputs(".TP\n\\fB", stream);
		roff_text(stream, options->name);
		(void)fputs("\\fR", stream);
		if (options->argument != NULL) {
			(void)fputc(' ', stream);
			usage(stream, options->argument);
		}
		(void)fputc('\n', stream);
		roff_text(stream, options->summary);
		(void)fputs(options->repeated ? "; may be given several times\n" : "\n", stream);
	}
}

static void exit_status(FILE *stream)
{
	(void)fputs(".SH EXIT STATUS\n"
		    ".TP\n0\nall well\n"
		    ".TP\n1\nthe answer is no: a finding, a mismatch, not found\n"
		    ".TP\n2\nwrong usage\n"
		    ".TP\n3\ncould not do it: input or output, permission, or some of what was given was refused\n",
		stream);
}

/* ---- pages ------------------------------------------------------------------------------------------------------- */

void manual_command(FILE *stream, const struct command *command)
{
	struct str details = str_from(command->details), text;
	bool literal;

	top(stream, command, command->summary);
	(void)fputs(".SH SYNOPSIS\n.nh\n\\fBphotostat ", stream);
	roff_text(stream, command->name);
	(void)fputs("\\fR ", stream);
	usage(stream, command->usage);
	(void)fputs("\n.hy\n", stream);
	for (bool first = true; help_paragraph(&details, &text, &literal); first = false) {
		(void)fputs(first ? ".SH DESCRIPTION\n" : literal ? "" : ".PP\n", stream);
		(void)fputs(literal ? ".PP\n.nf\n" : "", stream);
		roff(stream, text);
		(void)fputs(literal ? ".fi\n" : "", stream);
	}
	(void)fputs(".SH OPTIONS\n", stream);
	options_of(stream, command->options);
	options_of(stream, cli_common_options);
	exit_status(stream);
	(void)fputs(".SH EXAMPLES\n.TP\n\\fB", stream);
	roff_text(stream, command->example);
	(void)fputs("\\fR\n", stream);
	line(stream, command->example_says);
	(void)fputs(".SH SEE ALSO\n.BR photostat (1)\n", stream);
}

void manual_overview(FILE *stream)
{
	top(stream, NULL, "keep documents so that nobody can quietly lose, alter or suppress them");
	(void)fputs(".SH SYNOPSIS\n\\fBphotostat\\fR \\fICOMMAND\\fR [\\fB\\-C\\fR \\fIARCHIVE\\fR] ...\n"
		    ".SH DESCRIPTION\n"
		    "photostat keeps documents as plain files in an open layout (OCFL), commits every version of every record to a "
		    "public\n"
		    "append\\-only Merkle log (C2SP tlog\\-tiles), and gives receipts that verify offline. What is proven is that "
		    "the holder had\n"
		    "these bytes by this time; not who wrote them, nor that they are true.\n"
		    ".SH COMMANDS\n",
		stream);
	for (const struct command *const *command = cli_commands; *command != NULL; command++) {
		if ((*command)->hidden)
			continue;
		(void)fputs(".TP\n.BR ", stream);
		page_name(stream, *command, false);
		(void)fputs(" (1)\n", stream);
		line(stream, (*command)->summary);
	}
	(void)fputs(".SH OPTIONS\n", stream);
	options_of(stream, cli_common_options);
	(void)fputs(
		".PP\nWith \\fB\\-\\-json\\fR each line is an object that begins with \\fB{\"v\":1,\"type\":\\fR and its type.\n"
		"Results go to standard output, everything else to standard error.\n",
		stream);
	exit_status(stream);
	(void)fputs(".SH ENVIRONMENT\n.TP\n.B PHOTOSTAT_ARCHIVE\nthe archive's folder, where \\fB\\-C\\fR is not given\n"
		    ".TP\n.B PHOTOSTAT_PASSPHRASE_FILE\nthe file whose first line is the passphrase of the log's private key\n"
		    ".TP\n.BR VISUAL \", \" EDITOR\nthe editor of \\fBphotostat edit\\fR\n"
		    ".SH FILES\n"
		    ".TP\n.I archive.conf\nname, origin and digest, for people to read and edit\n"
		    ".TP\n.I records/\nthe records: an OCFL 1.1 storage root\n"
		    ".TP\n.I log/\nthe log: a tlog\\-tiles tree, to be published as it lies\n"
		    ".TP\n.I keys/\nprivate keys: never publish them\n"
		    ".TP\n.I staging/\ndeposits in progress\n"
		    ".TP\n.I derived/\nthe catalogue; made anew by \\fBphotostat index\\fR\n"
		    ".SH STANDARDS\nOCFL 1.1; BagIt 1.0 (RFC 8493); RFC 6962; of C2SP: signed\\-note, tlog\\-checkpoint, "
		    "tlog\\-cosignature,\n"
		    "tlog\\-tiles, tlog\\-proof, tlog\\-policy.\n",
		stream);
}
