/* base/hot.h: how loops are marked that should become vector code. */
#ifndef SP_BASE_HOT_H
#define SP_BASE_HOT_H

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define SP__SANITIZED 1
#endif
#elif defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SP__SANITIZED 1
#endif

/* Loops worth compiling for wider vectors as well; the loader picks by the CPU. Needs GNU's indirect functions, which
 * sanitizers do not support, and gcc: clang 14 has the attribute, but gives each static function a resolver that the whole
 * program sees, so that two of one name do not link. The result does not depend on the choice: nothing is contracted or
 * reordered. */
#if defined(__x86_64__) && defined(__GNUC__) && !defined(__clang__) && defined(__gnu_linux__) && !defined(SP__SANITIZED)
#define SP__HOT __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#define SP__HOT_LESS \
    __attribute__((target_clones("default", "arch=x86-64-v3"))) /* large, and seldom what a program waits for */
#else
#define SP__HOT
#define SP__HOT_LESS
#endif

/* Loops that are written once for many types: SP__HOT_<type>. Three copies are worth their bytes for Float32 alone; the others,
 * of which there are many and few are used, are compiled for size. */
#if defined(__GNUC__) || defined(__clang__)
#define SP__SMALL __attribute__((cold))
#else
#define SP__SMALL
#endif
#define SP__HOT_F32  SP__HOT
#define SP__HOT_F64  SP__SMALL
#define SP__HOT_F16  SP__SMALL
#define SP__HOT_BF16 SP__SMALL
#define SP__HOT_I8   SP__SMALL
#define SP__HOT_I16  SP__SMALL
#define SP__HOT_I32  SP__SMALL
#define SP__HOT_I64  SP__SMALL
#define SP__HOT_U8   SP__SMALL
#define SP__HOT_U16  SP__SMALL
#define SP__HOT_U32  SP__SMALL
#define SP__HOT_U64  SP__SMALL
#define SP__HOT_BOOL SP__SMALL

/* Each element of such a loop is independent of the others, also when y == x. Where a formula calls libm the loop
 * stays as it is, which clang would report for each of them. */
#define SP__SIMD            _Pragma("omp simd")
#define SP__SIMD_ANY(found) SP__PRAGMA(omp simd reduction(| : found)) /* found |= ... in each */
#define SP__PRAGMA(text)    _Pragma(#text)
/* The same in loops that are written once for many types: SP__SIMD_<type>. */
#define SP__SIMD_F32 SP__SIMD
#define SP__SIMD_F64 SP__SIMD
#define SP__SIMD_F16
#define SP__SIMD_BF16
#define SP__SIMD_I8
#define SP__SIMD_I16
#define SP__SIMD_I32
#define SP__SIMD_I64
#define SP__SIMD_U8
#define SP__SIMD_U16
#define SP__SIMD_U32
#define SP__SIMD_U64
#define SP__SIMD_BOOL
#define SP__SIMD_B1
#define SP__SIMD_B2
#define SP__SIMD_B4
#define SP__SIMD_B8
#ifdef __clang__
#pragma clang diagnostic ignored "-Wpass-failed"
#endif

/* Inlined whatever its size: small functions that such loops call. */
#if defined(__GNUC__) || defined(__clang__)
#define SP__INLINE static inline __attribute__((always_inline))
#else
#define SP__INLINE static inline
#endif

#endif
