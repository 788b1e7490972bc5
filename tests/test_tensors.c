/* Files of named tensors: what the official packages wrote is read, what is written is laid out as the formats ask and comes
 * back, and every failure on the way leaves nothing behind. tests/interop/check_tensors.py reads Spore's files with the
 * official packages. */
#include "support/test.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "file/atomic.h"
#include "file/npz.h"
#include "file/safetensors.h"
#include "support/files.h"

#define FIXTURES "tests/fixtures/tensors/"

#ifdef SPORE_HAVE_JANSSON
#define HAS_JSON 1
#else
#define HAS_JSON 0
#endif
#ifdef SPORE_HAVE_ZLIB
#define HAS_ZLIB 1
#else
#define HAS_ZLIB 0
#endif
#ifdef SPORE_HAVE_PROTOBUF
#define HAS_CKPT 1
#else
#define HAS_CKPT 0
#endif

static const sp_entry *find(sp_entries e, const char *name)
{
    for (int i = 0; i < e.n; i++)
        if (strcmp(e.at[i].name, name) == 0)
            return &e.at[i];
    fail_msg("no '%s' among %d: %s", name, e.n, sp_error_text());
    return NULL;
}

static sp_entries read_file(const char *path)
{
    sp_entries e;
    if (sp_tensors_read(path, &e) != SP_OK)
        fail_msg("%s: %s", path, sp_error_text());
    return e;
}

/* The rule of tests/fixtures/tensors/make.py. */
static double expected(sp_dtype dtype, int64_t i)
{
    if (dtype == SP_BOOL)
        return (double)(i % 2);
    double base = (double)(7 * i % 11);
    bool is_unsigned = dtype == SP_U8 || dtype == SP_U16 || dtype == SP_U32 || dtype == SP_U64;
    base -= is_unsigned ? 0 : 3;
    return sp_dtype_is_float(dtype) ? base / 4 : base;
}

static const struct {
    const char *ending;
    sp_shape shape;
} shapes[] = {{"", {.rank = 0}},
              {"_vector", {1, {5}}},
              {"_matrix", {2, {2, 3}}},
              {"_empty", {2, {0, 4}}},
              {"_deep", {8, {1, 2, 1, 3, 1, 2, 1, 1}}}};
enum { SHAPES = sizeof shapes / sizeof *shapes, ALL = SP_DTYPE_COUNT_ * SHAPES };

static void check_array(const char *name, const sp_tensor *t, sp_dtype dtype, sp_shape shape)
{
    if (sp_dtype_of(t) != dtype || !sp_shape_equal(sp_shape_of(t), shape))
        fail_msg("%s is %s %s", name, sp_dtype_name(sp_dtype_of(t)), sp_shape_str(sp_shape_of(t)));
    for (int64_t i = 0; i < sp_size_of(t); i++)
        if (sp_at(t, i) != expected(dtype, i))
            fail_msg("%s[%lld] is %g, expected %g", name, (long long)i, sp_at(t, i), expected(dtype, i));
}

/* "Float32" and "_matrix" as make.py names it: "float32_matrix" */
static const char *array_name(int dtype, int shape)
{
    static char names[ALL][40];
    char *name = names[dtype * SHAPES + shape];
    snprintf(name, sizeof names[0], "%s%s", sp_dtype_name((sp_dtype)dtype), shapes[shape].ending);
    for (char *c = name; *c; c++)
        *c = (char)(*c >= 'A' && *c <= 'Z' ? *c + 32 : *c);
    return name;
}

static void check_all(sp_entries e, bool bf16, bool empty)
{
    for (int d = 0; d < SP_DTYPE_COUNT_; d++)
        for (int s = 0; s < SHAPES; s++) {
            if ((d == SP_BF16 && !bf16) || (s == 3 && !empty))
                continue;
            const char *name = array_name(d, s);
            check_array(name, find(e, name)->tensor, (sp_dtype)d, shapes[s].shape);
        }
}

