// Visible: text from a stranger's file as a terminal may get it. Raw control characters could move the cursor, forge a
// line or turn text around (CVE-2021-42574), and bytes outside UTF-8 end other programs.
#pragma once
#include "compiler/base/text.h"

// Appends the bytes. Each control character (not the tab), each mark that turns the direction of writing, and each byte
// outside UTF-8 becomes `instead`; with NULL its bytes as \xNN.
void text_add_visible(struct text *t, const char *bytes, size_t length, const char *instead);
// The same of a whole string with \xNN; line feeds become \n.
void text_puts_visible(struct text *t, const char *string);
// Bytes of the UTF-8 character that begins there, and its code (RFC 3629); 0 when there is none.
size_t utf8_length(const char *bytes, size_t length, unsigned *code);
