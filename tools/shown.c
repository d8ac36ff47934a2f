#include "tools/shown.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/buffer.h"
#include "base/mask.h"
#include "base/utf8.h"

char *shown_text(const char *given)
{
    char *masked = mask_address_dup(slice_of(given));
    buffer text;
    buffer_init(&text, SIZE_MAX / 2);
    const char *end = masked + (masked != NULL ? strlen(masked) : 0);
    for (const char *at = masked; at < end;) {
        size_t len = (unsigned char)*at < 0x80 ? 1 : utf8_sequence(at, end);
        if (len > 0)
            buffer_append(&text, at, len);
        else
            buffer_printf(&text, "%%%02X", (unsigned)(unsigned char)*at);
        at += len > 0 ? len : 1;
    }
    if (masked == NULL || buffer_text(&text) == NULL)
        buffer_fini(&text);
    free(masked);
    return text.data;
}

void shown_print(const char *given)
{
    char *text = shown_text(given);
    if (text != NULL)
        utf8_hide_controls(text);
    fputs(text != NULL ? text : MASK, stdout);
    free(text);
}
