/* file/onnx_types.c: types of elements. */
#if SPORE_HAVE_PROTOBUF
#include "file/onnx.h"

/* By sp_dtype. */
static const int32_t codes[] = {
    [SP_F32] = SP__ONNX_FLOAT,     [SP_F64] = SP__ONNX_DOUBLE, [SP_F16] = SP__ONNX_FLOAT16, [SP_I8] = SP__ONNX_INT8,
    [SP_I16] = SP__ONNX_INT16,     [SP_I32] = SP__ONNX_INT32,  [SP_I64] = SP__ONNX_INT64,   [SP_U8] = SP__ONNX_UINT8,
    [SP_U16] = SP__ONNX_UINT16,    [SP_U32] = SP__ONNX_UINT32, [SP_U64] = SP__ONNX_UINT64,  [SP_BOOL] = SP__ONNX_BOOL,
    [SP_BF16] = SP__ONNX_BFLOAT16,
};

sp_dtype sp__onnx_dtype(int64_t code)
{
    for (int i = 0; i < SP_DTYPE_COUNT_; i++)
        if (codes[i] == code)
            return (sp_dtype)i;
    return SP_DTYPE_COUNT_;
}

int32_t sp__onnx_code(sp_dtype dtype) { return codes[dtype]; }

#else
extern int sp__no_protobuf; /* ISO C wants a declaration in every file */
#endif
