/* Any bytes as a .npz file: arrays or one error, nothing else. */
#include "file/npz.h"
#include "fuzz_entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_entries("npz", sp__npz_read_source, data, size);
}
