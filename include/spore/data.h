/* spore/data.h: sources, transforms and the pipeline that makes batches; downloads.
 *
 *     sp_dataset *ds = sp_data_mnist("MNIST_Data/train");
 *     ds = sp_data_map(ds, "image", sp_rescale(1 / 255.f, 0), sp_normalize(.1307f, .3081f), sp_hwc2chw());
 *     ds = sp_data_map(ds, "label", sp_typecast(SP_I32));
 *     sp_iter *it = sp_iter_new(sp_data_batch(ds, 64));
 *     for (sp_list batch; sp_iter_next(it, &batch);) ...
 *     sp_iter_free(it);
 *
 * A dataset is a description: nothing is read but what is needed to know its size and columns. Every builder takes the
 * dataset it is given, also when it fails (then it frees it and returns NULL). */
#ifndef SPORE_DATA_H
#define SPORE_DATA_H

#include "tensor.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct sp_dataset sp_dataset;
typedef struct sp_iter sp_iter;

/* ---- sources: they shuffle anew in each epoch unless told not to, as MindSpore's do ---- */

typedef enum sp_usage { SP_USAGE_ALL, SP_USAGE_TRAIN, SP_USAGE_TEST } sp_usage;

typedef struct sp_mnist_opts {
    int _;
    const char *dir;     /* holds *-images-idx3-ubyte and *-labels-idx1-ubyte, raw or .gz, found by their names; or has
                      * folders train and test that do                                                          */
    sp_usage usage;      /* ALL: whatever there is, train before t10k                                                */
    int64_t num_samples; /* 0: all; else so many in an epoch: the first ones, shuffled any of them                    */
    bool no_shuffle;
} sp_mnist_opts;

/* Columns image (28, 28, 1) UInt8 and label () UInt32 (any image size: IDX says it). SP_ERR_IO, SP_ERR_FORMAT: wrong
 * magic, truncated, labels and images of different counts. */
SP_API sp_dataset *sp_data_mnist_new(const sp_mnist_opts *opts);
#define sp_data_mnist(...) sp_data_mnist_new(&(sp_mnist_opts){._ = 0, __VA_ARGS__})

typedef struct sp_digits_opts {
    int _;
    int64_t count;  /* 0: 60,000 for train, 10,000 for test */
    sp_usage usage; /* train and test samples differ        */
    uint64_t seed;
    bool no_shuffle;
} sp_digits_opts;

/* Generated 28x28 digits (strokes, shifted, slanted, thickened, with noise): offline, the same on every machine.
 * Columns as sp_data_mnist(). ALL: as TRAIN. */
SP_API sp_dataset *sp_data_digits_new(const sp_digits_opts *opts);
#define sp_data_digits(...) sp_data_digits_new(&(sp_digits_opts){._ = 0, __VA_ARGS__})

typedef struct sp_arrays_opts {
    int _;
    sp_list arrays;           /* one per column, the same first dimension; kept (not copied) */
    const char *const *names; /* one per array; NULL: column_0, column_1, ...                */
    bool no_shuffle;
} sp_arrays_opts;

/* Row i is element i along the first axis of each array. SP_ERR_SHAPE: rank 0 or lengths that differ. */
SP_API sp_dataset *sp_data_arrays_new(const sp_arrays_opts *opts);
#define sp_data_arrays(...) sp_data_arrays_new(&(sp_arrays_opts){._ = 0, __VA_ARGS__})

typedef struct sp_callback_opts {
    int _;
    /* Makes row `index`: fills row[0 .. columns-1] with tensors of the current scope. Returning other than SP_OK ends
     * the iteration with that failure (sp_set_error says why). With length < 0 rows are asked for in order and *end =
     * true says that there are no more. Called from worker threads, but never two at once unless `parallel`. */
    sp_status (*get)(void *user, int64_t index, sp_tensor **row, bool *end);
    void *user;
    void (*free_user)(void *user); /* called once when the dataset is freed; may be NULL */
    int64_t length;                /* rows; -1: unknown                                  */
    int columns;
    const char *const *names; /* NULL: column_0, column_1, ...                      */
    bool no_shuffle;          /* of a known length; an unknown one is never shuffled */
    bool parallel;
} sp_callback_opts;

SP_API sp_dataset *sp_data_callback_new(const sp_callback_opts *opts);
#define sp_data_callback(...) sp_data_callback_new(&(sp_callback_opts){._ = 0, __VA_ARGS__})

