/* Names that a run says once: members of examples that nothing looked at. They are kept as a terminal may see them. */
#include "runtime/text/data_forms.h"
#include <lorac/lrt_foreign.h>
#include <stdio.h>
#include <string.h>

void lrt_data_note(struct lrt_data_notes *notes, const char *name) {
    char plain[LRT_NOTE_BYTES];
    lrt_plain_text(plain, sizeof plain, name, strlen(name), "");
    for (size_t i = 0; i < notes->n; i++)
        if (strcmp(notes->names[i], plain) == 0) return;
    if (notes->n == LRT_NOTES)
        notes->more = 1;
    else
        memcpy(notes->names[notes->n++], plain, sizeof plain);
}

void lrt_data_notes_print(const struct lrt_data_notes *notes, char *out, size_t size) {
    size_t n = 0;
    out[0] = 0;
    for (size_t i = 0; i < notes->n && n < size; i++)
        n += (size_t)snprintf(out + n, size - n, "%s%s", i ? ", " : "", notes->names[i]);
    if (notes->more && n < size) snprintf(out + n, size - n, " and others");
}
