/* support/files.h: files in tests. */
#ifndef SP_TESTS_SUPPORT_FILES_H
#define SP_TESTS_SUPPORT_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The whole file in memory of malloc, *size bytes (and a zero behind them); NULL if it cannot be read. */
uint8_t *test_file_read(const char *path, size_t *size);
bool test_file_write(const char *path, const void *data, size_t size);

/* An empty folder of this process, made at the first call, removed with its files when the process ends; "<folder>/name" in
 * static storage that rotates through 4 texts. */
const char *test_path(const char *name);

/* How many files lie in that folder. */
int test_path_count(void);

/* Calls visit for every file of folder whose name ends with `ending`, in the order of names; returns how many. */
int test_files_visit(const char *folder, const char *ending, void (*visit)(const char *path, void *user), void *user);

#endif
