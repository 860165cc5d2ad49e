/* Loading libcurl, libmicrohttpd and zlib. */
#include <dlfcn.h>
#include <pthread.h>
#include <string.h>

#include "load.h"

/* A function's pointer out of an object's, as dlsym gives it (POSIX allows what ISO C does not). */
static bool find(void *library, const char *name, void *function)
{
	void *symbol = dlsym(library, name);

	memcpy(function, &symbol, sizeof(symbol));
	return symbol != NULL;
}

struct wanted {
	const char *name;
	size_t offset;
};

static int load(const char *file, const char *package, const struct wanted *wanted, size_t count, void *functions, struct err *err)
{
	void *library = dlopen(file, RTLD_NOW | RTLD_LOCAL);

	if (library == NULL)
		return err_set(
			err, ERR_NOT_FOUND, "%s is not here, and the network needs it: install the package %s", file, package);
	for (size_t i = 0; i < count; i++)
		if (!find(library, wanted[i].name, (char *)functions + wanted[i].offset))
			return err_set(
				err, ERR_NOT_FOUND, "%s has no %s: install a newer package %s", file, wanted[i].name, package);
	return 0;
}

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static struct http_curl curl;
static struct http_mhd mhd;
static struct http_zlib zlib;
static bool curl_loaded, mhd_loaded, zlib_loaded;

#define CURL_(member)                                                                                                              \
	{                                                                                                                          \
		"curl_" #member, offsetof(struct http_curl, member)                                                                \
	}
#define MHD_(symbol, member)                                                                                                       \
	{                                                                                                                          \
		symbol, offsetof(struct http_mhd, member)                                                                          \
	}

int http_load_curl(const struct http_curl **out, struct err *err)
{
	static const struct wanted wanted[] = {CURL_(global_init), CURL_(easy_init), CURL_(easy_cleanup), CURL_(easy_reset),
		CURL_(easy_setopt), CURL_(easy_getinfo), CURL_(easy_strerror), CURL_(multi_init), CURL_(multi_cleanup),
		CURL_(multi_add_handle), CURL_(multi_remove_handle), CURL_(multi_perform), CURL_(multi_poll),
		CURL_(multi_info_read), CURL_(multi_setopt), CURL_(slist_append), CURL_(slist_free_all)};
	int result = 0;

	pthread_mutex_lock(&lock);
	if (!curl_loaded) {
		result = load("libcurl.so.4", "libcurl4", wanted, sizeof(wanted) / sizeof(*wanted), &curl, err);
		if (result == 0 && curl.global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK)
			result = err_set(err, ERR_INTERNAL, "libcurl will not begin");
		curl_loaded = result == 0;
	}
	pthread_mutex_unlock(&lock);
	*out = &curl;
	return result;
}

int http_load_mhd(const struct http_mhd **out, struct err *err)
{
	static const struct wanted wanted[] = {MHD_("MHD_start_daemon", start_daemon), MHD_("MHD_stop_daemon", stop_daemon),
		MHD_("MHD_get_daemon_info", get_daemon_info), MHD_("MHD_get_connection_info", get_connection_info),
		MHD_("MHD_lookup_connection_value", lookup_connection_value),
		MHD_("MHD_get_connection_values", get_connection_values),
		MHD_("MHD_create_response_from_buffer", create_response_from_buffer),
		MHD_("MHD_create_response_from_fd_at_offset64", create_response_from_fd),
		MHD_("MHD_create_response_from_callback", create_response_from_callback),
		MHD_("MHD_add_response_header", add_response_header), MHD_("MHD_queue_response", queue_response),
		MHD_("MHD_destroy_response", destroy_response)};
	int result = 0;

	pthread_mutex_lock(&lock);
	if (!mhd_loaded) {
		result = load("libmicrohttpd.so.12", "libmicrohttpd12", wanted, sizeof(wanted) / sizeof(*wanted), &mhd, err);
		mhd_loaded = result == 0;
	}
	pthread_mutex_unlock(&lock);
	*out = &mhd;
	return result;
}

int http_load_zlib(const struct http_zlib **out, struct err *err)
{
	static const struct wanted wanted[] = {{"inflateInit2_", offsetof(struct http_zlib, inflate_init)},
		{"inflate", offsetof(struct http_zlib, inflate)}, {"inflateEnd", offsetof(struct http_zlib, inflate_end)},
		{"deflateInit2_", offsetof(struct http_zlib, deflate_init)}, {"deflate", offsetof(struct http_zlib, deflate)},
		{"deflateEnd", offsetof(struct http_zlib, deflate_end)}};
	int result = 0;

	pthread_mutex_lock(&lock);
	if (!zlib_loaded) {
		result = load("libz.so.1", "zlib1g", wanted, sizeof(wanted) / sizeof(*wanted), &zlib, err);
		zlib_loaded = result == 0;
	}
	pthread_mutex_unlock(&lock);
	*out = &zlib;
	return result;
}
