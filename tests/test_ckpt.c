/* Checkpoints: MindSpore's own files against their recorded contents, our own bytes against the format's description, and
 * what must be refused. */
#define SP_EXPERIMENTAL /* sp_mem_fail_at */

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "file/ckpt.h"
#include "support/files.h"
#include "support/json.h"
#include "support/npy.h"

#if SPORE_HAVE_PROTOBUF

#define FIXTURES "tests/fixtures/mindspore/"
static const char *const versions[] = {"2.0.0", "2.10.0"};

static int end_scope(void **state)
{
    (void)state;
    sp_error_clear();
    sp_shutdown();
    return sp_mem_stats_get().live_blocks != 0; /* a leak fails the test */
}

static sp_entries read_ok(const char *path)
{
    sp_entries e;
    sp_status st = sp_ckpt_read(path, &e);
    if (st != SP_OK)
        fail_msg("%s", sp_error_text());
    return e;
}

static const sp_entry *find(sp_entries e, const char *name)
{
    for (int i = 0; i < e.n; i++)
        if (strcmp(e.at[i].name, name) == 0)
            return &e.at[i];
    fail_msg("no record '%s'", name);
    return NULL;
}

static void same_tensor(const char *name, const sp_tensor *got, const sp_tensor *want)
{
    assert_non_null(got);
    assert_non_null(want);
    if (sp_dtype_of(got) != sp_dtype_of(want) || !sp_shape_equal(sp_shape_of(got), sp_shape_of(want)))
        fail_msg("'%s': got %s %s, want %s %s", name, sp_dtype_name(sp_dtype_of(got)), SP__STR(got),
                 sp_dtype_name(sp_dtype_of(want)), SP__STR(want));
    assert_memory_equal(sp_data(got), sp_data(want), (size_t)sp_size_of(want) * sp_dtype_size(sp_dtype_of(want)));
}

/* ---- MindSpore's own files ---- */

#ifdef SPORE_HAVE_JANSSON
static void as_recorded(const char *version, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "fixtures/mindspore/%s/ckpt/%s.expected.json", version, name);
    json_t *records = test_json_load(path);
    assert_non_null(records);
    snprintf(path, sizeof path, FIXTURES "%s/ckpt/%s.ckpt", version, name);
    sp_entries e = read_ok(path);
    assert_int_equal(e.n, (int)json_array_size(records));
    for (int i = 0; i < e.n; i++) {
        json_t *want = json_array_get(records, (size_t)i);
        assert_string_equal(e.at[i].name, json_string_value(json_object_get(want, "name")));
        const char *type = json_string_value(json_object_get(want, "type"));
        if (strcmp(type, "str") == 0) {
            assert_null(e.at[i].tensor);
            assert_string_equal(e.at[i].text, json_string_value(json_object_get(want, "value")));
            continue;
        }
        json_object_set_new(want, "dtype", json_string(type));
        same_tensor(e.at[i].name, e.at[i].tensor, test_json_tensor(want, ""));
    }
    json_decref(records);
}

static void real_files_hold_what_was_recorded(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        as_recorded(versions[v], "dtypes");
        as_recorded(versions[v], "append");
    }
    as_recorded("2.10.0", "crc");
}
#endif

static void real_slices_are_joined(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        char path[256];
        snprintf(path, sizeof path, FIXTURES "%s/ckpt/sliced.ckpt", versions[v]);
        sp_entries e = read_ok(path);
        assert_int_equal(e.n, 2);
        static const char *const names[] = {"big", "small"};
        for (int i = 0; i < 2; i++) {
            snprintf(path, sizeof path, FIXTURES "%s/ckpt/sliced.%s.npy", versions[v], names[i]);
            same_tensor(names[i], find(e, names[i])->tensor, test_npy_read(path));
        }
    }
}

static void parameters_of_real_nets_have_their_names(void **state)
{
    (void)state;
    for (int v = 0; v < 2; v++) {
        char path[256];
        snprintf(path, sizeof path, FIXTURES "%s/mlp/net.ckpt", versions[v]);
        sp_entries e = read_ok(path);
        assert_int_equal(e.n, 6);
        assert_true(sp_shape_equal(sp_shape_of(find(e, "dense_relu_sequential.2.weight")->tensor), SP_DIMS(16, 32)));
        assert_true(sp_shape_equal(sp_shape_of(find(e, "dense_relu_sequential.4.bias")->tensor), SP_DIMS(10)));
    }
}

