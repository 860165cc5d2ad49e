/* Asking for what nobody should see. */
#include "passphrase.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>

#include "input.h"
#include "os/os.h"

#define FILE_VARIABLE "PHOTOSTAT_PASSPHRASE_FILE"

static int check(struct buf *line, struct err *err)
{
	if (line->n == 0)
		return err_set(err, ERR_USAGE, "the passphrase is empty");
	if (line->n > PASSPHRASE_MAX)
		return err_set(err, ERR_USAGE, "the passphrase is longer than %d bytes", PASSPHRASE_MAX);
	return 0;
}

/* The first line of it. */
static int from_file(const char *path, struct buf *out, struct err *err)
{
	struct buf bytes = BUF_INIT;
	struct str rest, line;
	int result = input_file(path, (size_t)1 << 20, &bytes, err);

	if (result == 0) {
		rest = buf_view(&bytes);
		if (!str_take_line(&rest, &line))
			line = rest;
		buf_str(out, line);
	}
	if (bytes.p != NULL)
		mem_wipe(bytes.p, bytes.n);
	buf_release(&bytes);
	return result;
}

/* Up to the end of the line. A signal ends it: the terminal must not be left mute. */
static int read_line(int terminal, size_t max, struct buf *out, struct err *err)
{
	char c = 0;

	for (;;) {
		ssize_t n = os_calls->read(terminal, &c, 1);

		if (n < 0 && errno == EINTR) {
			if (os_check_interrupted(err) != 0)
				return -1;
			continue;
		}
		if (n < 0)
			return err_sys(err, "cannot read from the terminal");
		if (n == 0 || c == '\n')
			return 0;
		if (out->n <= max)
			buf_char(out, c);
	}
}

int passphrase_line(const char *question, size_t max, struct buf *out, struct err *err)
{
	struct termios shown, mute;
	int terminal = os_open(AT_FDCWD, "/dev/tty", O_RDWR | O_NOCTTY, 0, NULL), result = -1;

	if (terminal < 0 || tcgetattr(terminal, &shown) != 0) {
		os_close(terminal);
		return err_set(err, ERR_CONFLICT, "there is no terminal to ask on: %s", question);
	}
	mute = shown;
	mute.c_lflag &= ~(tcflag_t)ECHO;
	if (tcsetattr(terminal, TCSAFLUSH, &mute) != 0) {
		err_sys(err, "cannot keep the terminal from showing what is typed");
		goto out;
	}
	if (os_write(terminal, question, strlen(question), "/dev/tty", err) == 0 &&
		os_write(terminal, ": ", 2, "/dev/tty", err) == 0)
		result = read_line(terminal, max, out, err);
	(void)tcsetattr(terminal, TCSAFLUSH, &shown);
	(void)os_write(terminal, "\n", 1, "/dev/tty", NULL);
out:
	os_close(terminal);
	return result;
}

static int ask(const char *question, const char *whose, struct buf *out, struct err *err)
{
	char line[128];
	struct err why = ERR_INIT;

	(void)snprintf(line, sizeof(line), "%s %s's key", question, whose);
	if (passphrase_line(line, PASSPHRASE_MAX, out, &why) == 0)
		return check(out, err);
	if (why.code == ERR_CONFLICT)
		err_set(err, ERR_CONFLICT,
			"it is encrypted: give its passphrase on a terminal, or name the file that holds it in $" FILE_VARIABLE);
	else if (err != NULL)
		*err = why;
	return -1;
}

static const char *file_named(void)
{
	const char *path = getenv(FILE_VARIABLE);

	return path != NULL && path[0] != '\0' ? path : NULL;
}

int passphrase_ask(const char *whose, struct buf *out, struct err *err)
{
	const char *path = file_named();

	if (path == NULL)
		return ask("Passphrase of", whose, out, err);
	return from_file(path, out, err) != 0 ? -1 : check(out, err);
}

int passphrase_new(const char *whose, struct buf *out, struct err *err)
{
	struct buf again = BUF_INIT;
	int result = -1;

	if (file_named() != NULL)
		return passphrase_ask(whose, out, err);
	if (ask("New passphrase for", whose, out, err) != 0 || ask("The same again for", whose, &again, err) != 0)
		goto out;
	if (!str_equal(buf_view(out), buf_view(&again)))
		err_set(err, ERR_MISMATCH, "the two passphrases differ; nothing was changed");
	else
		result = 0;
out:
	passphrase_release(&again);
	return result;
}

void passphrase_release(struct buf *passphrase)
{
	if (passphrase->p != NULL)
		mem_wipe(passphrase->p, passphrase->n);
	buf_release(passphrase);
}
