/* The public type dubboc_text: freeing and setting it. */
#include <stdlib.h>
#include <string.h>

#include <dubboc/text.h>

void dubboc_text_free(dubboc_text *text)
{
    if (text == NULL)
        return;
    free(text->data);
    *text = (dubboc_text){0};
}

dubboc_status dubboc_text_set(dubboc_text *text, const char *data, size_t len)
{
    if (len == SIZE_MAX)
        return DUBBOC_E_NO_MEMORY;
    if (text->data == NULL || len + 1 > text->capacity) {
        char *grown = realloc(text->data, len + 1);
        if (grown == NULL)
            return DUBBOC_E_NO_MEMORY;
        text->data = grown;
        text->capacity = len + 1;
    }
    if (len > 0)
        memmove(text->data, data, len);
    text->data[len] = '\0';
    text->len = len;
    return DUBBOC_OK;
}