/* The array in an IDX file, raw or .gz: UInt8, Int8, Int16, Int32, Float32 or Float64, 1 to 8 dimensions. SP_ERR_IO; SP_ERR_FORMAT;
 * SP_ERR_UNSUPPORTED (gzip without zlib). */
SP_API sp_tensor *sp_idx_read(const char *path);

/* ---- transforms: plain values ---- */

typedef struct sp_transform {
    int kind;
    sp_dtype dtype;
    int n;
    float a[4], b[4];
    sp_tensor *(*fn)(void *user, sp_tensor *x);
    void *user;
} sp_transform;

SP_API sp_transform sp_rescale(float scale, float shift); /* x * scale + shift, Float32                          */
SP_API sp_transform sp_normalize(float mean, float std);  /* (x - mean) / std, Float32; HWC or CHW alike         */
/* Per channel (last axis, before hwc2chw), 1 to 4 channels. */
SP_API sp_transform sp_normalize_channels(int channels, const float *mean, const float *std);
SP_API sp_transform sp_hwc2chw(void); /* (H, W, C) to (C, H, W)                              */
SP_API sp_transform sp_typecast(sp_dtype dtype);
SP_API sp_transform sp_one_hot_label(int classes); /* integer (...) to Float32 (..., classes)             */
/* fn makes a new tensor of x; called from worker threads, several at once. Random numbers it draws from sp_rand_...()
 * depend on the row's place in the epoch only, not on the thread. */
SP_API sp_transform sp_map_with(sp_tensor *(*fn)(void *user, sp_tensor *x), void *user);

/* Applies n transforms, in order, to the rows of column, one by one in Float32 (however they are carried out). Above a
 * batch they see the batch. SP_ERR_VALUE: no such column, or numbers that are no good. What depends on the rows (their
 * shape, a label out of range) fails when it is met. */
SP_API sp_dataset *sp_data_map_new(sp_dataset *source, const char *column, int n, const sp_transform *transforms);
#define sp_data_map(source, column, ...) \
    sp_data_map_new((source), (column), SP_N(sp_transform, __VA_ARGS__), (sp_transform[]){__VA_ARGS__})

/* fn makes the columns `names` (n of them) of all columns of a row. Called from worker threads, several at once. */
SP_API sp_dataset *sp_data_map_rows(sp_dataset *source, sp_fn fn, void *self, int n, const char *const *names);

/* ---- order and grouping ---- */

typedef struct sp_batch_opts {
    int _;
    sp_dataset *source;
    int64_t size;
    bool drop_remainder; /* else the last batch is smaller */
} sp_batch_opts;

/* Stacks `size` rows along a new first axis. Rows of different shapes or types: SP_ERR_SHAPE, SP_ERR_DTYPE when met. */
SP_API sp_dataset *sp_data_batch_new(const sp_batch_opts *opts);
#define sp_data_batch(...) sp_data_batch_new(&(sp_batch_opts){._ = 0, __VA_ARGS__})

/* Shuffles within a sliding buffer of `size` rows, anew in each epoch; complete if size >= the dataset's. */
SP_API sp_dataset *sp_data_shuffle(sp_dataset *source, int64_t size);
SP_API sp_dataset *sp_data_repeat(sp_dataset *source,
                                  int64_t times);                  /* >= 1                                          */
SP_API sp_dataset *sp_data_take(sp_dataset *source, int64_t rows); /* -1: all                                       */
SP_API sp_dataset *sp_data_skip(sp_dataset *source, int64_t rows);
/* Columns of both, as long as the shorter. SP_ERR_VALUE: a column name in both. */
SP_API sp_dataset *sp_data_zip(sp_dataset *a, sp_dataset *b);

/* ---- asking ---- */

SP_API int64_t sp_data_size(const sp_dataset *ds); /* rows (batches after batch); -1: unknown, or NULL    */
SP_API int sp_data_columns(const sp_dataset *ds);  /* 0 for NULL                                          */
SP_API const char *sp_data_column(const sp_dataset *ds,
                                  int i); /* name; NULL if out of range. As long as ds           */
SP_API void sp_data_free(sp_dataset *ds); /* only for one that was given to nobody               */

/* ---- iterating ---- */

