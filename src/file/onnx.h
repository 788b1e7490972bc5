/* file/onnx.h: ONNX graphs in files, inside. docs/formats/onnx.md describes what is read and written.
 *
 *   onnx_types.c  types of elements: ONNX's numbers and ours */
#ifndef SP_FILE_ONNX_H
#define SP_FILE_ONNX_H

#include "file/proto.h"
#include "file/proto/onnx.pb-c.h"
#include "graph/graph.h"

/* Numbers of element types (TensorProto.DataType); a .mindir file has the same. */
enum {
    SP__ONNX_FLOAT = 1,
    SP__ONNX_UINT8 = 2,
    SP__ONNX_INT8 = 3,
    SP__ONNX_UINT16 = 4,
    SP__ONNX_INT16 = 5,
    SP__ONNX_INT32 = 6,
    SP__ONNX_INT64 = 7,
    SP__ONNX_STRING = 8,
    SP__ONNX_BOOL = 9,
    SP__ONNX_FLOAT16 = 10,
    SP__ONNX_DOUBLE = 11,
    SP__ONNX_UINT32 = 12,
    SP__ONNX_UINT64 = 13,
    SP__ONNX_BFLOAT16 = 16
};

/* Types of attributes (AttributeProto.AttributeType). */
enum {
    SP__ONNX_ATTR_FLOAT = 1,
    SP__ONNX_ATTR_INT = 2,
    SP__ONNX_ATTR_STRING = 3,
    SP__ONNX_ATTR_TENSOR = 4,
    SP__ONNX_ATTR_GRAPH = 5,
    SP__ONNX_ATTR_FLOATS = 6,
    SP__ONNX_ATTR_INTS = 7,
    SP__ONNX_ATTR_STRINGS = 8
};

/* SP_DTYPE_COUNT_ for a number that is of no type of ours. */
sp_dtype sp__onnx_dtype(int64_t code);
int32_t sp__onnx_code(sp_dtype dtype);

#endif
