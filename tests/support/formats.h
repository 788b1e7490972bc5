/* support/formats.h: the kinds of files that Spore writes and reads, for tests that hold for all of them: whatever fails while one is
 * saved, the old or the new file is whole; whatever fails while one is read, it is an error; memory and time stay within limits. */
#ifndef SP_TESTS_SUPPORT_FORMATS_H
#define SP_TESTS_SUPPORT_FORMATS_H

#include "spore/file.h"

typedef struct test_format {
    const char *name; /* "ckpt", the ending of its files too                  */
    sp_status (*save)(const char *path, int value,
                      int64_t size);                     /* about `size` numbers (at least 16), all of them value */
    sp_status (*save_many)(const char *path, int64_t n); /* n small things (records, nodes); NULL: cannot be    */
    int64_t most_things;                                 /* about as many as load() accepts in a file of them; 0 */
    int (*load)(const char *path);                       /* that value; -1 and sp_error() if it cannot be read,  */
                                                         /* -2 if the numbers are not all the same               */
    bool own_reads;                                      /* not through file/source.c, whose faults it does not see */
} test_format;

/* Those that this build has: first those that Spore writes, then those that it only reads (support/read_formats.h writes them). */
extern const test_format test_formats[];
extern const int test_formats_count;      /* that Spore writes */
extern const int test_read_formats_count; /* all               */

#endif
