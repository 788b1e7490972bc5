/* support/read_formats.c: see read_formats.h. Nothing of the libraries that read these files is used. */
#include "support/read_formats.h"

#include <stdio.h>
#include <string.h>

#include "file/file.h"

static void put(FILE *f, const void *bytes, size_t n) { fwrite(bytes, 1, n, f); /* ended() looks */ }

static void put_32(FILE *f, uint32_t v)
{
    put(f, (uint8_t[]){(uint8_t)(v >> 24), (uint8_t)(v >> 16), (uint8_t)(v >> 8), (uint8_t)v}, 4);
}

static sp_status ended(FILE *f)
{
    if (!f)
        return SP_ERR_IO;
    const int bad = ferror(f);
    return fclose(f) == 0 && !bad ? SP_OK : SP_ERR_IO;
}

/* ---- tables ---- */

sp_status test_csv_write(const char *path, int value, int64_t size)
{
    FILE *f = fopen(path, "wb");
    for (int64_t row = 0; f && row < size / 8; row++)
        for (int column = 0; column < 8; column++)
            fprintf(f, "%d%c", value, column < 7 ? ',' : '\n');
    return ended(f);
}

sp_status test_csv_write_rows(const char *path, int64_t n)
{
    FILE *f = fopen(path, "wb");
    if (f)
        fprintf(f, "\"a name\"\r\n");
    for (int64_t row = 0; f && row < n; row++)
        fprintf(f, "\"1\"\r\n");
    return ended(f);
}

/* ---- IDX ---- */

sp_status test_idx_write(const char *path, int value, int64_t size)
{
    FILE *f = fopen(path, "wb");
    if (f) {
        put_32(f, 0x00000801);
        put_32(f, (uint32_t)size);
    }
    for (int64_t i = 0; f && i < size; i++)
        fputc(value, f);
    return ended(f);
}

/* ---- pictures: grey ---- */

/* The side of a square of about `size` pixels, a multiple of 8. */
static uint32_t side_of(int64_t size)
{
    uint32_t side = 8;
    while ((int64_t)side * side < size)
        side += 8;
    return side;
}

/* A chunk: length, type, data, sum of both. What follows is added to by chunk_part() and ends with chunk_end(). */
typedef struct chunk {
    FILE *f;
    uint32_t crc;
} chunk;

static void chunk_part(chunk *c, const void *bytes, size_t n)
{
    put(c->f, bytes, n);
    c->crc = sp__crc32(c->crc, bytes, n);
}

static chunk chunk_begin(FILE *f, const char *type, uint32_t length)
{
    chunk c = {f, 0};
    put_32(f, length);
    chunk_part(&c, type, 4);
    return c;
}

/* The pixels as zlib's format without compression: a block for each row, a filter byte before it; Adler's sum behind. */
static void png_pixels(FILE *f, uint8_t value, uint32_t side)
{
    uint8_t row[6 + 32768];
    const uint32_t n = side + 1;
    uint32_t a = 1, b = 0;
    chunk c = chunk_begin(f, "IDAT", 2 + side * (5 + n) + 4);
    chunk_part(&c, "\x78\x01", 2);
    for (uint32_t y = 0; y < side; y++) {
        const uint8_t head[6] = {y + 1 == side, (uint8_t)n, (uint8_t)(n >> 8), (uint8_t)~n, (uint8_t)(~n >> 8), 0};
        memcpy(row, head, 6);
        memset(row + 6, value, side);
        chunk_part(&c, row, 5 + n);
        for (uint32_t i = 0; i < n; i++) {
            a = (a + row[5 + i]) % 65521;
            b = (b + a) % 65521;
        }
    }
    chunk_part(&c, (uint8_t[]){(uint8_t)(b >> 8), (uint8_t)b, (uint8_t)(a >> 8), (uint8_t)a}, 4);
    put_32(f, c.crc);
}

sp_status test_png_write(const char *path, int value, int64_t size)
{
    FILE *f = fopen(path, "wb");
    const uint32_t side = side_of(size);
    if (!f)
        return SP_ERR_IO;
    const uint8_t high = (uint8_t)(side >> 8), low = (uint8_t)side;
    put(f, "\x89PNG\r\n\x1a\n", 8);
    chunk c = chunk_begin(f, "IHDR", 13);
    chunk_part(&c, (uint8_t[]){0, 0, high, low, 0, 0, high, low, 8, 0, 0, 0, 0}, 13);
    put_32(f, c.crc);
    png_pixels(f, (uint8_t)value, side);
    c = chunk_begin(f, "IEND", 0);
    put_32(f, c.crc);
    return ended(f);
}

/* Baseline: one component, all quantisers 8, so that a block's mean is its first coefficient. Huffman codes: 0 for a difference of 0
 * and 10 for one of 7 bits; 0 for the end of a block. The first block has the difference value - 128, the others none: zeros. */
sp_status test_jpeg_write(const char *path, int value, int64_t size)
{
    FILE *f = fopen(path, "wb");
    const uint32_t side = side_of(size), blocks = side / 8 * (side / 8);
    uint8_t quantisers[64];
    if (!f)
        return SP_ERR_IO;
    const uint8_t high = (uint8_t)(side >> 8), low = (uint8_t)side;
    memset(quantisers, 8, sizeof quantisers);
    put(f, "\xff\xd8\xff\xdb\0\x43\0", 7);
    put(f, quantisers, sizeof quantisers);
    put(f, (uint8_t[]){0xff, 0xc0, 0, 11, 8, high, low, high, low, 1, 1, 0x11, 0}, 13);
    put(f, (uint8_t[]){0xff, 0xc4, 0, 21, 0x00, 1, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 7}, 23);
    put(f, (uint8_t[]){0xff, 0xc4, 0, 20, 0x10, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}, 22);
    put(f, (uint8_t[]){0xff, 0xda, 0, 8, 1, 1, 0x00, 0, 63, 0}, 10);
    /* 10, then 7 bits of the difference (less one, as it is below 0), then 0; 2 bits of 0 for each block after it; ones to the end */
    const uint32_t bits = 10 + 2 * (blocks - 1), difference = (uint32_t)(value - 128 + 127) & 127;
    const uint32_t first = (2u << 7 | difference) << 1; /* 10 bits */
    fputc((int)(first >> 2), f);
    for (uint32_t done = 8; done < bits; done += 8) {
        uint32_t byte = done == 8 ? (first & 3) << 6 : 0;
        if (bits - done < 8)
            byte |= 0xff >> (bits - done);
        fputc((int)byte, f);
    }
    put(f, "\xff\xd9", 2);
    return ended(f);
}