/* All types and shapes as in make.py; how many. */
static int make_all(sp_entry *out, bool bf16, bool empty)
{
    int n = 0;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++)
        for (int s = 0; s < SHAPES; s++) {
            double x[64];
            if ((d == SP_BF16 && !bf16) || (s == 3 && !empty))
                continue;
            for (int i = 0; i < 64; i++)
                x[i] = expected((sp_dtype)d, i);
            sp_tensor *t = sp_cast(sp_from(x, SP_F64, shapes[s].shape), (sp_dtype)d);
            out[n++] = (sp_entry){.name = array_name(d, s), .tensor = t};
        }
    assert_int_equal(sp_error(), SP_OK);
    return n;
}

/* ---- files of others ---- */

TEST(a_file_of_the_safetensors_package_is_read)
{
    if (!HAS_JSON)
        return;
    sp_entries e = read_file(FIXTURES "all.safetensors");
    assert_int_equal(e.n, ALL + 3);
    check_all(e, true, true);
    assert_string_equal(find(e, "format")->text, "pt");
    assert_string_equal(find(e, "empty")->text, "");
    assert_string_equal(find(e, "note")->text, "quotes \" and \\, a line\nbreak, \xc3\xa4\xe4\xb8\xad\xf0\x9f\x8d\x84");
    for (int i = 0; i < 3; i++)
        assert_non_null(e.at[i].text); /* texts first */
}

TEST(the_mark_of_mindspore_is_no_entry)
{
    if (!HAS_JSON)
        return;
    sp_entries e = read_file(FIXTURES "ms.safetensors");
    assert_int_equal(e.n, 2);
    check_array("fc.weight", find(e, "fc.weight")->tensor, SP_F32, SP_DIMS(2, 3));
    check_array("fc.bias", find(e, "fc.bias")->tensor, SP_F32, SP_DIMS(2));
    assert_int_equal(read_file(FIXTURES "no_metadata.safetensors").n, 1);
}

/* mindspore.save_checkpoint(..., format="safetensors") of MindSpore 2.10.0. */
TEST(a_safetensors_file_of_mindspore_is_read)
{
    if (!HAS_JSON)
        return;
    sp_entries e = read_file(FIXTURES "mindspore.safetensors");
    assert_int_equal(e.n, 4);
    const sp_tensor *w = find(e, "fc.weight")->tensor, *b = find(e, "fc.bias")->tensor, *flag = find(e, "flag")->tensor;
    for (int i = 0; i < 6; i++)
        assert_true(sp_at(w, i) == i / 4.0);
    assert_true(sp_dtype_of(b) == SP_F16 && sp_at(b, 0) == 1 && sp_at(b, 1) == -2);
    assert_true(sp_dtype_of(flag) == SP_BOOL && sp_at(flag, 0) == 1 && sp_at(flag, 1) == 0);
    assert_true(sp_item(find(e, "step")->tensor) == 7 && sp_shape_of(find(e, "step")->tensor).rank == 0);
}

TEST(files_of_numpy_are_read)
{
    sp_entries e = read_file(FIXTURES "stored.npz");
    assert_int_equal(e.n, ALL - SHAPES);
    check_all(e, false, true);
}

TEST(compressed_files_of_numpy_are_read)
{
    if (!HAS_ZLIB) {
        sp_entries none;
        assert_int_equal(sp_tensors_read(FIXTURES "packed.npz", &none), SP_ERR_UNSUPPORTED);
        assert_non_null(strstr(sp_error_text(), "zlib"));
        return;
    }
    sp_entries e = read_file(FIXTURES "packed.npz");
    assert_int_equal(e.n, 5);
    check_array("columns", find(e, "columns")->tensor, SP_I32, SP_DIMS(2, 3));
    check_array("big", find(e, "big")->tensor, SP_F32, SP_DIMS(2, 3));
    check_array("a name", find(e, "\xc3\xa4/\xe4\xb8\xad")->tensor, SP_I8, SP_DIMS(5));
    assert_string_equal(find(e, "text")->text, "\xc3\xa4 \xf0\x9f\x8d\x84");
    const sp_tensor *zeros = find(e, "zeros")->tensor;
    assert_int_equal(sp_size_of(zeros), 90000);
    for (int64_t i = 0; i < 90000; i++)
        assert_true(sp_at(zeros, i) == 0);
}

