/* cli/info_file.c: what is in a file of tensors. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cli/info.h"

/* ---- IDX: two zeros, type, rank; the dimensions, 4 bytes each; the elements; numbers are big endian ---- */

static const struct idx_type {
    int code;
    sp_dtype dtype;
} idx_types[] = {{0x08, SP_U8}, {0x09, SP_I8}, {0x0b, SP_I16}, {0x0c, SP_I32}, {0x0d, SP_F32}, {0x0e, SP_F64}};

static const struct idx_type *idx_type(const unsigned char head[4])
{
    for (size_t i = 0; i < sizeof idx_types / sizeof *idx_types; i++)
        if (head[0] == 0 && head[1] == 0 && head[2] == idx_types[i].code)
            return &idx_types[i];
    return NULL;
}

bool info_is_idx(const char *path)
{
    unsigned char head[4] = {1};
    FILE *f = fopen(path, "rb");
    bool is = f && fread(head, 1, sizeof head, f) == sizeof head && idx_type(head) && head[3] > 0;
    if (f)
        fclose(f);
    return is;
}

static bool idx_shape(FILE *f, int rank, sp_shape *out)
{
    *out = (sp_shape){.rank = rank};
    if (rank > SP_MAX_RANK)
        return false;
    for (int i = 0; i < rank; i++) {
        unsigned char b[4];
        if (fread(b, 1, 4, f) != 4)
            return false;
        out->dim[i] = (int64_t)b[0] << 24 | b[1] << 16 | b[2] << 8 | b[3];
    }
    return true;
}

/* The bytes behind the header; -1 if they cannot be counted. */
static int64_t bytes_left(FILE *f)
{
    long at = ftell(f);
    if (at < 0 || fseek(f, 0, SEEK_END) != 0)
        return -1;
    long end = ftell(f);
    return fseek(f, at, SEEK_SET) == 0 && end >= at ? end - at : -1;
}

static sp_tensor *idx_elements(FILE *f, const char *path, sp_dtype dtype, sp_shape shape)
{
    int64_t n = sp_shape_size(shape), size = (int64_t)sp_dtype_size(dtype), left = bytes_left(f);
    if (n < 0 || left < 0 || n > left / size || n * size != left) {
        sp_set_error(SP_ERR_FORMAT, "idx: %s: found %lld bytes of elements, expected those of %s %s", path,
                     (long long)left, sp_dtype_name(dtype), sp_shape_str(shape));
        return NULL;
    }
    unsigned char *bytes = malloc((size_t)left + 1);
    if (!bytes || fread(bytes, 1, (size_t)left, f) != (size_t)left) {
        free(bytes);
        sp_set_error(SP_ERR_IO, "idx: %s cannot be read", path);
        return NULL;
    }
    for (unsigned char *e = bytes; size > 1 && e < bytes + left; e += size)
        for (int64_t i = 0; i < size / 2; i++) {
            unsigned char b = e[i];
            e[i] = e[size - 1 - i];
            e[size - 1 - i] = b;
        }
    sp_tensor *t = sp_from(bytes, dtype, shape);
    free(bytes);
    return t;
}

static sp_tensor *read_idx(const char *path)
{
    unsigned char head[4] = {0};
    sp_shape shape;
    FILE *f = fopen(path, "rb");
    bool ok = f && fread(head, 1, 4, f) == 4 && idx_type(head) && idx_shape(f, head[3], &shape);
    if (!ok)
        sp_set_error(SP_ERR_FORMAT, "idx: %s has no whole header", path);
    sp_tensor *t = ok ? idx_elements(f, path, idx_type(head)->dtype, shape) : NULL;
    if (f)
        fclose(f);
    return t;
}

/* ---- what a record is, by its name ---- */

static bool starts_with(const char *name, const char *start) { return strncmp(name, start, strlen(start)) == 0; }

/* MindSpore's names, which are Spore's. */
static const char *role_of(const char *name)
{
    static const char *const optimizer[] = {"moment1.", "moment2.", "moments.", "accum.", "stat.", "vhat."};
    static const char *const training[] = {"epoch_num",   "step_num", "global_step", "learning_rate", "beta1_power",
                                           "beta2_power", "epoch",    "step",        "momentum"};
    for (size_t i = 0; i < sizeof optimizer / sizeof *optimizer; i++)
        if (starts_with(name, optimizer[i]))
            return "optimizer";
    for (size_t i = 0; i < sizeof training / sizeof *training; i++)
        if (strcmp(name, training[i]) == 0)
            return "training";
    return starts_with(name, "spore.") ? "training" : "parameter";
}

/* ---- the file ---- */

static const struct kind {
    const char *ending, *format, *words;
} kinds[] = {{".ckpt", "ckpt", "checkpoint"},
             {".safetensors", "safetensors", "safetensors"},
             {".npz", "npz", "archive of arrays"},
             {".npy", "npy", "array"},
             {"", "idx", "IDX file"}};

static const struct kind *kind_of(const char *path)
{
    const struct kind *k = kinds;
    while (!cli_ends_with(path, k->ending))
        k++;
    return k;
}

