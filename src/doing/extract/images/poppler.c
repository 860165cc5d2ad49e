/* Poppler's programs: the only way that a PDF is looked at. */
#include "images.h"

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os/os.h"

/* Libraries, fonts, the data of tesseract's and of poppler's: nothing that anybody wrote for himself. Of programs, poppler's three. */
const char *const images_readable[] = {
	POPPLER_TEXT,
	POPPLER_PICTURE,
	POPPLER_INFO,
	"/lib",
	"/lib64",
	"/usr/lib",
	"/usr/lib64",
	"/usr/local/lib",
	"/etc/ld.so.cache",
	"/etc/fonts",
	"/var/cache/fontconfig",
	"/usr/share/fonts",
	"/usr/share/fontconfig",
	"/usr/share/poppler",
	"/usr/share/tesseract-ocr",
	"/usr/share/tessdata",
	"/usr/local/share/tessdata",
	"/usr/local/share/fonts",
	"/usr/share/color",
	"/dev/null",
	"/dev/urandom",
	NULL,
};

/* It was ended before it had its processor time: that says nothing of the document. */
static bool was_disturbed(enum os_worked worked, int code, unsigned seconds, uint64_t used)
{
	return (worked == OS_WORK_LATE || (worked == OS_WORK_KILLED && code == SIGKILL)) && used < (uint64_t)seconds * 750;
}

int poppler_run(
	int fd, const char *program, const char *const *arguments, size_t most, unsigned seconds, struct buf *out, struct err *err)
{
	uint64_t used = 0;
	int code;
	struct os_work work = {.program = program,
		.arguments = arguments,
		.input = fd,
		.keep_errors = true,
		.output_max = most,
		/* Waiting for a busy machine is not the document's fault; the processor's time is limited by the box. */
		.milliseconds = ((uint64_t)seconds * 2 + 30) * 1000,
		.used = &used};
	enum os_worked worked;
	size_t before = out->n;
	if (lseek(fd, 0, SEEK_SET) < 0)
		return err_sys(err, "the document");
	if (os_work(&work, out, &worked, &code, err) < 0)
		return -1;
	if (worked == OS_WORK_EXITED && code == 0)
		return 1;
	if (out->n > before)
		return 0;
	if (was_disturbed(worked, code, seconds, used))
		return err_set(err, ERR_BUSY, "the PDF's reader was stopped from outside, or the machine was busy");
	switch (worked) {
	case OS_WORK_LATE:
		return err_set(err, ERR_SYNTAX, "reading the PDF takes longer than %u seconds", seconds);
	case OS_WORK_KILLED:
		return err_set(err, ERR_SYNTAX,
			"the PDF stopped its reader (signal %d): too much memory or time, or a fault of the reader's", code);
	case OS_WORK_EXITED:
	case OS_WORK_TOO_MUCH:
	default:
		return err_set(err, ERR_SYNTAX, "it is damaged or no PDF, or wants a password");
	}
}

bool pdf_picture(double points_wide, double points_high, struct pdf_page *page)
{
	double longer = points_wide > points_high ? points_wide : points_high,
	       shorter = points_wide > points_high ? points_high : points_wide;
	if (!(shorter >= 1) || !(longer <= 1e6))
		return false;
	*page = (struct pdf_page){.points_wide = points_wide, .points_high = points_high, .scale = PDF_DPI / 72.0};
	if (longer * page->scale > PDF_SIDE_MAX)
		page->scale = PDF_SIDE_MAX / longer;
	page->width = (uint32_t)(points_wide * page->scale + 0.5);
	page->height = (uint32_t)(points_high * page->scale + 0.5);
	if (page->width == 0)
		page->width = 1;
	if (page->height == 0)
		page->height = 1;
	return true;
}

/* The line of pdfinfo that begins with `name`, after it; spaces skipped. */
static bool line_of(struct str info, struct str name, struct str *value)
{
	struct str line;
	while (str_take_line(&info, &line))
		if (str_starts(line, name)) {
			size_t n = name.n;
			while (n < line.n && line.p[n] == ' ')
				n++;
			*value = (struct str){line.p + n, line.n - n};
			return true;
		}
	return false;
}

int pdf_look(int fd, unsigned page, struct pdf_page *out, unsigned *pages, struct err *err)
{
	struct buf number = BUF_INIT, name = BUF_INIT, info = BUF_INIT;
	struct str value, whole;
	uint64_t count = 0;
	char *end;
	double wide, high;
	int result = -1;
	buf_u64(&number, page);
	const char *arguments[] = {"-f", number.p, "-l", number.p, "-enc", "UTF-8", "-", NULL};
	if (poppler_run(fd, POPPLER_INFO, arguments, 1u << 20, 20, &info, err) < 0)
		goto out;
	whole = buf_view(&info);
	if (!line_of(whole, STR("Pages:"), &value) || !decimal_parse(value, UINT32_MAX, &count) || count == 0) {
		err_set(err, ERR_SYNTAX, "the PDF has no pages");
		goto out;
	}
	*pages = count > TEXT_PAGES_MAX ? TEXT_PAGES_MAX : (unsigned)count;
	if (page == 0 || page > *pages) {
		err_set(err, ERR_NOT_FOUND, "the PDF has no page %u", page);
		goto out;
	}
	/* "Page    7 size:  612 x 792 pts (letter)", "Page    7 rot:   90" */
	buf_printf(&name, "Page %4u size:", page);
	if (!line_of(whole, buf_view(&name), &value)) {
		err_set(err, ERR_SYNTAX, "the PDF does not tell how large its page %u is", page);
		goto out;
	}
	wide = strtod(value.p, &end);
	high = strncmp(end, " x ", 3) == 0 ? strtod(end + 3, NULL) : 0;
	buf_clear(&name);
	buf_printf(&name, "Page %4u rot:", page);
	if (line_of(whole, buf_view(&name), &value) && (str_equal(value, STR("90")) || str_equal(value, STR("270")))) {
		double turned = wide;
		wide = high;
		high = turned;
	}
	if (!pdf_picture(wide, high, out)) {
		err_set(err, ERR_SYNTAX, "page %u of the PDF is of no size that can be shown", page);
		goto out;
	}
	result = 0;
out:
	buf_release(&number);
	buf_release(&name);
	buf_release(&info);
	return result;
}
