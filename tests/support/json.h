/* support/json.h: recorded answers in JSON, for tests. Only where jansson was found (SPORE_HAVE_JANSSON). */
#ifndef SP_TESTS_SUPPORT_JSON_H
#define SP_TESTS_SUPPORT_JSON_H

#ifdef SPORE_HAVE_JANSSON

#include <jansson.h>

#include "spore/tensor.h"

/* The tests folder; CMake may say it. */
#ifndef SPORE_TEST_DIR
#define SPORE_TEST_DIR SPORE_SOURCE_DIR "/tests"
#endif

/* Parses tests/<name>, for example "fixtures/printing/cases.json"; NULL, with one line on stderr, on failure. Integers
 * of 19 and more digits outside texts, which jansson cannot hold, become texts. json_decref() it. */
json_t *test_json_load(const char *name);

/* The tensor that {"dtype": "Float32", "shape": [2, 3], ...} describes, in the current scope. Its elements:
 *   "data"    row-major, little-endian, in hexadecimal: exact for every type
 *   "values"  numbers, true, false, "nan", "inf", "-inf" or integers as texts; nested lists or flat, one value for rank 0;
 *             "data" may hold such a list, too
 *   "npy"     a file, relative to tests/<folder>
 * Without a dtype: Float32. NULL, with one line on stderr, if the description is wrong or does not fit the shape. */
sp_tensor *test_json_tensor(const json_t *spec, const char *folder);

/* The shape of ["dim", ...]; of rank -1 if it is none. */
sp_shape test_json_shape(const json_t *dims);

#endif
#endif
