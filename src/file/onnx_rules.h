/* file/onnx_rules.h: short names for the tables of what each op is in an ONNX file (onnx_from_maths.c, _shapes.c, _layers.c). */
#ifndef SP_FILE_ONNX_RULES_H
#define SP_FILE_ONNX_RULES_H

#include "file/onnx_write.h"

typedef sp__onnx_writer writer;

#define EMIT(op, in, ...) sp__onnx_emit(w, (op), in, __VA_ARGS__)
#define IN                SP__ONNX_IN
#define ATTRS             SP__ONNX_ATTRS
#define PLAIN             SP__ONNX_PLAIN
#define BIT               SP__ONNX_BIT

/* What the ops compute several steps in: Float32 for 16-bit floats. */
static inline sp_dtype sp__onnx_real(const writer *w) { return sp__onnx_carrier(w, 0, SP__ONNX_REAL); }

#endif
