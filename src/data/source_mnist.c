/* MNIST and data sets laid out like it: a folder with NAME-images-idx3-ubyte and NAME-labels-idx1-ubyte. The headers
 * are read when the dataset is made, the rest when it is first iterated; the images stay bytes. */
#include "data/idx.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { MAX_PARTS = 16 };

typedef struct mnist {
    int parts;
    sp__idx images[MAX_PARTS], labels[MAX_PARTS];
    int64_t rows, height, width;
    uint8_t *pixels;   /* (rows, height, width); NULL before it is opened */
    uint32_t *classes; /* (rows) */
} mnist;

static size_t pixels_bytes(const mnist *m) { return (size_t)m->rows * (size_t)m->height * (size_t)m->width; }

static void mnist_free(void *self)
{
    mnist *m = self;
    for (int i = 0; i < m->parts; i++) {
        sp__idx_clear(&m->images[i]);
        sp__idx_clear(&m->labels[i]);
    }
    sp__free(m->pixels, pixels_bytes(m));
    sp__free(m->classes, (size_t)m->rows * sizeof *m->classes);
    sp__free(m, sizeof *m);
}

/* ---- rows ---- */

/* The bytes are read into the end of the array and widened in place, from the first on. */
static sp_status read_labels(mnist *m)
{
    uint8_t *bytes = (uint8_t *)m->classes + (size_t)m->rows * 3;
    int64_t at = 0;
    for (int i = 0; i < m->parts; i++) {
        sp_status st = sp__idx_read(&m->labels[i], bytes + at);
        if (st != SP_OK)
            return st;
        at += m->labels[i].bytes;
    }
    for (int64_t i = 0; i < m->rows; i++) {
        uint32_t label = bytes[i]; /* it lies at 3 rows + i: what is written, up to 4 i + 3, is read already */
        memcpy(&m->classes[i], &label, sizeof label);
    }
    return SP_OK;
}

static sp_status mnist_open(void *self)
{
    mnist *m = self;
    int64_t at = 0;
    m->pixels = sp__alloc(pixels_bytes(m));
    m->classes = sp__alloc((size_t)m->rows * sizeof *m->classes);
    if (!m->pixels || !m->classes)
        return SP_ERR_NOMEM;
    for (int i = 0; i < m->parts; i++) {
        sp_status st = sp__idx_read(&m->images[i], m->pixels + at);
        if (st != SP_OK)
            return st;
        at += m->images[i].bytes;
    }
    return read_labels(m);
}

static sp_status mnist_row(void *self, int64_t index, sp__datum *out)
{
    const mnist *m = self;
    sp_shape shape = SP_DIMS(m->height, m->width, 1);
    out[0] = (sp__datum){{SP_U8, shape}, m->pixels + index * m->height * m->width, NULL};
    out[1] = (sp__datum){{SP_U32, SP_SCALAR}, m->classes + index, NULL};
    return SP_OK;
}

static const sp__source_type mnist_type = {.name = "mnist", .open = mnist_open, .row = mnist_row, .free = mnist_free};

/* ---- finding the files ---- */

static const char *const image_marks[] = {"-images-idx3-ubyte", "-images.idx3-ubyte"};
static const char *const label_marks[] = {"-labels-idx1-ubyte", "-labels.idx1-ubyte"};

/* Length of what stands before a mark in name, -1 if none is there (or something else than .gz follows it). */
static int stem_of(const char *name, const char *const marks[2], bool *gz)
{
    for (int i = 0; i < 2; i++) {
        const char *at = strstr(name, marks[i]);
        const char *rest = at ? at + strlen(marks[i]) : NULL;
        if (rest && (*rest == 0 || strcmp(rest, ".gz") == 0)) {
            *gz = *rest != 0;
            return (int)(at - name);
        }
    }
    return -1;
}

static bool wanted(const char *name, sp_usage usage)
{
    bool train = strncmp(name, "t10k", 4) != 0 && strstr(name, "test") == NULL;
    return usage == SP_USAGE_ALL || (usage == SP_USAGE_TRAIN) == train;
}

typedef struct found {
    const char *folder;
    int n;
    char *images[MAX_PARTS], *labels[MAX_PARTS]; /* names; labels NULL while not found */
} found;