/* ---- there and back ---- */

TEST(every_type_and_shape_comes_back_in_every_format)
{
    static const struct {
        const char *name;
        bool there, bf16, empty;
    } files[] = {
        {"x.safetensors", HAS_JSON, true, true}, {"x.npz", true, false, true}, {"x.ckpt", HAS_CKPT, true, false}};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        sp_entry all[ALL];
        int n = make_all(all, files[i].bf16, files[i].empty);
        if (!files[i].there)
            continue;
        const char *path = test_path(files[i].name);
        if (sp_tensors_write(path, n, all) != SP_OK)
            fail_msg("%s: %s", path, sp_error_text());
        sp_entries e = read_file(path);
        assert_int_equal(e.n, n);
        check_all(e, files[i].bf16, files[i].empty);
    }
}

TEST(an_array_alone_is_named_by_its_file)
{
    sp_entry w = {.name = "anything", .tensor = sp_vector(1, 2)};
    const char *path = test_path("fc.weight.npy");
    assert_int_equal(sp_tensors_write(path, 1, &w), SP_OK);
    sp_entries e = read_file(path);
    assert_int_equal(e.n, 1);
    assert_true(sp_at(find(e, "fc.weight")->tensor, 1) == 2);
    sp_entry two[] = {w, {.name = "b", .tensor = w.tensor}}, text = {.name = "t", .text = "x"};
    assert_int_equal(sp_tensors_write(path, 2, two), SP_ERR_VALUE);
    sp_error_clear();
    assert_int_equal(sp_tensors_write(path, 1, &text), SP_ERR_VALUE);
}

TEST(texts_become_metadata)
{
    const char *path = test_path("t.safetensors");
    const char *awkward = "\x01 \"quoted\" \\ \n\t\x7f \xf0\x9f\x8d\x84";
    sp_entry entries[] = {
        {.name = "epoch", .text = "3"}, {.name = "w", .tensor = sp_vector(1)}, {.name = awkward, .text = awkward}};
    assert_int_equal(sp_tensors_write(path, 3, entries), SP_OK);
    size_t size;
    char *file = (char *)test_file_read(path, &size);
    assert_non_null(
        strstr(file + 8, "{\"__metadata__\":{\"format\":\"ms\",\"epoch\":\"3\",\"\\u0001 \\\"quoted\\\" \\\\ \\u000a"));
    free(file);
    if (!HAS_JSON)
        return;
    sp_entries e = read_file(path);
    assert_int_equal(e.n, 3);
    assert_string_equal(find(e, "epoch")->text, "3");
    assert_string_equal(find(e, awkward)->text, awkward);
    sp_entry other = {.name = "format", .text = "pt"}, both[] = {entries[1], other};
    assert_int_equal(sp_tensors_write(path, 2, both), SP_OK);
    assert_string_equal(find(read_file(path), "format")->text, "pt"); /* not a second one beside it */
}

TEST(texts_are_arrays_of_one_text_for_numpy)
{
    const char *path = test_path("t.npz");
    const char *awkward = "\x01 \"quoted\" \\ \n\t\x7f \xf0\x9f\x8d\x84";
    sp_entry entries[] = {{.name = "epoch", .text = "3"},
                          {.name = "w", .tensor = sp_vector(1)},
                          {.name = awkward, .text = awkward},
                          {.name = "none", .text = ""}};
    assert_int_equal(sp_tensors_write(path, 4, entries), SP_OK);
    sp_entries e = read_file(path);
    assert_int_equal(e.n, 4);
    assert_string_equal(find(e, "epoch")->text, "3");
    assert_string_equal(find(e, awkward)->text, awkward);
    assert_string_equal(find(e, "none")->text, "");
    assert_null(find(e, "epoch")->tensor);
    assert_true(sp_at(find(e, "w")->tensor, 0) == 1);
}

