/* Ceilings: what this processor can do at most, measured now: fused multiply-adds a second, bytes of memory read a
 * second. */
#ifndef CEILINGS_H
#define CEILINGS_H
#include <stddef.h>

/* Of the wall, or processor time of this thread alone, which other programs on the machine disturb less. */
double seconds_now(void);
double processor_seconds_now(void);
/* Floating-point operations a second of one thread that does nothing but independent multiply-adds in registers. */
double measure_fma_peak(void);
/* Bytes a second of one thread that reads `bytes` at `data` once. */
double measure_read(const void *data, size_t bytes);
#endif