static void found_clear(found *f)
{
    for (int i = 0; i < f->n; i++) {
        sp__free_str(f->images[i]);
        sp__free_str(f->labels[i]);
    }
}

/* Adds name to names unless the raw file of the same stem is there already, which is preferred to a .gz. */
static sp_status note_images(found *f, const char *name, int stem, bool gz)
{
    for (int i = 0; i < f->n; i++) {
        bool other_gz;
        if (stem_of(f->images[i], image_marks, &other_gz) == stem && strncmp(f->images[i], name, (size_t)stem) == 0) {
            if (gz)
                return SP_OK;
            sp__free_str(f->images[i]);
            f->images[i] = sp__strdup(name);
            return f->images[i] ? SP_OK : SP_ERR_NOMEM;
        }
    }
    if (f->n == MAX_PARTS)
        return sp__err(SP_ERR_VALUE, "mnist: more than %d files of images in one folder", MAX_PARTS);
    f->images[f->n] = sp__strdup(name);
    return f->images[f->n] && ++f->n ? SP_OK : SP_ERR_NOMEM;
}

static sp_status note_labels(found *f, const char *name, bool gz, int stem)
{
    for (int i = 0; i < f->n; i++) {
        bool other_gz;
        if (stem_of(f->images[i], image_marks, &other_gz) != stem || strncmp(f->images[i], name, (size_t)stem) != 0 ||
            (f->labels[i] && gz))
            continue;
        sp__free_str(f->labels[i]);
        f->labels[i] = sp__strdup(name);
        if (!f->labels[i])
            return SP_ERR_NOMEM;
    }
    return SP_OK;
}

static sp_status scan(found *f, DIR *dir, sp_usage usage, bool labels)
{
    for (struct dirent *e; (e = readdir(dir)) != NULL;) {
        bool gz;
        int stem = stem_of(e->d_name, labels ? label_marks : image_marks, &gz);
        if (stem < 0 || !wanted(e->d_name, usage))
            continue;
        sp_status st = labels ? note_labels(f, e->d_name, gz, stem) : note_images(f, e->d_name, stem, gz);
        if (st != SP_OK)
            return st;
    }
    return SP_OK;
}

/* train before t10k, else by name: the order of a folder is nobody's. */
static bool comes_after(const char *a, const char *b)
{
    bool train_a = wanted(a, SP_USAGE_TRAIN), train_b = wanted(b, SP_USAGE_TRAIN);
    return train_a != train_b ? train_b : strcmp(a, b) > 0;
}

static void sort(found *f)
{
    for (int i = 1; i < f->n; i++)
        for (int k = i; k > 0 && comes_after(f->images[k - 1], f->images[k]); k--) {
            char *images = f->images[k], *labels = f->labels[k];
            f->images[k] = f->images[k - 1];
            f->labels[k] = f->labels[k - 1];
            f->images[k - 1] = images;
            f->labels[k - 1] = labels;
        }
}

/* What f->folder holds; nothing is no failure. *why: the errno of a folder that cannot be read. */
static sp_status find(found *f, sp_usage usage, int *why)
{
    DIR *dir = opendir(f->folder);
    *why = dir ? 0 : errno;
    if (!dir)
        return SP_OK;
    sp_status st = scan(f, dir, usage, false);
    rewinddir(dir);
    if (st == SP_OK)
        st = scan(f, dir, usage, true);
    closedir(dir);
    sort(f);
    for (int i = 0; i < f->n && st == SP_OK; i++) {
        if (!f->labels[i])
            return sp__err(SP_ERR_IO, "mnist: %s holds %s but not its *-labels-idx1-ubyte", f->folder, f->images[i]);
    }
    return st;
}

/* ---- making ---- */

static sp_status open_one(sp__idx *idx, const char *folder, const char *name, int rank)
{
    sp_scope scope = sp_scope_begin();
    char *path = sp__strdup(sp__scope_printf("%s/%s", folder, name));
    sp_scope_end(scope);
    return path ? sp__idx_open(idx, "mnist", path, rank) : SP_ERR_NOMEM;
}

