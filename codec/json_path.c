/* The place of a node in a tree, as text. */
#include "codec/json_path.h"

#include <stdio.h>

#include "base/error.h"
#include "base/utf8.h"

static bool path_push(json_path *path, json_path_step step)
{
    if (path->depth == JSON_DEPTH_MAX)
        return false;
    path->steps[path->depth++] = step;
    return true;
}

bool json_path_push_key(json_path *path, const char *key)
{
    return path_push(path, (json_path_step){.key = key});
}

bool json_path_push_index(json_path *path, size_t index)
{
    return path_push(path, (json_path_step){.index = index});
}

bool json_path_find(json_path *path, const cJSON *root, const cJSON *node)
{
    if (root == NULL || root == node)
        return root != NULL;
    size_t index = 0;
    for (const cJSON *child = root->child; child != NULL; child = child->next, index++) {
        bool is_pushed = child->string != NULL ? json_path_push_key(path, child->string)
                                               : json_path_push_index(path, index);
        if (!is_pushed)
            return false;
        if (json_path_find(path, child, node))
            return true;
        path->depth--;
    }
    return false;
}

static bool path_is_word(const char *key)
{
    for (const char *at = key; *at != '\0'; at++) {
        if (!ascii_is_alnum(*at) && *at != '_' && *at != '-' && *at != '$')
            return false;
    }
    return *key != '\0';
}

static void path_make_printable(char *text)
{
    const char *end = text + strlen(text);
    while (text < end) {
        unsigned char c = (unsigned char)*text;
        size_t len = utf8_sequence(text, end);
        if (len == 0 || c < 0x20 || c == 0x7F) {
            *text = '?';
            len = 1;
        }
        text += len;
    }
}

const char *json_path_text(const json_path *path, char text[JSON_PATH_TEXT_MAX])
{
    size_t len = (size_t)snprintf(text, JSON_PATH_TEXT_MAX, "$");
    for (unsigned i = 0; i < path->depth && len < JSON_PATH_TEXT_MAX; i++) {
        const json_path_step *step = &path->steps[i];
        size_t room = JSON_PATH_TEXT_MAX - len;
        int more;
        if (step->key == NULL)
            more = snprintf(text + len, room, "[%zu]", step->index);
        else
            more =
                snprintf(text + len, room, path_is_word(step->key) ? ".%s" : "[\"%s\"]", step->key);
        if (more < 0)
            break;
        len += (size_t)more;
    }
    path_make_printable(text);
    return text;
}

dubboc_status json_path_error(
    const json_path *path, dubboc_error *err, dubboc_status status, const char *text, ...)
{
    char place[JSON_PATH_TEXT_MAX];
    va_list args;
    va_start(args, text);
    error_vset(err, status, text, args);
    va_end(args);
    return error_prefix(err, status, "%s", json_path_text(path, place));
}
