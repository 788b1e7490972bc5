/* kernels/gemm_undef.h: forgets one type's vector operations, for the next type. Included by gemm_tile.c only. */
#undef T
#undef LEFT
#undef V
#undef W
#undef ZERO
#undef LOAD
#undef STORE
#undef SET1
#undef MUL
#undef ADD_UP
#undef lanes_sum
#undef rest
#undef FMA
