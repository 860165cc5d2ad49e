/* The box: limits, then Landlock, then the filter, each as far as the kernel goes. */
#include "worker.h"

#include "os/os.h"

#if PHOTOSTAT_SANITIZED
/* Inside the box sanitizers can look at no other thread (which finding leaks takes; the readers' own tests look for them), and run no symbolizer. A
 * worker's descriptor 2 leads nowhere: what they find must be its end. */
const char *__asan_default_options(void);
const char *__ubsan_default_options(void);
const char *__asan_default_options(void)
{
	return "detect_leaks=0:symbolize=0:abort_on_error=1";
}
const char *__ubsan_default_options(void)
{
	return "halt_on_error=1:symbolize=0:abort_on_error=1";
}
#endif

int worker_shut_in(const struct worker_box *box, int *level, struct err *err)
{
	struct os_shut_in in = {.memory = box->memory,
		.seconds = box->seconds,
		.files = box->programs ? 64 : 8,
		.processes = box->programs ? 64 : 1,
		.readable = box->programs ? box->readable : NULL};
	bool landlock;
	if (os_shut_in(&in, &landlock, err) < 0)
		return -1;
	bool filtered = worker_filter(box->programs);
	/* Files that only Landlock keeps out of reach are not out of reach of sockets and of other processes. */
	*level = !filtered ? WORKER_LIMITS : landlock ? WORKER_LANDLOCK : WORKER_SECCOMP;
	return 0;
}
