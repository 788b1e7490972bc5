/* file/ckpt_write.c: entries to records, straight from the tensors' elements into the file. The form is the one
 * that MindSpore 2.0 and later read: no dims for a single number, slices cut between elements, no footer. */
#if SPORE_HAVE_PROTOBUF
#include "file/ckpt.h"

#include <string.h>

#include "file/proto.h"
#include "file/proto/ckpt.pb-c.h"

static const char what[] = "checkpoint";

/* MindSpore cannot load an empty tensor. */
static sp_status check(int n, const sp_entry *entries)
{
    sp_status st = sp__entries_check(what, n, entries);
    for (int i = 0; i < n && st == SP_OK; i++)
        if (!entries[i].text && entries[i].tensor->size == 0)
            st = sp__err(SP_ERR_VALUE, "%s: '%s' is empty (shape %s)", what, entries[i].name,
                         SP__STR(entries[i].tensor));
    return st;
}

/* ---- records ---- */

static ProtobufCBinaryData text(const char *s) { return (ProtobufCBinaryData){strlen(s), (uint8_t *)(uintptr_t)s}; }

static sp_status write_record(sp__atomic *out, const char *name, Sp__Ckpt__Tensor *tensor)
{
    Sp__Ckpt__Value value = SP__CKPT__VALUE__INIT;
    value.has_tag = 1;
    value.tag = text(name);
    value.tensor = tensor;
    Sp__Ckpt__Value *values[] = {&value};
    Sp__Ckpt__Checkpoint file = SP__CKPT__CHECKPOINT__INIT;
    file.n_value = 1;
    file.value = values;
    return sp__proto_write(out, &file.base);
}

static sp_status write_tensor(sp__atomic *out, const char *name, const sp_tensor *t, size_t slice)
{
    Sp__Ckpt__Tensor record = SP__CKPT__TENSOR__INIT;
    sp_shape shape = t->shape;
    record.n_dims = (size_t)shape.rank;
    record.dims = shape.dim;
    record.has_type = record.has_content = 1;
    record.type = text(sp_dtype_name(t->dtype));
    size_t element = sp_dtype_size(t->dtype);
    size_t left = (size_t)t->size * element;
    slice -= slice % element;
    uint8_t *at = t->data;
    sp_status st = SP_OK;
    while (left > 0 && st == SP_OK) {
        record.content = (ProtobufCBinaryData){SP__MIN(left, slice), at};
        st = write_record(out, name, &record);
        at += record.content.len;
        left -= record.content.len;
    }
    return st;
}

static sp_status write_text(sp__atomic *out, const char *name, const char *s)
{
    size_t bytes;
    uint8_t *content = sp__utf8_to_utf32(what, s, &bytes);
    if (!content)
        return sp_error();
    Sp__Ckpt__Tensor record = SP__CKPT__TENSOR__INIT;
    int64_t zero = 0;
    record.n_dims = 1;
    record.dims = &zero;
    record.has_type = record.has_content = 1;
    record.type = text("str");
    record.content = (ProtobufCBinaryData){bytes, content};
    sp_status st = write_record(out, name, &record);
    sp__free(content, bytes);
    return st;
}

/* "crc_num" and the sum as 10 bytes, big endian. */
static sp_status write_footer(sp__atomic *out)
{
    uint8_t footer[17] = {'c', 'r', 'c', '_', 'n', 'u', 'm'};
    for (int i = 0; i < 4; i++)
        footer[16 - i] = (uint8_t)(out->crc >> 8 * i);
    return sp__atomic_write(out, footer, sizeof footer);
}

static sp_status write_file(const char *path, int n, const sp_entry *entries, size_t slice, bool checked)
{
    if (!sp__given("ckpt_write", 1, path) || !sp__given("ckpt_write", 3, entries))
        return SP_ERR_VALUE;
    sp_status st = check(n, entries);
    if (st != SP_OK)
        return st;
    sp__atomic *out = sp__alloc(sizeof *out);
    if (!out)
        return sp_error();
    st = sp__atomic_open(out, what, path);
    out->summed = checked;
    for (int i = 0; i < n && st == SP_OK; i++)
        st = entries[i].text ? write_text(out, entries[i].name, entries[i].text)
                             : write_tensor(out, entries[i].name, entries[i].tensor, slice);
    if (st == SP_OK && checked)
        st = write_footer(out);
    if (st == SP_OK)
        st = sp__atomic_commit(out);
    sp__atomic_abort(out);
    sp__free(out, sizeof *out);
    return st;
}

sp_status sp_ckpt_write(const char *path, int n, const sp_entry *entries)
{
    return write_file(path, n, entries, SP__CKPT_SLICE, false);
}

sp_status sp_ckpt_write_checked(const char *path, int n, const sp_entry *entries)
{
    return write_file(path, n, entries, SP__CKPT_SLICE, true);
}

sp_status sp__ckpt_write_sliced(const char *path, int n, const sp_entry *entries, size_t slice)
{
    return write_file(path, n, entries, slice, false);
}

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
