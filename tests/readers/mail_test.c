/* E-mail: headers, bodies in all their wrappings, attachments by name. */
#include "support.h"

static void headers_say_who_and_when(void **state)
{
	(void)state;
	struct text *text = read_bytes(read_mail, STR("From: =?utf-8?q?=C3=84nna_M=2C?= <anna@example.org>\r\nTo: \"Berg, Karl\" "
						      "<karl@example.org>,\r\n\tlisa@example.org\r\nDate: Tue, 3 "
						      "Nov 98 10:11:12 +0100\r\nSubject: =?ISO-8859-1?B?R3L832U=?=\r\n "
						      "=?ISO-8859-1?Q?_an_alle?= hier\r\nX-Other: x\r\n\r\nes regnet.\r\n"));
	assert_str(text_title(text), "Grüße an alle hier");
	assert_str(text_source(text), "mail");
	assert_described(text, "front paragraph <From>: {person anna@example.org|Änna M, <anna@example.org>}\n"
			       "front paragraph <To>: {person karl@example.org|\"Berg, Karl\" <karl@example.org>}, {person "
			       "lisa@example.org|lisa@example.org}\n"
			       "front paragraph <Date>: {date 1998-11-03|Tue, 3 Nov 98 10:11:12 +0100}\n"
			       "front paragraph <Subject>: Grüße an alle hier\n"
			       "body paragraph: es regnet.\n");
	text_free(text);
}

static void bodies_are_unwrapped(void **state)
{
	(void)state;
	assert_reads(read_mail,
		"Subject: x\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\nM=C3=A4rz "
		"ist=\n sch=C3=B6n=zz.",
		"front paragraph <Subject>: x\nbody paragraph: März ist schön=zz.\n");
	assert_reads(read_mail, "Subject: x\nContent-Type: text/plain; charset=KOI8-R\nContent-Transfer-Encoding: base64\n\n7cnS\n",
		"front paragraph <Subject>: x\nbody paragraph: Мир\n");
	assert_reads(read_mail,
		"Subject: x\nContent-Type: text/plain; format=flowed\n\nes regnet \nund regnet.\n\n> gestern\n> auch\n\nheute\n",
		"front paragraph <Subject>: x\nbody paragraph: es regnet und regnet.\nbody quote: {line}gestern {line}auch\nbody "
		"paragraph: heute\n");
	assert_reads(read_mail, "Subject: x\nContent-Type: text/html; charset=iso-8859-1\n\n<p>M\xe4rz <b>ist</b></p>",
		"front paragraph <Subject>: x\nbody paragraph: März {strong|ist}\n");
	/* Headers that end without an empty line; a mailbox's first line. */
	assert_reads(read_mail, "From a Tue\nSubject: x\nno header this\n",
		"front paragraph <Subject>: x\nbody paragraph: no header this\n");
}

static void the_plain_one_of_alternatives_is_read(void **state)
{
	(void)state;
	assert_reads(read_mail,
		"Subject: x\nContent-Type: multipart/mixed; boundary=\"a b\"\n\nfor old programs\n--a b\nContent-Type: "
		"multipart/alternative; "
		"boundary=c\n\n--c\nContent-Type: text/plain\n\nschlicht\n--c\nContent-Type: text/html\n\n<p>bunt</p>\n--c--\n--a "
		"b\nContent-Type: "
		"image/png; name=\"b.png\"\n\nx\n--a b\nContent-Disposition: attachment; filename*0*=utf-8'de'gr%C3%B6; "
		"filename*1=\"sse.txt\"\n\nnicht "
		"gezeigt\n--a b\nContent-Type: message/rfc822\n\nSubject: innen\nFrom: y@example.org\n\nnoch eine\n--a "
		"b--\nnachher\n",
		"front paragraph <Subject>: x\n"
		"body paragraph: schlicht\n"
		"back item 1 <attachment>: b.png (image/png)\n"
		"back item 1 <attachment>: grösse.txt (text/plain)\n"
		"back paragraph <From>: {person y@example.org|y@example.org}\n"
		"back paragraph <Subject>: innen\n"
		"body paragraph: noch eine\n");
	/* HTML where there is nothing plainer; a mail that breaks off. */
	assert_reads(read_mail,
		"Subject: x\nContent-Type: multipart/alternative; boundary=c\n\n--c\nContent-Type: "
		"text/calendar\n\nx\n--c\nContent-Type: text/html\n\n"
		"<p>bunt",
		"front paragraph <Subject>: x\nbody paragraph: bunt\n");
}

static void what_is_no_mail_is_refused(void **state)
{
	(void)state;
	assert_int_equal(refusal(read_mail, STR("nothing of the kind")).code, ERR_SYNTAX);
	assert_int_equal(refusal(read_mail, STR("")).code, ERR_SYNTAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(headers_say_who_and_when), cmocka_unit_test(bodies_are_unwrapped),
		cmocka_unit_test(the_plain_one_of_alternatives_is_read), cmocka_unit_test(what_is_no_mail_is_refused)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
