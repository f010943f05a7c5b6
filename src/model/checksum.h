/* SPDX-License-Identifier: MIT */
/* CRC-32 as zlib, PNG and gzip compute it (polynomial 0xEDB88320, reflected). */
#ifndef LK_MODEL_CHECKSUM_H
#define LK_MODEL_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

uint32_t lk_checksum(const void *bytes, size_t size);

#endif
