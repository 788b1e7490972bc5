/* data/table.h: what a run of rescale, normalize, hwc2chw and typecast(Float32) makes of UInt8 rows. */
#ifndef SP_DATA_TABLE_H
#define SP_DATA_TABLE_H

#include "data/data.h"
#include "kernels/bytes.h"

typedef struct sp__table {
    int64_t tables; /* 1, or channels where a transform tells channels apart; at most 4 */
    float *value;   /* (tables, 256)                                                    */
    bool direct;    /* the formulas give these values, to the last bit                  */
    sp__bytes_formula formula[4];
} sp__table;

/* The n transforms applied to each of the 256 values, one by one in Float32. */
sp_status sp__table_make(sp__table *t, int n, const sp_transform *transforms);
/* Accepts one that was never made (all zero). */
void sp__table_clear(sp__table *t);

/* src (pixels, channels) to dst, (channels, pixels) if planar. */
void sp__table_run(const sp__table *t, float *dst, const uint8_t *src, int64_t channels, int64_t pixels, bool planar);

#endif
