/* Any bytes as a .safetensors file: tensors and texts or one error, nothing else. */
#include "file/safetensors.h"
#include "fuzz_entries.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    return fuzz_entries("safetensors", sp__safetensors_read_source, data, size);
}
