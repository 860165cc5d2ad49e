/* os, inside: the sort in memory that os_sort's runs are made with. */
#ifndef PHOTOSTAT_OS_SORT_H
#define PHOTOSTAT_OS_SORT_H

#include <stdbool.h>
#include <stddef.h>

/* Ascending by memcmp; `spare` has room for one record. */
void sort_records(void *records, size_t count, size_t size, void *spare);

#endif
