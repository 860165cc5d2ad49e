/* The two libraries, loaded when they are first needed. */
#ifndef PHOTOSTAT_HTTP_LOAD_H
#define PHOTOSTAT_HTTP_LOAD_H

#include <curl/curl.h>
#include <microhttpd.h>
#define ZLIB_CONST
#include <zlib.h>

#include "base/base.h"

struct http_curl {
	__typeof__(&curl_global_init) global_init;
	__typeof__(&(curl_easy_init)) easy_init;
	__typeof__(&(curl_easy_cleanup)) easy_cleanup;
	__typeof__(&(curl_easy_reset)) easy_reset;
	__typeof__(&(curl_easy_setopt)) easy_setopt;
	__typeof__(&(curl_easy_getinfo)) easy_getinfo;
	__typeof__(&curl_easy_strerror) easy_strerror;
	__typeof__(&curl_multi_init) multi_init;
	__typeof__(&curl_multi_cleanup) multi_cleanup;
	__typeof__(&curl_multi_add_handle) multi_add_handle;
	__typeof__(&curl_multi_remove_handle) multi_remove_handle;
	__typeof__(&curl_multi_perform) multi_perform;
	__typeof__(&curl_multi_poll) multi_poll;
	__typeof__(&curl_multi_info_read) multi_info_read;
	__typeof__(&(curl_multi_setopt)) multi_setopt;
	__typeof__(&curl_slist_append) slist_append;
	__typeof__(&curl_slist_free_all) slist_free_all;
};
struct http_mhd {
	__typeof__(&MHD_start_daemon) start_daemon;
	__typeof__(&MHD_stop_daemon) stop_daemon;
	__typeof__(&MHD_get_daemon_info) get_daemon_info;
	__typeof__(&MHD_get_connection_info) get_connection_info;
	__typeof__(&MHD_lookup_connection_value) lookup_connection_value;
	__typeof__(&MHD_get_connection_values) get_connection_values;
	__typeof__(&MHD_create_response_from_buffer) create_response_from_buffer;
	__typeof__(&MHD_create_response_from_fd_at_offset64) create_response_from_fd;
	__typeof__(&MHD_create_response_from_callback) create_response_from_callback;
	__typeof__(&MHD_add_response_header) add_response_header;
	__typeof__(&MHD_queue_response) queue_response;
	__typeof__(&MHD_destroy_response) destroy_response;
};
struct http_zlib {
	__typeof__(&inflateInit2_) inflate_init;
	__typeof__(&inflate) inflate;
	__typeof__(&inflateEnd) inflate_end;
	__typeof__(&deflateInit2_) deflate_init;
	__typeof__(&deflate) deflate;
	__typeof__(&deflateEnd) deflate_end;
};
/* Loaded once a process and never let go. ERR_NOT_FOUND. */
int http_load_curl(const struct http_curl **, struct err *);
int http_load_mhd(const struct http_mhd **, struct err *);
int http_load_zlib(const struct http_zlib **, struct err *);

#endif
