/* A folder's files and folders, with their modes, in another place that may be there already; what fails ends the test. */
#ifndef PHOTOSTAT_TESTS_HOLDER_COPY_H
#define PHOTOSTAT_TESTS_HOLDER_COPY_H

void copy_folder(const char *from, const char *to);

#endif