typedef struct sp_iter_opts {
    int _;
    sp_dataset *dataset;
    int workers;  /* threads that make rows ahead; 0: 1; -1: none, all in sp_iter_next() */
    int prefetch; /* batches ready at most; 0: 4; no fewer than workers                  */
} sp_iter_opts;

/* Takes the dataset and reads what it needs of its files. The order of the shuffles is drawn from the calling thread's
 * random stream here (sp_set_seed), and is the same for every number of workers. Nothing is made ahead of an epoch that
 * has not begun. If threads cannot be had, it does without. */
SP_API sp_iter *sp_iter_new_with(const sp_iter_opts *opts);
#define sp_iter_new(...) sp_iter_new_with(&(sp_iter_opts){._ = 0, __VA_ARGS__})

/* The next row or batch; its tensors and list stay valid until the next call with this iterator (sp_keep them for
 * longer). false: the epoch is over (the next call begins another), or it failed (sp_error() says so; the iterator then
 * stays failed and answers false). An error, an early stop and sp_iter_free() in the middle never hang. A child process (fork)
 * makes iterators of its own: the threads of its parent's are not there. */
SP_API bool sp_iter_next(sp_iter *it, sp_list *columns);

SP_API void sp_iter_rewind(sp_iter *it);       /* the next row is the first of a new epoch            */
SP_API int64_t sp_iter_len(const sp_iter *it); /* as sp_data_size                                     */
SP_API int sp_iter_columns(const sp_iter *it);
SP_API const char *sp_iter_column(const sp_iter *it, int i);
/* Waits for rows being made. SP_ERR_STATE in a callback or transform that makes them (as sp_iter_next() and
 * sp_iter_rewind() there): nothing is freed. */
SP_API void sp_iter_free(sp_iter *it);

/* ---- downloading ---- */

typedef struct sp_progress {
    const char *what;    /* file name                                */
    int64_t done, total; /* bytes; total -1: not known               */
    double rate;         /* bytes per second                         */
    double eta;          /* seconds left; negative: not known        */
} sp_progress;

typedef struct sp_download_opts {
    int _;
    const char *url;    /* http, https or file                                                             */
    const char *dir;    /* folder to put it in, made if missing; NULL: sp_cache_dir()                       */
    const char *sha256; /* 64 hex digits it must have; NULL: not checked                                   */
    int64_t max_bytes;  /* of the download and of what it unpacks to; 0: 1 GiB                              */
    bool no_unpack;     /* else .zip, .tar, .tar.gz, .tgz and .gz are unpacked into dir                     */
    bool replace;       /* else nothing is fetched if it is there already (with the right SHA-256)         */
    bool (*progress)(void *user, const sp_progress *p); /* may be NULL; returning false stops: SP_ERR_INTERRUPTED */
    void *user;
} sp_download_opts;

/* Fetches url; what is in dir afterwards is whole or was not there: files are written aside and moved. SP_ERR_IO
 * (offline: the text says what to do instead), SP_ERR_FORMAT (an HTML page where an archive should be, a wrong SHA-256,
 * an archive with paths that lead outside), SP_ERR_VALUE (too large), SP_ERR_UNSUPPORTED (built without libcurl or
 * libarchive). */
SP_API sp_status sp_download_with(const sp_download_opts *opts);
#define sp_download(...) sp_download_with(&(sp_download_opts){._ = 0, __VA_ARGS__})

/* Unpacks an archive of the kinds above into dir, with the same promises: only files and folders, nothing outside of
 * dir. Files that are there already are replaced. max_bytes 0: 1 GiB. */
SP_API sp_status sp_unpack(const char *archive, const char *dir, int64_t max_bytes);

/* $SPORE_CACHE, else $XDG_CACHE_HOME/spore, else ~/.cache/spore. Text of the current scope; NULL and an error if none
 * of these is set. */
SP_API const char *sp_cache_dir(void);

/* The folder of MNIST, for sp_data_mnist(): dir itself, dir/MNIST_Data, or dir/MNIST_Data.zip unpacked into the cache;
 * SP_ERR_IO if it is in none of them. dir NULL: the cache, else (unless `offline`) a download into the cache. Text of the
 * current scope; NULL and the reason, with what to do instead, if it cannot be had. progress as in sp_download_opts. */
SP_API const char *sp_find_mnist(const char *dir, bool offline, bool (*progress)(void *user, const sp_progress *p),
                                 void *user);

#ifdef __cplusplus
}
#endif
#endif