static void encrypted_files_are_named_as_such(void **state)
{
    (void)state;
    static const char *const modes[][2] = {{"aes_gcm", "AES-GCM"}, {"aes_cbc", "AES-CBC"}, {"sm4_cbc", "SM4-CBC"}};
    for (int v = 0; v < 2; v++)
        for (int m = 0; m < 3; m++) {
            char path[256];
            snprintf(path, sizeof path, FIXTURES "%s/ckpt/encrypted_%s.ckpt", versions[v], modes[m][0]);
            sp_entries e;
            sp_error_clear();
            assert_int_equal(sp_ckpt_read(path, &e), SP_ERR_UNSUPPORTED);
            assert_int_equal(e.n, 0);
            assert_non_null(strstr(sp_error_text(), modes[m][1]));
            assert_non_null(strstr(sp_error_text(), path));
        }
}

/* ---- our own bytes ---- */

/* docs/formats/ckpt.md, "The smallest file", spelled out by hand. */
static void a_record_has_the_bytes_of_the_description(void **state)
{
    (void)state;
    static const uint8_t head[] = {0x0a, 0x31,                                        /* a record of 49 bytes */
                                   0x0a, 0x06, 'w',  'e',  'i',  'g',  'h', 't',      /* tag                  */
                                   0x12, 0x27, 0x08, 0x02, 0x08, 0x03,                /* tensor: dims 2, 3    */
                                   0x12, 0x07, 'F',  'l',  'o',  'a',  't', '3', '2', /* type                 */
                                   0x1a, 0x18};                                       /* 24 bytes             */
    const float values[6] = {1, -2, 0.5f, 3e20f, 0, 4};
    const sp_entry e = {.name = "weight", .tensor = sp_from(values, SP_F32, SP_DIMS(2, 3))};
    const char *path = test_path("weight.ckpt");
    assert_int_equal(sp_ckpt_write(path, 1, &e), SP_OK);
    size_t n;
    uint8_t *bytes = test_file_read(path, &n);
    assert_int_equal(n, sizeof head + sizeof values);
    assert_memory_equal(bytes, head, sizeof head);
    assert_memory_equal(bytes + sizeof head, values, sizeof values);
    free(bytes);
}

static void a_single_number_is_written_without_dims(void **state)
{
    (void)state;
    static const uint8_t want[] = {0x0a, 0x15, 0x0a, 0x02, 'l', 'r',  0x12, 0x0f, 0x12, 0x07, 'F', 'l',
                                   'o',  'a',  't',  '3',  '2', 0x1a, 0x04, 0x0a, 0xd7, 0x23, 0x3c};
    const sp_entry e = {.name = "lr", .tensor = sp_scalar(0.01, SP_F32)};
    const char *path = test_path("lr.ckpt");
    assert_int_equal(sp_ckpt_write(path, 1, &e), SP_OK);
    size_t n;
    uint8_t *bytes = test_file_read(path, &n);
    assert_int_equal(n, sizeof want);
    assert_memory_equal(bytes, want, sizeof want);
    free(bytes);
}

/* A tensor of every type, rank 0 to 8, with all kinds of bytes in it; texts between them. */
static int all_kinds(sp_entry *e, char names[][32])
{
    int n = 0;
    for (int d = 0; d < SP_DTYPE_COUNT_; d++)
        for (int rank = 0; rank <= SP_MAX_RANK; rank += 2, n++) {
            int64_t dims[SP_MAX_RANK] = {3, 2, 1, 2, 1, 1, 2, 1};
            sp_shape shape = sp_shape_new(rank, dims);
            uint8_t bytes[24 * 8];
            for (size_t i = 0; i < sizeof bytes; i++)
                bytes[i] = (uint8_t)(d == SP_BOOL ? (i ^ (i >> 1)) & 1 : 37 * i + 101 * (size_t)rank + (size_t)d);
            snprintf(names[n], sizeof names[n], "%s.%d.имя", sp_dtype_name((sp_dtype)d), rank);
            e[n] = (sp_entry){.name = names[n], .tensor = sp_from(bytes, (sp_dtype)d, shape)};
        }
    e[n++] = (sp_entry){.name = "note", .text = "na\xc3\xafve \xe8\xae\xad\xe7\xbb\x83 \xf0\x9f\x8d\x84"};
    e[n++] = (sp_entry){.name = "empty", .text = ""};
    return n;
}

