/* spore/file.h: checkpoints (.ckpt) and graphs (.mindir), MindSpore's own formats; graphs as .onnx; .safetensors; NumPy's arrays
 * (.npy, .npz); pictures (PNG, JPEG).
 * docs/formats/ describes them.
 *
 * Reading: every byte is taken as hostile; nothing is changed unless the whole file is right. Writing: a temporary
 * file in the same folder, flushed to the disk, then renamed: at every moment the old or the new file is whole. */
#ifndef SPORE_FILE_H
#define SPORE_FILE_H

#include "nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* ---- checkpoints ---- */

/* One record: a tensor, or a text (tensor NULL then). */
typedef struct sp_entry {
    const char *name;
    sp_tensor *tensor;
    const char *text;
} sp_entry;

typedef struct sp_entries {
    const sp_entry *at;
    int n;
} sp_entries;

/* Writes n records in order. SP_ERR_IO, SP_ERR_VALUE (a name twice, an empty tensor, no records), SP_ERR_STATE
 * (traced). Readable by MindSpore 2.0 and later; a BFloat16 tensor by 2.10 only. */
SP_API sp_status sp_ckpt_write(const char *path, int n, const sp_entry *entries);

/* The same with a checksum at the end, which Spore and MindSpore 2.10 check; MindSpore 2.0 cannot read such a file. */
SP_API sp_status sp_ckpt_write_checked(const char *path, int n, const sp_entry *entries);

/* Reads all records; they belong to the current scope. SP_ERR_IO, SP_ERR_FORMAT (the text says where and what),
 * SP_ERR_UNSUPPORTED (encrypted, map tensors). */
SP_API sp_status sp_ckpt_read(const char *path, sp_entries *out);

/* ---- named tensors in any format: .ckpt, .safetensors, .npz, .npy by the end of the file's name; all else is .ckpt ---- */

/* As sp_ckpt_read. The texts of a .safetensors file are its metadata, in entries before the tensors; a .npy file is one
 * tensor with the file's name. SP_ERR_UNSUPPORTED: a type that is not one of Spore's (8-bit floats), what the library was
 * built without (jansson for .safetensors, zlib for compressed .npz). A .npz file may unpack to twice its size and 48 MiB. */
SP_API sp_status sp_tensors_read(const char *path, sp_entries *out);

/* As sp_ckpt_write. Texts become the metadata of a .safetensors file, arrays of one text in a .npz
 * file, which has no place for BFloat16 (SP_ERR_DTYPE); a .npy file is one tensor, its name is not kept. Only .ckpt refuses
 * empty tensors. */
SP_API sp_status sp_tensors_write(const char *path, int n, const sp_entry *entries);

/* ---- the parameters of cells ---- */

/* All parameters of a cell, by name; the format is that of the file's name, as above. */
SP_API sp_status sp_save_checkpoint(sp_cell *c, const char *path);

/* Fills the cell's parameters from a file of any of the formats above. not_loaded (may be NULL): how many of them the file does not have; if it
 * is NULL, one that is missing is SP_ERR_VALUE. Records that the cell has no place for are ignored. Types within
 * the floats and within the signed integers are converted. SP_ERR_SHAPE, SP_ERR_DTYPE list the parameters that do
 * not fit (as many as an error's text has room for, and how many more); SP_ERR_STATE: one is being differentiated.
 * Nothing is changed on an error. */
SP_API sp_status sp_load_checkpoint(sp_cell *c, const char *path, int *not_loaded);

typedef struct sp_load_result {
    int n_missing, n_unused;
    const char *const *missing; /* parameters of the cell that the file lacks; text of the current scope */
    const char *const *unused;  /* records that the cell has no place for                                */
} sp_load_result;

/* As above from records in memory; strict: types must be equal and nothing missing. result may be NULL. A common prefix
 * of the file's names ("net.weight" for "weight") is recognised as MindSpore does. */
SP_API sp_status sp_load_entries(sp_cell *c, sp_entries entries, bool strict, sp_load_result *result);

/* Which records are wanted, by name; as the options of MindSpore's load_checkpoint(). */
typedef struct sp_filter {
    int _;
    const char *const
        *specify_prefix; /* only names that begin with one of these, the last of which is NULL; NULL: all */
    const char *const
        *filter_prefix; /* no name that begins with one of these                                         */
    bool (*choice_func)(void *user,
                        const char *name); /* and only those that it says yes to; NULL: all                 */
    void *user;
} sp_filter;

/* out: those of the records, in the current scope. SP_ERR_VALUE: there are none. */
SP_API sp_status sp_entries_filter(sp_entries entries, const sp_filter *filter, sp_entries *out);