/* By hand from the format's description: 8 bytes of length, the header padded to a multiple of 8, large elements first. */
TEST(a_safetensors_file_is_laid_out_as_the_format_asks)
{
    const char *path = test_path("by_hand.safetensors");
    sp_entry entries[] = {{.name = "b", .tensor = sp_cast(sp_vector(7), SP_U8)},
                          {.name = "a", .tensor = sp_vector(1, -2)}};
    assert_int_equal(sp_tensors_write(path, 2, entries), SP_OK);
    static const char header[] =
        "{\"__metadata__\":{\"format\":\"ms\"},\"a\":{\"dtype\":\"F32\",\"shape\":[2],"
        "\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[8,9]}}";
    static const uint8_t elements[] = {0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0, 7};
    size_t size, n = (sizeof header - 1 + 7) / 8 * 8;
    uint8_t *file = test_file_read(path, &size);
    assert_int_equal(size, 8 + n + sizeof elements);
    assert_int_equal(file[0], n);
    for (int i = 1; i < 8; i++)
        assert_int_equal(file[i], 0);
    assert_memory_equal(file + 8, header, sizeof header - 1);
    for (size_t i = sizeof header - 1; i < n; i++)
        assert_int_equal(file[8 + i], ' ');
    assert_memory_equal(file + 8 + n, elements, sizeof elements);
    free(file);
}

TEST(sizes_in_64_bits_are_written_and_read)
{
    const char *path = test_path("wide.npz");
    sp_entry all[ALL];
    int n = make_all(all, false, true);
    static const uint64_t wides[] = {0, 1, 200, 1000, 10000};
    for (size_t i = 0; i < sizeof wides / sizeof *wides; i++) {
        if (sp__npz_write_wide(path, n, all, wides[i]) != SP_OK)
            fail_msg("%llu: %s", (unsigned long long)wides[i], sp_error_text());
        check_all(read_file(path), false, true);
    }
}

/* ---- what cannot be written ---- */

static void refuse(const char *name, int n, const sp_entry *entries, sp_status status, const char *says)
{
    const char *path = test_path(name);
    int files = test_path_count();
    sp_status st = sp_tensors_write(path, n, entries);
    if (st != status || !strstr(sp_error_text(), says))
        fail_msg("%s: status %d, '%s'; expected '%s'", name, (int)st, sp_error_text(), says);
    sp_error_clear();
    assert_int_equal(test_path_count(), files);
}

TEST(what_a_format_has_no_place_for_is_refused)
{
    sp_entry w = {.name = "w", .tensor = sp_vector(1)};
    sp_entry bf16 = {.name = "w", .tensor = sp_cast(sp_vector(1), SP_BF16)}, twice[] = {w, w};
    sp_entry reserved = {.name = "__metadata__", .tensor = w.tensor}, nameless = {.name = "", .tensor = w.tensor};
    refuse("r.npz", 1, &bf16, SP_ERR_DTYPE, "npz: w: NumPy has no BFloat16, cast to Float32 first");
    refuse("r.npz", 2, twice, SP_ERR_VALUE, "two records are named 'w'");
    refuse("r.npz", 0, &w, SP_ERR_VALUE, "no records");
    refuse("r.safetensors", 1, &reserved, SP_ERR_VALUE, "'__metadata__'");
    refuse("r.safetensors", 2, twice, SP_ERR_VALUE, "two records are named 'w'");
    refuse("r.safetensors", 1, &nameless, SP_ERR_VALUE, "record 0 has no name");
    sp_entry latin = {.name = "\xe4", .tensor = w.tensor}, neither = {.name = "w"};
    refuse("r.safetensors", 1, &latin, SP_ERR_VALUE, "not UTF-8");
    refuse("r.npz", 1, &neither, SP_ERR_VALUE, "neither tensor nor text");
}