static void what_is_written_is_read_again(void **state)
{
    (void)state;
    static const size_t slices[] = {SP__CKPT_SLICE, 16, 8, 20};
    sp_entry e[128];
    char names[128][32];
    int n = all_kinds(e, names);
    for (size_t s = 0; s < sizeof slices / sizeof *slices; s++) {
        const char *path = test_path("kinds.ckpt");
        if (sp__ckpt_write_sliced(path, n, e, slices[s]) != SP_OK)
            fail_msg("%s", sp_error_text());
        sp_entries got = read_ok(path);
        assert_int_equal(got.n, n);
        for (int i = 0; i < n; i++) {
            assert_string_equal(got.at[i].name, e[i].name);
            if (e[i].text)
                assert_string_equal(got.at[i].text, e[i].text);
            else
                same_tensor(e[i].name, got.at[i].tensor, e[i].tensor);
        }
    }
}

static void what_cannot_be_written_is_refused_and_the_old_file_stays(void **state)
{
    (void)state;
    sp_tensor *one = sp_scalar(1, SP_F32);
    const char *path = test_path("refuse.ckpt");
    const sp_entry good = {.name = "w", .tensor = one};
    assert_int_equal(sp_ckpt_write(path, 1, &good), SP_OK);
    const struct {
        sp_entry e[2];
        int n;
        const char *says;
    } cases[] = {
        {{{"w", one, NULL}, {"w", one, NULL}}, 2, "two records are named 'w'"},
        {{{"w", sp_zeros(SP_F32, SP_DIMS(0, 3)), NULL}}, 1, "'w' is empty (shape (0, 3))"},
        {{{"w", NULL, NULL}}, 1, "neither tensor nor text"},
        {{{"w", SP_NONE, NULL}}, 1, "neither tensor nor text"},
        {{{"w", one, "text"}}, 1, "a tensor and a text"},
        {{{"", one, NULL}}, 1, "record 0 has no name"},
        {{{NULL, one, NULL}}, 1, "record 0 has no name"},
        {{{"\xff", one, NULL}}, 1, "is not UTF-8"},
        {{{"w", NULL, "\xc0\x80"}}, 1, "the text of 'w' is not UTF-8"},
        {{{"w", one, NULL}}, 0, "no records"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sp_error_clear();
        assert_int_equal(sp_ckpt_write(path, cases[i].n, cases[i].e), SP_ERR_VALUE);
        if (!strstr(sp_error_text(), cases[i].says))
            fail_msg("'%s' does not say '%s'", sp_error_text(), cases[i].says);
    }
    sp_error_clear();
    assert_int_equal(read_ok(path).n, 1);
}

/* ---- other writers' forms ---- */

typedef struct bytes {
    uint8_t at[4096];
    size_t n;
} bytes;

static void put(bytes *b, const void *data, size_t n)
{
    memcpy(b->at + b->n, data, n);
    b->n += n;
}

static void put_field(bytes *b, int number, const void *data, size_t n)
{
    assert_true(n < 128);
    put(b, (uint8_t[]){(uint8_t)(number << 3 | 2), (uint8_t)n}, 2);
    put(b, data, n);
}

/* A record of Float32 with the encoded dims given. */
static void put_record(bytes *b, const char *name, const char *type, const void *dims, size_t n_dims, const void *data,
                       size_t n)
{
    bytes tensor = {.n = 0}, value = {.n = 0};
    put(&tensor, dims, n_dims);
    put_field(&tensor, 2, type, strlen(type));
    put_field(&tensor, 3, data, n);
    put_field(&value, 1, name, strlen(name));
    put_field(&value, 2, tensor.at, tensor.n);
    put_field(b, 1, value.at, value.n);
}

static sp_status read_bytes(const bytes *b, sp_entries *out)
{
    sp__source s;
    sp_status st = sp__source_memory(&s, "checkpoint", b->at, b->n);
    return st == SP_OK ? sp__ckpt_read_source(&s, out) : st;
}

static const float two[2] = {1.5f, -2};

static void packed_dims_are_read(void **state)
{
    (void)state;
    bytes b = {.n = 0};
    put_record(&b, "w", "Float32", "\x0a\x03\x01\x02\x01", 5, two, 8);
    sp_entries e;
    assert_int_equal(read_bytes(&b, &e), SP_OK);
    same_tensor("w", e.at[0].tensor, sp_from(two, SP_F32, SP_DIMS(1, 2, 1)));
}

static void unknown_fields_are_skipped_and_order_does_not_matter(void **state)
{
    (void)state;
    bytes tensor = {.n = 0}, value = {.n = 0}, b = {.n = 0};
    put(&tensor,
        "\x4d"
        "1234",
        5); /* field 9, 4 bytes */
    put_field(&tensor, 3, two, 8);
    put_field(&tensor, 2, "Float32", 7);
    put(&tensor, "\x08\x02", 2);
    put_field(&value, 2, tensor.at, tensor.n);
    put(&value, "\x78\xff\x7f", 3); /* field 15, a number */
    put_field(&value, 1, "w", 1);
    put(&b,
        "\x11"
        "12345678",
        9); /* field 2 of the file, 8 bytes */
    put_field(&b, 1, value.at, value.n);
    put_field(&b, 7, "later", 5);
    sp_entries e;
    assert_int_equal(read_bytes(&b, &e), SP_OK);
    assert_int_equal(e.n, 1);
    same_tensor("w", e.at[0].tensor, sp_from(two, SP_F32, SP_DIMS(2)));
}

static void a_later_record_of_the_same_name_replaces_the_earlier_one(void **state)
{
    (void)state;
    bytes b = {.n = 0};
    put_record(&b, "w", "Float32", "\x08\x02", 2, two, 8);
    put_record(&b, "v", "Float32", "\x08\x00", 2, two, 4); /* dims [0] with one element: a single number */
    put_record(&b, "w", "Int8", "\x08\x03", 2, "abc", 3);
    sp_entries e;
    assert_int_equal(read_bytes(&b, &e), SP_OK);
    assert_int_equal(e.n, 2);
    assert_string_equal(e.at[0].name, "w");
    same_tensor("w", e.at[0].tensor, sp_from("abc", SP_I8, SP_DIMS(3)));
    same_tensor("v", e.at[1].tensor, sp_scalar(1.5, SP_F32));
}

static void random_state_is_skipped_and_empty_tensors_are_read(void **state)
{
    (void)state;
    bytes b = {.n = 0};
    put_record(&b, "r", "random_op", "", 0, "??", 2);
    put_record(&b, "w", "Float32", "\x08\x00\x08\x03", 4, two, 0);
    sp_entries e;
    assert_int_equal(read_bytes(&b, &e), SP_OK);
    assert_int_equal(e.n, 1);
    assert_true(sp_shape_equal(sp_shape_of(e.at[0].tensor), SP_DIMS(0, 3)));
}

static void slices_may_be_cut_anywhere(void **state)
{
    (void)state;
    bytes b = {.n = 0};
    for (size_t i = 0; i < 8; i += i + 1) /* 1, 2, 4 and 1 bytes */
        put_record(&b, "w", "Float32", "\x08\x02", 2, (const char *)two + i, i == 7 ? 1 : i + 1);
    sp_entries e;
    assert_int_equal(read_bytes(&b, &e), SP_OK);
    assert_int_equal(e.n, 1);
    same_tensor("w", e.at[0].tensor, sp_from(two, SP_F32, SP_DIMS(2)));
}

static void a_wrong_checksum_is_found(void **state)
{
    (void)state;
    size_t n;
    uint8_t *data = test_file_read(FIXTURES "2.10.0/ckpt/crc.ckpt", &n);
    assert_non_null(data);
    bytes b = {.n = 0};
    for (size_t i = 0; i < n; i++) {
        if (i + 17 <= n && i + 10 > n)
            continue; /* without its mark it is no footer */
        b.n = 0;
        put(&b, data, n);
        b.at[i] ^= 0x10;
        sp_entries e;
        sp_error_clear();
        if (i + 17 > n && i + 10 <= n) /* the mark itself: then 17 bytes of no record follow the last one */
            assert_int_not_equal(read_bytes(&b, &e), SP_OK);
        else {
            assert_int_equal(read_bytes(&b, &e), SP_ERR_FORMAT);
            assert_non_null(strstr(sp_error_text(), "damaged"));
        }
    }
    free(data);
}

/* The checksum that MindSpore wrote, over what MindSpore wrote. */
static void a_checksum_is_written_as_mindspore_does(void **state)
{
    (void)state;
    sp_entries e = read_ok(FIXTURES "2.10.0/ckpt/crc.ckpt");
    const char *path = test_path("crc.ckpt");
    assert_int_equal(sp_ckpt_write_checked(path, e.n, e.at), SP_OK);
    size_t n, m;
    uint8_t *want = test_file_read(FIXTURES "2.10.0/ckpt/crc.ckpt", &n), *got = test_file_read(path, &m);
    assert_int_equal(m, n);
    assert_memory_equal(got, want, n);
    assert_int_equal(read_ok(path).n, e.n);
    got[3] ^= 1;
    assert_true(test_file_write(path, got, m));
    sp_entries none;
    assert_int_equal(sp_ckpt_read(path, &none), SP_ERR_FORMAT);
    assert_non_null(strstr(sp_error_text(), "damaged"));
    free(want);
    free(got);
}

static void the_checksum_is_zlibs(void **state)
{
    (void)state;
    assert_int_equal(sp__crc32(0, "123456789", 9), 0xcbf43926u); /* the check value of CRC-32/ISO-HDLC */
    assert_int_equal(sp__crc32(sp__crc32(0, "1234", 4), "56789", 5), 0xcbf43926u);
    assert_int_equal(sp__crc32(0, "", 0), 0);
}

static void paths_that_cannot_be_read_say_so(void **state)
{
    (void)state;
    static const struct {
        const char *path, *says;
        sp_status code;
    } cases[] = {
        {"tests/fixtures/no such file.ckpt", "No such file", SP_ERR_IO},
        {"tests", "not a regular file", SP_ERR_IO},
        {"/dev/zero", "not a regular file", SP_ERR_IO},
        {NULL, "argument 1 is NULL", SP_ERR_VALUE},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        sp_entries e;
        sp_error_clear();
        assert_int_equal(sp_ckpt_read(cases[i].path, &e), cases[i].code);
        if (!strstr(sp_error_text(), cases[i].says))
            fail_msg("'%s' does not say '%s'", sp_error_text(), cases[i].says);
    }
    sp_error_clear();
    assert_int_equal(sp_ckpt_read("x", NULL), SP_ERR_VALUE);
}

/* The n-th allocation fails, n = 1, 2, ... until all is well: a status each time, nothing lost. */
static void memory_that_runs_out_is_an_error(void **state)
{
    (void)state;
    const char *path = FIXTURES "2.10.0/ckpt/append.ckpt";
    for (int64_t n = 1;; n++) {
        sp_error_clear();
        sp_shutdown();
        sp_mem_fail_at(n);
        sp_scope scope = sp_scope_begin();
        sp_entries e;
        sp_status st = sp_ckpt_read(path, &e);
        if (st == SP_OK)
            st = sp_ckpt_write(test_path("short.ckpt"), e.n, e.at);
        sp_scope_end(scope);
        int64_t requests = sp_mem_requests();
        sp_mem_fail_at(0);
        sp_shutdown();
        assert_int_equal(sp_mem_stats_get().live_blocks, 0);
        if (requests < n) {
            assert_int_equal(st, SP_OK);
            assert_true(n > 50);
            break;
        }
        assert_int_equal(sp_error(), SP_ERR_NOMEM);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
#ifdef SPORE_HAVE_JANSSON
        cmocka_unit_test_teardown(real_files_hold_what_was_recorded, end_scope),
#endif
        cmocka_unit_test_teardown(real_slices_are_joined, end_scope),
        cmocka_unit_test_teardown(parameters_of_real_nets_have_their_names, end_scope),
        cmocka_unit_test_teardown(encrypted_files_are_named_as_such, end_scope),
        cmocka_unit_test_teardown(a_record_has_the_bytes_of_the_description, end_scope),
        cmocka_unit_test_teardown(a_single_number_is_written_without_dims, end_scope),
        cmocka_unit_test_teardown(what_is_written_is_read_again, end_scope),
        cmocka_unit_test_teardown(what_cannot_be_written_is_refused_and_the_old_file_stays, end_scope),
        cmocka_unit_test_teardown(packed_dims_are_read, end_scope),
        cmocka_unit_test_teardown(unknown_fields_are_skipped_and_order_does_not_matter, end_scope),
        cmocka_unit_test_teardown(a_later_record_of_the_same_name_replaces_the_earlier_one, end_scope),
        cmocka_unit_test_teardown(random_state_is_skipped_and_empty_tensors_are_read, end_scope),
        cmocka_unit_test_teardown(slices_may_be_cut_anywhere, end_scope),
        cmocka_unit_test_teardown(a_wrong_checksum_is_found, end_scope),
        cmocka_unit_test_teardown(a_checksum_is_written_as_mindspore_does, end_scope),
        cmocka_unit_test_teardown(the_checksum_is_zlibs, end_scope),
        cmocka_unit_test_teardown(paths_that_cannot_be_read_say_so, end_scope),
        cmocka_unit_test_teardown(memory_that_runs_out_is_an_error, end_scope),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#else

static void without_protobuf_both_ways_say_so(void **state)
{
    (void)state;
    sp_entries e;
    const sp_entry one = {.name = "a", .text = "b"};
    assert_int_equal(sp_ckpt_read("x.ckpt", &e), SP_ERR_UNSUPPORTED);
    assert_non_null(strstr(sp_error_text(), "without protobuf-c"));
    sp_error_clear();
    assert_int_equal(sp_ckpt_write(test_path("x.ckpt"), 1, &one), SP_ERR_UNSUPPORTED);
    sp_error_clear();
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(without_protobuf_both_ways_say_so)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}

#endif