static bool read_file(const char *path, sp_entry *one, sp_entries *e)
{
    if (*kind_of(path)->ending)
        return sp_tensors_read(path, e) == SP_OK;
    const char *slash = strrchr(path, '/');
    *one = (sp_entry){.name = slash ? slash + 1 : path, .tensor = read_idx(path)};
    *e = (sp_entries){one, 1};
    return one->tensor != NULL;
}

/* Whether a checkpoint ends with a checksum: it was read, so it is right. */
static bool has_checksum(const char *path)
{
    char footer[7] = "";
    FILE *f = fopen(path, "rb");
    bool has = f && fseek(f, -17, SEEK_END) == 0 && fread(footer, 1, 7, f) == 7 && memcmp(footer, "crc_num", 7) == 0;
    if (f)
        fclose(f);
    return has;
}

static bool is_parameter(const sp_entry *e) { return e->tensor && strcmp(role_of(e->name), "parameter") == 0; }

/* A number stands beside its name. */
static void print_entry(const sp_entry *e, int width, bool training, bool stats)
{
    if (e->tensor && !(training && sp_size_of(e->tensor) == 1)) {
        info_row(e->name, width, e->tensor, stats);
        return;
    }
    printf("  ");
    info_name(e->name, width);
    if (e->tensor) {
        printf(sp_dtype_is_float(sp_dtype_of(e->tensor)) ? "  %g\n" : "  %.0f\n", sp_at(e->tensor, 0));
        return;
    }
    printf("  text: ");
    info_name(e->text, 0);
    printf("\n");
}

/* What a training goes on with: the optimizer's tensors, counters, notes. */
static void print_training(const info_options *o, sp_entries e, int width)
{
    info_totals sum = {0};
    bool any = false;
    for (int i = 0; i < e.n; i++) {
        any = any || strcmp(role_of(e.at[i].name), "parameter") != 0;
        if (e.at[i].tensor && strcmp(role_of(e.at[i].name), "optimizer") == 0)
            info_count(&sum, e.at[i].tensor);
    }
    if (!any)
        return;
    printf("\nState of the training");
    if (sum.tensors)
        printf(", optimizer: %d tensor%s, %s elements, %s", sum.tensors, sum.tensors == 1 ? "" : "s",
               cli_number(sum.elements), cli_bytes(sum.bytes));
    printf("\n\n");
    for (int i = 0; i < e.n; i++)
        if (strcmp(role_of(e.at[i].name), "parameter") != 0)
            print_entry(&e.at[i], width, strcmp(role_of(e.at[i].name), "training") == 0, o->stats);
}

static void print_file(const info_options *o, sp_entries e, const info_totals *sum)
{
    const struct kind *k = kind_of(o->path);
    printf("%s: %s, %d tensor%s, %s elements, %s\n", o->path, k->words, sum->tensors, sum->tensors == 1 ? "" : "s",
           cli_number(sum->elements), cli_bytes(sum->bytes));
    if (k == kinds && has_checksum(o->path))
        printf("checksum: there, and right\n");
    printf("\n");
    int width = 4;
    for (int i = 0; i < e.n; i++)
        width = info_widest(width, e.at[i].name);
    info_heading(width, o->stats);
    for (int i = 0; i < e.n; i++)
        if (strcmp(role_of(e.at[i].name), "parameter") == 0)
            print_entry(&e.at[i], width, false, o->stats);
    print_training(o, e, width);
}

static void json_file(const info_options *o, sp_entries e, const info_totals *sum)
{
    cli_json j = {0};
    cli_json_open(&j, NULL, '{');
    cli_json_text(&j, "file", o->path);
    cli_json_text(&j, "format", kind_of(o->path)->format);
    if (kind_of(o->path) == kinds)
        cli_json_text(&j, "checksum", has_checksum(o->path) ? "crc32" : NULL);
    cli_json_whole(&j, "elements", sum->elements);
    cli_json_whole(&j, "bytes", sum->bytes);
    cli_json_open(&j, "tensors", '[');
    for (int i = 0; i < e.n; i++)
        if (e.at[i].tensor)
            info_json_row(&j, e.at[i].name, e.at[i].tensor, o->stats, role_of(e.at[i].name));
    cli_json_close(&j);
    cli_json_open(&j, "texts", '{');
    for (int i = 0; i < e.n; i++)
        if (!e.at[i].tensor)
            cli_json_text(&j, e.at[i].name, e.at[i].text);
    cli_json_close(&j);
    cli_json_close(&j);
}

int info_tensors(const info_options *o)
{
    sp_entry one;
    sp_entries e;
    if (!read_file(o->path, &one, &e))
        return cli_failed();
    info_totals sum = {0};
    for (int i = 0; i < e.n; i++)
        if (is_parameter(&e.at[i]))
            info_count(&sum, e.at[i].tensor);
    if (o->json)
        json_file(o, e, &sum);
    else
        print_file(o, e, &sum);
    return CLI_DONE;
}
