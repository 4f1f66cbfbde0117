// Plan dump: a plan as text, value by value.
#include "compiler/base/text.h"
#include "compiler/plan/plan.h"

void plan_dump(const struct plan *p, struct text *out) {
    text_print(out, "plan %s: arena %lld, bound %lld at step %lld, by %s\n", p->graph->name, (long long)p->arena_bytes,
               (long long)p->bound.bytes, (long long)p->bound.at, p->method);
    for (uint32_t v = 1; v < p->graph->n_values; v++) {
        const struct plan_value *life = &p->values[v];
        if (!life->buffer) continue;
        const struct plan_buffer *b = &p->buffers[life->buffer];
        text_print(out, "  %%%u %s: steps [%u, %u), buffer %u at %lld, %lld bytes", v, p->graph->values[v].name,
                   life->birth, life->death, life->buffer, (long long)b->offset, (long long)life->bytes);
        if (life->in_place_of.id) text_print(out, ", in place of %%%u", life->in_place_of.id);
        if (b->slots > 1)
            text_print(out, ", %lld slots below at %lld", (long long)b->slots - 1, (long long)b->lower_offset);
        text_puts(out, "\n");
    }
    for (size_t i = 0; i < p->n_copies; i++)
        text_print(out, "  copy at %u: %%%u to %%%u\n", p->copies[i].at.id, p->copies[i].from.id, p->copies[i].to.id);
}
