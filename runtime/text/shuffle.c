/* The order of rows: a keyed permutation of 0..rows-1 for each epoch, computed point by point. A Feistel network
 * permutes the next even power of two; values that fall outside are sent through again until they are inside (Black and
 * Rogaway, CT-RSA 2002). */
#include <lorac/lrt_text.h>

/* Steele, Lea, Flood: SplitMix64 (OOPSLA 2014). */
static uint64_t mix(uint64_t z) {
    z += 0x9E3779B97F4A7C15u;
    z = (z ^ z >> 30) * 0xBF58476D1CE4E5B9u;
    z = (z ^ z >> 27) * 0x94D049BB133111EBu;
    return z ^ z >> 31;
}

static uint64_t permute(uint64_t value, unsigned half, uint64_t key) {
    const uint64_t mask = ((uint64_t)1 << half) - 1;
    uint64_t left = value >> half, right = value & mask;
    for (uint64_t round = 0; round < 8; round++) {
        const uint64_t next = left ^ (mix(key ^ mix(right ^ round << 40)) & mask);
        left = right;
        right = next;
    }
    return left << half | right;
}

int64_t lrt_order_row(const struct lrt_order *o, int64_t position) {
    if (o->rows <= 0) return 0;
    const int64_t epoch = position / o->rows, within = position % o->rows;
    if (!o->shuffled) return within;
    const uint64_t rows = (uint64_t)o->rows, key = mix(mix(o->seed) + (uint64_t)epoch);
    unsigned half = 1;
    while (half < 32 && (uint64_t)1 << 2 * half < rows) half++;
    uint64_t value = (uint64_t)within;
    do value = permute(value, half, key);
    while (value >= rows);
    return (int64_t)value;
}
