/* URLs: checked, and made. */
#include <string.h>

#include "http/http.h"

int http_url_check(struct str url, struct err *err)
{
	struct str rest = url;
	size_t host = 0;

	if (str_starts(url, STR("http://")))
		rest = (struct str){url.p + 7, url.n - 7};
	else if (str_starts(url, STR("https://")))
		rest = (struct str){url.p + 8, url.n - 8};
	else
		return err_set(err, ERR_SYNTAX, "\"%.*s\" is no URL of http:// or https://", STR_ARG(url));
	if (url.n > 2000)
		return err_set(err, ERR_SYNTAX, "the URL %.*s… is longer than 2000 bytes", 60, url.p);
	for (size_t i = 0; i < rest.n; i++)
		if ((unsigned char)rest.p[i] <= ' ' || (unsigned char)rest.p[i] >= 0x7f || strchr("\"<>\\^`{|}", rest.p[i]) != NULL)
			return err_set(err, ERR_SYNTAX, "the URL \"%.*s\" has a character in it that must be written as %%XX",
				STR_ARG(url));
	while (host < rest.n && rest.p[host] != '/' && rest.p[host] != '?' && rest.p[host] != '#')
		host++;
	if (host == 0)
		return err_set(err, ERR_SYNTAX, "the URL \"%.*s\" names no host", STR_ARG(url));
	if (memchr(rest.p, '@', host) != NULL || memchr(rest.p, '?', rest.n) != NULL || memchr(rest.p, '#', rest.n) != NULL)
		return err_set(err, ERR_SYNTAX, "the URL \"%.*s\" must be without user, \"?\" and \"#\"", STR_ARG(url));
	return 0;
}

void http_url_parts(struct str url, struct buf *authority, struct str *path)
{
	bool tls = str_starts(url, STR("https://"));
	struct str rest = {url.p + (tls ? 8 : 7), url.n - (tls ? 8 : 7)}, host = rest;
	const struct str port = tls ? STR(":443") : STR(":80");

	host.n = 0;
	while (host.n < rest.n && rest.p[host.n] != '/')
		host.n++;
	*path = host.n < rest.n ? (struct str){rest.p + host.n, rest.n - host.n} : STR("/");
	if (str_ends(host, port))
		host.n -= port.n;
	for (size_t i = 0; i < host.n; i++)
		buf_char(authority, host.p[i] >= 'A' && host.p[i] <= 'Z' ? (char)(host.p[i] + 32) : host.p[i]);
}

void http_url_path(struct buf *out, struct str path)
{
	static const char hex[] = "0123456789ABCDEF";

	for (size_t i = 0; i < path.n; i++) {
		unsigned char c = (unsigned char)path.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
			(c != 0 && strchr("-._~/", c) != NULL)) {
			buf_char(out, (char)c);
		} else {
			buf_char(out, '%');
			buf_char(out, hex[c >> 4]);
			buf_char(out, hex[c & 15]);
		}
	}
}
