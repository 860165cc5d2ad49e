/* Compressing what is sent. */
#include "http/http.h"
#include "load.h"

int http_gzip(struct buf *out, struct str bytes, struct err *err)
{
	z_stream stream = {.next_in = (const Bytef *)bytes.p};
	const struct http_zlib *zlib;
	char piece[16384];
	size_t left = bytes.n;
	int status = Z_OK;

	if (http_load_zlib(&zlib, err) != 0)
		return -1;
	/* 15 bits of window, 16: a gzip header. */
	if (zlib->deflate_init(
		    &stream, Z_BEST_SPEED, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY, ZLIB_VERSION, (int)sizeof(stream)) != Z_OK)
		return err_set(err, ERR_MEMORY, "no memory to compress with");
	while (status == Z_OK) {
		if (stream.avail_in == 0) {
			stream.avail_in = left > UINT32_MAX ? UINT32_MAX : (uInt)left;
			left -= stream.avail_in;
		}
		stream.next_out = (Bytef *)piece;
		stream.avail_out = sizeof(piece);
		status = zlib->deflate(&stream, left == 0 ? Z_FINISH : Z_NO_FLUSH);
		buf_add(out, piece, sizeof(piece) - stream.avail_out);
	}
	(void)zlib->deflate_end(&stream);
	if (status != Z_STREAM_END)
		return err_set(err, ERR_INTERNAL, "zlib will not compress");
	return buf_check(out, "what is compressed", err);
}
