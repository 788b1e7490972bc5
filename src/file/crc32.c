/* file/crc32.c: by zlib where it is there, else by a table of 16 entries (half a byte at a time). */
#include "file/file.h"

#if SPORE_HAVE_ZLIB
#include <zlib.h>

uint32_t sp__crc32(uint32_t crc, const void *data, size_t n)
{
    const Bytef *p = data;
    while (n > 0) {
        uInt part = (uInt)SP__MIN(n, (size_t)1 << 30);
        crc = (uint32_t)crc32(crc, p, part);
        p += part;
        n -= part;
    }
    return crc;
}

#else

uint32_t sp__crc32(uint32_t crc, const void *data, size_t n)
{
    /* table[i]: the remainder of i after four steps with the reflected polynomial 0xedb88320 */
    static const uint32_t table[16] = {0x00000000u, 0x1db71064u, 0x3b6e20c8u, 0x26d930acu, 0x76dc4190u, 0x6b6b51f4u,
                                       0x4db26158u, 0x5005713cu, 0xedb88320u, 0xf00f9344u, 0xd6d6a3e8u, 0xcb61b38cu,
                                       0x9b64c2b0u, 0x86d3d2d4u, 0xa00ae278u, 0xbdbdf21cu};
    const uint8_t *p = data;
    crc = ~crc;
    for (size_t i = 0; i < n; i++) {
        crc ^= p[i];
        crc = crc >> 4 ^ table[crc & 15];
        crc = crc >> 4 ^ table[crc & 15];
    }
    return ~crc;
}
#endif
