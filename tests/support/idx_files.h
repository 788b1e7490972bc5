/* support/idx_files.h: folders with files in MNIST's format, whole or damaged. */
#ifndef SPORE_TESTS_IDX_FILES_H
#define SPORE_TESTS_IDX_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* A new empty folder; static text, good until the next call. NULL on failure. */
const char *folder_new(void);

/* Removes a folder that folder_new() made, with all in it. */
void folder_remove(const char *folder);

/* How many files and folders lie directly in it, hidden ones too; -1 if it is none. */
int folder_count(const char *folder);

/* folder/name; static text, good for 4 calls. */
const char *in_folder(const char *folder, const char *name);

/* A file of these bytes. */
bool file_write(const char *path, const void *bytes, size_t n);

/* Gives a file other bytes: its first n; `added` zeros behind its end; byte `at` with another value. */
bool file_cut(const char *path, size_t n);
bool file_lengthen(const char *path, size_t added);
bool file_set(const char *path, long at, int byte);

/* PREFIX-images-idx3-ubyte and PREFIX-labels-idx1-ubyte: pixel k of image i is (31 i + k) & 255, its label i % 10. */
bool idx_write(const char *folder, const char *prefix, uint32_t n, uint32_t height, uint32_t width);

#endif
