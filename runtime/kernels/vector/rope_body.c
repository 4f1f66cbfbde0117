/* Rotary positions: sixteen pairs at a time. The angles of a row are read once and rotate the same pairs in every
 * head. */
#include "runtime/kernels/kernel_set.h"
#include "runtime/kernels/sixteen.h"

struct pairs {
    struct v16 first, second;
};

/* Memory of two vectors, of which the first 2n floats are valid. */
LRT_INLINE struct pairs load_neighbours(const float *x, int64_t n) {
    const int64_t low = 2 * n < V_LANES ? 2 * n : V_LANES;
    const struct v16 a = v_load_partial(x, low), b = low < 2 * n ? v_load_partial(x + V_LANES, 2 * n - low) : v_zero();
    struct pairs p;
    v_deinterleave(a, b, &p.first, &p.second);
    return p;
}
LRT_INLINE void store_neighbours(float *y, struct pairs p, int64_t n) {
    const int64_t low = 2 * n < V_LANES ? 2 * n : V_LANES;
    struct v16 a, b;
    v_interleave(p.first, p.second, &a, &b);
    v_store_partial(y, a, low);
    if (low < 2 * n) v_store_partial(y + V_LANES, b, 2 * n - low);
}
LRT_INLINE struct pairs rotate(struct pairs x, struct v16 cosine, struct v16 sine) {
    struct pairs y;
    y.first = v_fma(x.first, cosine, v_sub(v_zero(), v_mul(x.second, sine)));
    y.second = v_fma(x.second, cosine, v_mul(x.first, sine));
    return y;
}

/* Pairs j .. j+n-1 (n <= 16) of one row, all heads. */
LRT_INLINE void rope_block(float *y, const float *x, const float *angles, int64_t j, int64_t n, int64_t heads,
                           int64_t head, int neighbours, int inverse) {
    const struct pairs rotation = load_neighbours(angles + 2 * j, n);
    const struct v16 sine = inverse ? v_sub(v_zero(), rotation.second) : rotation.second;
    for (int64_t h = 0; h < heads; h++, x += head, y += head) {
        if (neighbours) {
            store_neighbours(y + 2 * j, rotate(load_neighbours(x + 2 * j, n), rotation.first, sine), n);
        } else {
            struct pairs p = {v_load_partial(x + j, n), v_load_partial(x + head / 2 + j, n)};
            p = rotate(p, rotation.first, sine);
            v_store_partial(y + j, p.first, n);
            v_store_partial(y + head / 2 + j, p.second, n);
        }
    }
}

void LRT_KERNEL(rope)(float *y, const float *x, const float *table, int64_t first, int64_t end, int64_t first_row,
                      int64_t seq, int64_t heads, int64_t head, int neighbours, int inverse) {
    const int64_t pairs = head / 2, whole = pairs / V_LANES * V_LANES;
    for (int64_t r = first; r < end; r++) {
        const float *angles = table + (first_row + r) % seq * head, *from = x + r * heads * head;
        float *to = y + r * heads * head;
        for (int64_t j = 0; j < whole; j += V_LANES)
            rope_block(to, from, angles, j, V_LANES, heads, head, neighbours, inverse);
        if (whole < pairs) rope_block(to, from, angles, whole, pairs - whole, heads, head, neighbours, inverse);
        if (head % 2 && to != from)
            for (int64_t h = 0; h < heads; h++) to[h * head + head - 1] = from[h * head + head - 1];
    }
}