static sp_status add_part(mnist *m, const char *folder, const char *images, const char *labels)
{
    sp__idx *x = &m->images[m->parts], *y = &m->labels[m->parts];
    sp_status st = open_one(x, folder, images, 3);
    if (st != SP_OK)
        return st;
    m->parts++; /* from here on mnist_free() clears both */
    st = open_one(y, folder, labels, 1);
    if (st != SP_OK)
        return st;
    if (x->dim[0] != y->dim[0])
        return sp__err(SP_ERR_FORMAT, "mnist: %s holds %lld images, %s %lld labels", x->path, (long long)x->dim[0],
                       y->path, (long long)y->dim[0]);
    if (m->parts > 1 && (x->dim[1] != m->height || x->dim[2] != m->width))
        return sp__err(SP_ERR_FORMAT, "mnist: %s: images of %lld x %lld, those of %s are %lld x %lld", x->path,
                       (long long)x->dim[1], (long long)x->dim[2], m->images[0].path, (long long)m->height,
                       (long long)m->width);
    m->height = x->dim[1];
    m->width = x->dim[2];
    if (m->rows > INT64_MAX / 8 - x->dim[0])
        return sp__err(SP_ERR_FORMAT, "mnist: %s: too many images", x->path);
    m->rows += x->dim[0];
    return SP_OK;
}

static sp_status add_parts(mnist *m, const char *folder, sp_usage usage, int *why)
{
    found f = {.folder = folder};
    sp_status st = find(&f, usage, why);
    for (int i = 0; i < f.n && st == SP_OK; i++)
        st = add_part(m, folder, f.images[i], f.labels[i]);
    found_clear(&f);
    return st;
}

/* From the folder, or, where it holds no such files, from its folders train and test. */
static sp_status add_all(mnist *m, const sp_mnist_opts *opts)
{
    static const char *const below[] = {"train", "test"};
    const char *dir = opts->dir;
    int why, why_below;
    sp_status st = add_parts(m, dir, opts->usage, &why);
    if (why)
        return sp__err(SP_ERR_IO,
                       "mnist: %s: %s; a folder with *-images-idx3-ubyte and *-labels-idx1-ubyte is expected", dir,
                       strerror(why));
    bool here = m->parts > 0;
    for (int i = 0; i < 2 && st == SP_OK && !here; i++) {
        const char *folder = sp__scope_printf("%s/%s", dir, below[i]);
        if (opts->usage == SP_USAGE_ALL || (opts->usage == SP_USAGE_TRAIN) == (i == 0))
            st = add_parts(m, folder, opts->usage, &why_below);
    }
    if (st != SP_OK || m->parts > 0)
        return st;
    if (opts->usage == SP_USAGE_ALL)
        return sp__err(SP_ERR_IO, "mnist: found no *-images-idx3-ubyte (raw or .gz) in %s, %s/train and %s/test", dir,
                       dir, dir);
    int i = opts->usage == SP_USAGE_TEST;
    return sp__err(SP_ERR_IO, "mnist: found no %s-images-idx3-ubyte (raw or .gz) in %s and %s/%s", i ? "t10k" : "train",
                   dir, dir, below[i]);
}

sp_dataset *sp_data_mnist_new(const sp_mnist_opts *opts)
{
    if (!sp__given("mnist", 1, opts) || !sp__given("mnist: dir", 1, opts->dir))
        return NULL;
    if (opts->num_samples < 0 || (int)opts->usage < 0 || opts->usage > SP_USAGE_TEST)
        return sp__fail(SP_ERR_VALUE, "mnist: num_samples %lld, usage %d: 0 (all) or more, and an sp_usage expected",
                        (long long)opts->num_samples, (int)opts->usage);
    mnist *m = sp__alloc_zero(sizeof *m);
    if (!m)
        return NULL;
    sp_scope scope = sp_scope_begin();
    sp_status st = add_all(m, opts);
    sp_scope_end(scope);
    if (st != SP_OK) {
        mnist_free(m);
        return NULL;
    }
    static const char *const names[] = {"image", "label"};
    int64_t size = opts->num_samples ? SP__MIN(opts->num_samples, m->rows) : m->rows;
    return sp__source_new(&(sp__source_desc){&mnist_type, m, 2, names, m->rows, size, !opts->no_shuffle});
}
