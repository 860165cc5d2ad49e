/* Making, opening and looking at a mirror's folder. */
#include <stdlib.h>
#include <string.h>

#include "mirror.h"

int mirror_init(const char *path, struct str name, struct str passphrase, struct buf *verifier, struct err *err)
{
	return cosigner_init(&cosigner_mirror, path, name, passphrase, verifier, err);
}

int mirror_open(struct mirror **out, const struct mirror_options *options, struct err *err)
{
	struct mirror *mirror = mem_alloc(sizeof(*mirror));
	struct err why = ERR_INIT;

	*out = NULL;
	mirror->lock = -1;
	pthread_mutex_init(&mirror->pool_lock, NULL);
	if (cosigner_open(&mirror->judge, &cosigner_mirror, options->path, options->fresh, options->asks, err) != 0)
		goto fail;
	mirror->logs = mem_array(mirror->judge->log_count + 1, sizeof(*mirror->logs));
	for (size_t i = 0; i < mirror->judge->log_count; i++) {
		mirror->logs[i].judged = &mirror->judge->logs[i];
		pthread_mutex_init(&mirror->logs[i].lock, NULL);
	}
	mirror->lock = os_open(mirror->judge->dir, "lock", O_RDWR | O_CREAT, 0600, err);
	if (mirror->lock < 0)
		goto fail;
	if (os_lock(mirror->lock, true, "lock", &why) != 0) { /* M5 */
		if (why.code == ERR_CONFLICT)
			err_set(&why, ERR_CONFLICT, "another process serves the mirror in %s already", options->path);
		if (err != NULL)
			*err = why;
		goto fail;
	}
	*out = mirror;
	return 0;
fail:
	mirror_close(mirror);
	return -1;
}

void mirror_close(struct mirror *mirror)
{
	if (mirror == NULL)
		return;
	for (size_t i = 0; mirror->logs != NULL && i < mirror->judge->log_count; i++) {
		mirror_store_close(&mirror->logs[i]);
		pthread_mutex_destroy(&mirror->logs[i].lock);
	}
	free(mirror->logs);
	os_close(mirror->lock);
	witness_close(mirror->judge);
	pthread_mutex_destroy(&mirror->pool_lock);
	free(mirror);
}

const struct vkey *mirror_key(const struct mirror *mirror)
{
	return &mirror->judge->key;
}

struct witness *mirror_judge(struct mirror *mirror)
{
	return mirror->judge;
}
