/* photostat-extract: no file, no program, no thread. */
#include "worker.h"

const struct worker_program worker_program = {.programs = false};