/* ---- graphs ---- */

/* Traces the cell with example inputs and writes it, by the file name's extension: .mindir (readable by MindSpore 2.0 and later) or
 * .onnx (IR version 8, opset 17; docs/formats/onnx.md). The cell is traced in the mode it is in: what only training does (dropout,
 * batch statistics) has no form in these files. SP_ERR_UNSUPPORTED lists all ops that have none, with their places in the cell;
 * also for other extensions. Tensors of more than 1.5 GiB in all stand in a file beside an .onnx, NAME.onnx.data. */
SP_API sp_status sp_export(sp_cell *c, sp_list example, const char *path);

typedef struct sp_export_opts {
    /* .onnx: the first dimension of the first input, and of all inputs where it is equal to that, may have any size: the file says
     * "N". The cell is traced for several sizes, not the example's, so it must not expect one. SP_ERR_UNSUPPORTED, SP_ERR_SHAPE
     * name what holds for one size only: a constant of the batch's shape with different elements, a shape that mixes the batch with
     * other dimensions. */
    bool dynamic_batch;
} sp_export_opts;

/* opts NULL: as sp_export. */
SP_API sp_status sp_export_with(sp_cell *c, sp_list example, const char *path, const sp_export_opts *opts);

/* A graph as it is, in the same formats. Dimensions of -1 of its inputs may have any size in the file; in an .onnx file the first is
 * called "N", others "D1", "D2", ... by their place, and one name means one size. */
SP_API sp_status sp_graph_save(const sp_graph *g, const char *path);

/* Reads a graph by the file's name: .onnx of opsets 6 to 28 (docs/formats/onnx.md), all else as .mindir of either generation (MindSpore
 * 2.0, 2.10). Nothing is computed by it but shapes and small constants. Inputs have the file's names; sizes that it leaves open are
 * -1 and may be any. Elements may be in other files of the same folder, in no others. SP_ERR_UNSUPPORTED lists all
 * operators that are not supported, with their names in the graph, and is what the limits say; SP_ERR_FORMAT, SP_ERR_SHAPE,
 * SP_ERR_VALUE, SP_ERR_DTYPE: what does not fit; SP_ERR_IO. The parameters belong to the graph. */
SP_API sp_graph *sp_graph_load(const char *path);

/* ---- arrays: NumPy's .npy ---- */

/* The array in a file, in the current scope: Bool, integers and floats of either byte order and either order of
 * axes. SP_ERR_IO; SP_ERR_FORMAT; SP_ERR_UNSUPPORTED (complex numbers, texts, records, objects). */
SP_API sp_tensor *sp_npy_read(const char *path);

/* SP_ERR_IO; SP_ERR_DTYPE for BFloat16, which NumPy does not have. */
SP_API sp_status sp_npy_write(const char *path, const sp_tensor *t);

/* ---- tables of numbers as text ---- */

/* The numbers of a .csv file, Float32 (rows, columns), with a point in every locale; a field that is left out is NaN. Fields are
 * separated by the first of comma, semicolon and tab that the first line has, and may stand in quotes; lines that are empty do not
 * count. A first line of which a field is no number is the header: *names (unless names is NULL) are its fields then, else NULL;
 * text of the current scope. SP_ERR_IO; SP_ERR_FORMAT: a field that is no number, a line with more or fewer than the first. */
SP_API sp_tensor *sp_csv_read(const char *path, const char *const **names);

/* ---- pictures ---- */

/* The picture in a PNG or JPEG file (told apart by their first bytes), UInt8 (height, width, channels) as MindSpore's vision.Decode
 * gives it. channels: 1 for grey (0.299 R + 0.587 G + 0.114 B), 3 for RGB, 0 for one of them, as in the file. Alpha is left out,
 * samples of 16 bits are brought to 8, EXIF's orientation is not looked at. At most 32,768 pixels a side and some 10 million
 * pixels, more in files larger than that. SP_ERR_IO; SP_ERR_FORMAT (neither, damaged, cut short, too large); SP_ERR_UNSUPPORTED
 * (CMYK; built without libpng or libjpeg-turbo). */
SP_API sp_tensor *sp_image_read(const char *path, int channels);

/* image (H, W, C), UInt8, in another size: each pixel is the mean of those it covers, weighted by a triangle (bilinear, with
 * antialiasing). SP_ERR_SHAPE; SP_ERR_VALUE. */
SP_API sp_tensor *sp_image_resize(const sp_tensor *image, int64_t height, int64_t width);

#ifdef __cplusplus
}
#endif
#endif
