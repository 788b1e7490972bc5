/* cli/data.h: --data, and the pipeline of the tutorial that makes batches of it. */
#ifndef SP_CLI_DATA_H
#define SP_CLI_DATA_H

#include "cli/options.h"

typedef struct cli_data {
    const char *name;    /* mnist, digits, or a folder                                        */
    const char *folder;  /* --data-dir: where mnist lies; NULL: the cache, then a download    */
    int64_t limit;       /* at most so many samples of each part; 0: all                      */
    int64_t skip;        /* leaves out the first samples of each part                        */
    char parts[2][4096]; /* folders of the training and test data; set by cli_data_find       */
} cli_data;

#define CLI_DATA_HELP "mnist, digits (generated, needs no files), or a folder with IDX files"
#define CLI_DATA_OPTIONS(d)                                                                                          \
    {"data", "NAME|DIR", CLI_TEXT, &(d).name, CLI_DATA_HELP, 0, 0, NULL},                                            \
        {"data-dir", "DIR", CLI_TEXT, &(d).folder, "where mnist lies; else the cache, else a download", 0, 0, NULL}, \
    {                                                                                                                \
        "limit", "N", CLI_WHOLE, &(d).limit, "use at most N samples of each part", 1, INT64_MAX, NULL                \
    }

/* Finds the files, downloads them if it must. False on failure. */
bool cli_data_find(cli_data *d);

/* Batches of image (N, C, H, W) Float32, normalised as in the tutorial, and label (N) Int32; training data are shuffled. NULL on
 * failure. */
sp_iter *cli_data_open(const cli_data *d, sp_usage usage, int64_t batch);
/* The same by so many threads (as in sp_iter_opts). */
sp_iter *cli_data_open_with(const cli_data *d, sp_usage usage, int64_t batch, int workers);

/* The shape of a sample as a batch of one; rank -1 on failure. data begins anew afterwards. */
sp_shape cli_data_shape(sp_iter *data);

#endif
