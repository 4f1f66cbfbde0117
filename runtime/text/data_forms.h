/* Forms of examples, and the members that they leave over. */
#ifndef LRT_TEXT_DATA_FORMS_H
#define LRT_TEXT_DATA_FORMS_H
#include <jansson.h>
#include <lorac/lrt.h>

enum lrt_form_shape { LRT_FORM_LIST, LRT_FORM_TURN, LRT_FORM_PAIR, LRT_FORM_PLAIN };
enum {
    LRT_FORMS = 0
#define FORM(name, shape, first, last) +1
#include "runtime/text/data_forms.def"
#undef FORM
};
/* What a column of a table has in its cells: always a text, JSON, or a text that may be a list of messages. */
enum lrt_cells { LRT_CELLS_TEXT, LRT_CELLS_JSON, LRT_CELLS_MESSAGES };
enum lrt_cells lrt_data_cells(const char *column);
const char *lrt_form_name(size_t form);
enum lrt_form_shape lrt_form_shape(size_t form);

/* Names, each once; those beyond the room are only counted. */
enum { LRT_NOTES = 32, LRT_NOTE_BYTES = 48 };
struct lrt_data_notes {
    char names[LRT_NOTES][LRT_NOTE_BYTES];
    size_t n;
    int more;
};
void lrt_data_note(struct lrt_data_notes *notes, const char *name);
/* "id, source"; "" when there are none. */
void lrt_data_notes_print(const struct lrt_data_notes *notes, char *out, size_t size);

struct lrt_example {
    const json_t *prompt, *text; /* of texts; prompt NULL: only a text. They are members of the object */
    json_t *conversation;        /* for chat, to be given to json_decref; NULL: not one */
    size_t form;
};
/* Reads an object of a data file. Members that are not used and change nothing are noted. */
int lrt_data_find_form(struct lrt *c, json_t *object, struct lrt_example *e, struct lrt_data_notes *ignored);
#endif