TEST(reading_without_jansson_says_what_is_missing)
{
    if (HAS_JSON)
        return;
    sp_entries e;
    assert_int_equal(sp_tensors_read(FIXTURES "ms.safetensors", &e), SP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sp_error_text(), "jansson"));
}

/* ---- faults ---- */

static const char *const formats[] = {"f.safetensors", "f.npz"};
enum { FORMATS = 2 };

static bool can_read(int format) { return format == 1 || HAS_JSON; }

static int entries_for(sp_entry *e)
{
    e[0] = (sp_entry){.name = "a", .tensor = sp_ones(SP_F32, SP_DIMS(40, 50))};
    e[1] = (sp_entry){.name = "b", .tensor = sp_cast(sp_vector(1, 0, 1), SP_BOOL)};
    return 2;
}

TEST(any_allocation_may_fail_while_reading)
{
    static const char *const files[] = {FIXTURES "all.safetensors", FIXTURES "stored.npz", FIXTURES "packed.npz"};
    for (size_t i = HAS_JSON ? 0 : 1; i < (HAS_ZLIB ? 3 : 2); i++) {
        sp_entries e = read_file(files[i]); /* what is loaded once is loaded now */
        sp_shutdown();
        test_scope = sp_scope_begin();
        int64_t n = 1, before = sp_mem_stats_get().live_blocks;
        sp_status st = SP_ERR_NOMEM;
        for (; st != SP_OK; n++) {
            sp_scope scope = sp_scope_begin();
            sp_mem_fail_at(n);
            st = sp_tensors_read(files[i], &e);
            sp_mem_fail_at(0);
            if (st != sp_error() || (st != SP_OK && st != SP_ERR_NOMEM))
                fail_msg("%s, allocation %lld: status %d, '%s'", files[i], (long long)n, (int)st, sp_error_text());
            sp_error_clear();
            sp_scope_end(scope);
            sp_shutdown();
            test_scope = sp_scope_begin();
            assert_int_equal(sp_mem_stats_get().live_blocks, before);
        }
        assert_true(n > 20);
    }
}

TEST(any_allocation_may_fail_while_writing)
{
    for (int i = 0; i < FORMATS; i++) {
        sp_entry e[2];
        int count = entries_for(e);
        const char *path = test_path(formats[i]);
        assert_true(test_file_write(path, "old", 3));
        int files = test_path_count();
        sp_status st = SP_ERR_NOMEM;
        int64_t n = 1;
        for (; st != SP_OK; n++) {
            int64_t before = sp_mem_stats_get().live_blocks;
            sp_mem_fail_at(n);
            st = sp_tensors_write(path, count, e);
            sp_mem_fail_at(0);
            assert_int_equal(st, sp_error());
            assert_true(st == SP_OK || st == SP_ERR_NOMEM);
            sp_error_clear();
            assert_int_equal(test_path_count(), files);
            assert_true(sp_mem_stats_get().live_blocks <= before + 1); /* the scope's own block */
        }
        assert_true(n > 2);
    }
}

TEST(any_step_of_a_write_may_fail)
{
    for (int i = 0; i < FORMATS; i++) {
        sp_entry e[2];
        int count = entries_for(e);
        const char *path = test_path(formats[i]);
        for (int kind = 0; kind < SP__IO_FSYNC_FOLDER; kind++) {
            sp_status st = SP_ERR_IO;
            for (int n = 1; st != SP_OK; n++) {
                assert_true(test_file_write(path, "old", 3));
                int files = test_path_count();
                sp__io_fail_at((sp__io)kind, n, ENOSPC);
                st = sp_tensors_write(path, count, e);
                sp__io_fail_at((sp__io)kind, 0, 0);
                assert_int_equal(st, sp_error());
                sp_error_clear();
                assert_int_equal(test_path_count(), files); /* no temporary file */
                size_t size;
                uint8_t *now = test_file_read(path, &size);
                assert_true(st == SP_OK ? size > 3 : size == 3); /* the old one or the new one */
                free(now);
            }
        }
    }
}

