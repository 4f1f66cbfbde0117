// Diagnostics as JSON: our own array of objects, and SARIF 2.1.0 (OASIS), which code hosts show beside the source.
#include <jansson.h>
#include <stdlib.h>

#include "compiler/base/diag_list.h"
#include "compiler/base/json_text.h"
#include "compiler/base/text.h"

struct place {
    const struct source *file;
    uint32_t line, column, end_line, end_column;
};

static struct place place_of(const struct sources *s, struct span at) {
    struct place p = {.file = source_get(s, at.source)};
    if (!p.file) return p;
    source_place(p.file, at.first, &p.line, &p.column);
    source_place(p.file, at.last > at.first ? at.last : at.first, &p.end_line, &p.end_column);
    return p;
}

static json_t *object_at(const struct sources *s, struct span at) {
    json_t *object = json_object();
    struct place p = place_of(s, at);
    if (!p.file) return object;
    json_object_set_new(object, "file", json_text(p.file->path));
    json_object_set_new(object, "line", json_integer(p.line));
    json_object_set_new(object, "column", json_integer(p.column));
    json_object_set_new(object, "end", json_pack("{s:i,s:i}", "line", (int)p.end_line, "column", (int)p.end_column));
    return object;
}

static json_t *notes_of(const struct sources *s, const struct diagnostic *one) {
    json_t *notes = json_array();
    for (size_t i = 0; i < one->n_notes; i++) {
        json_t *note = object_at(s, one->notes[i].at);
        json_object_set_new(note, "message", json_text(one->notes[i].message));
        json_array_append_new(notes, note);
    }
    return notes;
}

static void write_document(struct text *t, json_t *document) {
    char *dump = json_dumps(document, JSON_INDENT(2) | JSON_PRESERVE_ORDER);
    json_decref(document);
    if (!dump) return;
    text_puts(t, dump);
    text_puts(t, "\n");
    free(dump);
}

void diag_write_json(const struct diagnostics *d, struct text *t) {
    json_t *list = json_array();
    for (size_t i = 0; i < d->count; i++) {
        const struct diagnostic *one = &d->list[i];
        json_t *object = object_at(d->sources, one->at);
        json_object_set_new(object, "id", json_string(diag_name(one->id)));
        json_object_set_new(object, "severity", json_string(diag_severity_name(diag_row(one->id)->severity)));
        json_object_set_new(object, "message", json_text(one->message));
        json_object_set_new(object, "notes", notes_of(d->sources, one));
        json_object_set_new(object, "hint", one->hint ? json_text(one->hint) : json_null());
        json_array_append_new(list, object);
    }
    write_document(t, list);
}

static json_t *sarif_location(const struct sources *s, struct span at) {
    struct place p = place_of(s, at);
    if (!p.file) return NULL;
    return json_pack("{s:{s:{s:o},s:{s:i,s:i,s:i,s:i}}}", "physicalLocation", "artifactLocation", "uri",
                     json_text(p.file->path), "region", "startLine", (int)p.line, "startColumn", (int)p.column,
                     "endLine", (int)p.end_line, "endColumn", (int)p.end_column);
}

static json_t *sarif_related(const struct sources *s, const struct diagnostic *one) {
    json_t *related = json_array();
    for (size_t i = 0; i < one->n_notes; i++) {
        json_t *location = sarif_location(s, one->notes[i].at);
        if (!location) continue;
        json_object_set_new(location, "message", json_pack("{s:o}", "text", json_text(one->notes[i].message)));
        json_array_append_new(related, location);
    }
    return related;
}

static json_t *sarif_result(const struct sources *s, const struct diagnostic *one) {
    struct text message = {0};
    text_puts(&message, one->message);
    if (one->hint) text_print(&message, "; hint: %s", one->hint);
    json_t *result = json_pack("{s:s,s:s,s:{s:o},s:o}", "ruleId", diag_name(one->id), "level",
                               diag_severity_name(diag_row(one->id)->severity), "message", "text",
                               json_text(message.bytes), "relatedLocations", sarif_related(s, one));
    text_free(&message);
    json_t *locations = json_array(), *location = sarif_location(s, one->at);
    if (location) json_array_append_new(locations, location);
    json_object_set_new(result, "locations", locations);
    return result;
}

void diag_write_sarif(const struct diagnostics *d, struct text *t) {
    bool seen[DIAG_COUNT] = {false};
    json_t *rules = json_array(), *results = json_array();
    for (size_t i = 0; i < d->count; i++) {
        enum diag_id id = d->list[i].id;
        json_array_append_new(results, sarif_result(d->sources, &d->list[i]));
        if (seen[id]) continue;
        seen[id] = true;
        json_array_append_new(rules, json_pack("{s:s,s:{s:s},s:{s:s}}", "id", diag_name(id), "shortDescription", "text",
                                               diag_title(id), "fullDescription", "text", diag_row(id)->explanation));
    }
    write_document(t,
                   json_pack("{s:s,s:s,s:[{s:{s:{s:s,s:s,s:o}},s:o}]}", "$schema",
                             "https://json.schemastore.org/sarif-2.1.0.json", "version", "2.1.0", "runs", "tool",
                             "driver", "name", "lorac", "version", LORAC_VERSION, "rules", rules, "results", results));
}
