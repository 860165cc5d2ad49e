/* Interruption by signal: a flag, asked for between steps. */
#include "internal.h"

#include <signal.h>
#include <stdatomic.h>

static atomic_bool interrupted;

static void on_signal(int number)
{
	(void)number;
	/* From here on the kernel's default: whoever asks twice does not want to wait. */
	struct sigaction standard = {.sa_handler = SIG_DFL};
	int sys = errno;

	atomic_store(&interrupted, true);
	sigaction(SIGINT, &standard, NULL);
	sigaction(SIGTERM, &standard, NULL);
	errno = sys;
}

void os_catch_interrupts(void)
{
	struct sigaction action = {.sa_handler = on_signal};

	sigemptyset(&action.sa_mask);
	sigaddset(&action.sa_mask, SIGINT);
	sigaddset(&action.sa_mask, SIGTERM);
	atomic_store(&interrupted, false);
	sigaction(SIGINT, &action, NULL);
	sigaction(SIGTERM, &action, NULL);
}

bool os_interrupted(void)
{
	return atomic_load_explicit(&interrupted, memory_order_relaxed);
}

int os_check_interrupted(struct err *err)
{
	return os_interrupted() ? err_set(err, ERR_INTERRUPTED, "interrupted") : 0;
}