/* Every prefix of a file is refused, and so is a file that becomes shorter while it is read. */
TEST(a_file_that_is_cut_off_is_refused_at_every_byte)
{
    for (int i = 0; i < FORMATS; i++) {
        sp_entry e[2];
        int count = entries_for(e);
        if (!can_read(i))
            continue;
        const char *path = test_path(formats[i]), *cut = test_path(i ? "cut.npz" : "cut.safetensors");
        assert_int_equal(sp_tensors_write(path, count, e), SP_OK);
        size_t size;
        uint8_t *file = test_file_read(path, &size);
        for (size_t n = 0; n < size; n += n < 600 || n + 600 > size ? 1 : 97) {
            sp_entries got;
            assert_true(test_file_write(cut, file, n));
            sp_status st = sp_tensors_read(cut, &got);
            if (st != SP_ERR_FORMAT)
                fail_msg("%s cut at %zu: status %d, '%s'", cut, n, (int)st, sp_error_text());
            sp_error_clear();
        }
        free(file);
    }
}

typedef sp_status (*source_reader)(sp__source *s, sp_entries *out);

TEST(a_file_that_becomes_shorter_while_it_is_read_is_an_error)
{
    static const source_reader readers[] = {sp__safetensors_read_source, sp__npz_read_source};
    for (int i = 0; i < FORMATS; i++) {
        sp_entry e[2];
        e[0] = (sp_entry){.name = "a", .tensor = sp_ones(SP_F32, SP_DIMS(300, 500))};
        if (!can_read(i))
            continue;
        const char *path = test_path(formats[i]);
        assert_int_equal(sp_tensors_write(path, 1, e), SP_OK);
        sp__source s;
        sp_entries got;
        assert_int_equal(sp__source_open(&s, "tensors", path, UINT64_MAX), SP_OK);
        assert_int_equal(truncate(path, 100000), 0);
        sp_status st = readers[i](&s, &got);
        sp__source_close(&s);
        assert_int_equal(st, SP_ERR_IO);
        assert_non_null(strstr(sp_error_text(), "it has become shorter"));
        sp_error_clear();
    }
}

/* ---- limits ---- */

/* What a header may make the reader allocate, in the worst form found: many small things. The file is n bytes. */
TEST(memory_stays_within_twice_the_file_and_64_MiB)
{
    if (!HAS_JSON)
        return;
    size_t n = 8 << 20, at = 0;
    char *json = malloc(n + 64);
    assert_non_null(json);
    at += (size_t)sprintf(json, "{");
    for (int i = 0; at < n - 100; i++)
        at += (size_t)sprintf(json + at, "%s\"%x\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
                              i ? "," : "", (unsigned)i);
    at += (size_t)sprintf(json + at, "}");
    uint8_t *file = malloc(at + 8);
    assert_non_null(file);
    for (int i = 0; i < 8; i++)
        file[i] = (uint8_t)((uint64_t)at >> 8 * i);
    memcpy(file + 8, json, at);
    sp__source s;
    sp_entries e;
    assert_int_equal(sp__source_memory(&s, "safetensors", file, at + 8), SP_OK);
    sp_status st = sp__safetensors_read_source(&s, &e);
    int64_t peak = sp_mem_stats_get().peak_bytes;
    free(json);
    free(file);
    assert_true(st == SP_ERR_FORMAT || st == SP_OK);
    if (peak > (int64_t)(2 * at + (64 << 20)))
        fail_msg("%lld bytes for a file of %zu", (long long)peak, at);
}

TEST_MAIN()
