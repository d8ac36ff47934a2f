/* Writes trees and strings as JSON text. The open nodes are a stack, so that the depth is limited,
 * and an error can name the place of the node that cannot be written. Space in the buffer is
 * reserved once for each node and its key. */
#include "codec/json_write.h"

#include <math.h>

#include "base/error.h"
#include "base/utf8.h"
#include "codec/json_number.h"
#include "codec/json_path.h"
#include "codec/json_plain.h"
#include "codec/json_scan.h"
#include "codec/json_tree.h"

/* The ceiling of a printed text: the largest difference between two pointers. */
#define PRINT_MAX_BYTES ((size_t)PTRDIFF_MAX)

/* Enough for most texts, so that the buffer seldom has to grow. */
#define PRINT_FIRST_BYTES 256

/* --- strings --- */

static char *write_put_escape(char *out, unsigned char c)
{
    static const char letters[] = {
        ['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
    *out++ = '\\';
    if (c == '"' || c == '\\') {
        *out++ = (char)c;
        return out;
    }
    if (c < sizeof letters && letters[c] != 0) {
        *out++ = letters[c];
        return out;
    }
    static const char hex[] = "0123456789abcdef";
    *out++ = 'u';
    *out++ = '0';
    *out++ = '0';
    *out++ = hex[c >> 4];
    *out++ = hex[c & 15];
    return out;
}

static void write_append_escape(buffer *out, char c)
{
    char escape[6];
    buffer_append(out, escape, (size_t)(write_put_escape(escape, (unsigned char)c) - escape));
}

/* Appends the replacement of a byte that must not appear in a string. */
static void write_append_replacement(buffer *out, char c)
{
    if ((unsigned char)c >= 0x80)
        buffer_append(out, "\xEF\xBF\xBD", 3);
    else
        write_append_escape(out, c);
}

/* Appends the content of a string, escaped. false: the text is not UTF-8, and is_lossy is false. */
static bool write_append_inside(buffer *out, const char *at, const char *end, bool is_lossy)
{
    /* The start of the bytes that need no escape and have not been appended yet. */
    const char *run = at;
    for (at = json_plain_end(at, end); at < end; at = json_plain_end(at, end)) {
        if ((unsigned char)*at >= 0x80) {
            const char *from = at;
            at = utf8_end(at, end);
            if (at > from)
                continue;
            if (!is_lossy)
                return false;
        }
        buffer_append(out, run, (size_t)(at - run));
        write_append_replacement(out, *at);
        run = ++at;
    }
    buffer_append(out, run, (size_t)(end - run));
    return true;
}

/* Like buffer_reserve(), but inline if there is room. */
static inline char *write_reserve(buffer *out, size_t more)
{
    size_t limit = out->capacity < out->max_bytes ? out->capacity : out->max_bytes;
    if (out->status == DUBBOC_OK && out->len < limit && more <= limit - out->len)
        return out->data + out->len;
    return buffer_reserve(out, more);
}

/* Writes a string with its quotes if it needs no escapes. room: at least len + 2 bytes. NULL: the
 * string needs escapes. */
static inline char *write_put_plain_string(char *room, const char *text, size_t len)
{
    if (!json_is_plain(text, len))
        return NULL;
    *room++ = '"';
    memcpy(room, text, len);
    room[len] = '"';
    return room + len + 1;
}

static bool write_append_string(buffer *out, dubboc_slice text, bool is_lossy)
{
    size_t len_before = out->len;
    const char *start = text.at != NULL ? text.at : "";
    char *room = text.len <= SIZE_MAX - 2 ? write_reserve(out, text.len + 2) : NULL;
    char *plain_end = room != NULL ? write_put_plain_string(room, start, text.len) : NULL;
    if (plain_end != NULL) {
        out->len += (size_t)(plain_end - room);
        return true;
    }
    buffer_append_char(out, '"');
    if (!write_append_inside(out, start, start + text.len, is_lossy)) {
        out->len = len_before;
        return false;
    }
    buffer_append_char(out, '"');
    return true;
}

bool json_write_string(buffer *out, dubboc_slice text)
{
    return write_append_string(out, text, false);
}

void json_write_string_lossy(buffer *out, dubboc_slice text)
{
    write_append_string(out, text, true);
}

/* --- nodes --- */

typedef struct writer {
    buffer *out;
    const char *problem; /* what cannot be written; NULL: nothing */
    unsigned depth;
    /* The open containers, and above them the node that is being written. */
    const cJSON *open[JSON_DEPTH_MAX + 1];
} writer;

static bool write_fail(writer *self, const char *problem)
{
    self->problem = problem;
    return false;
}

static bool write_is_container(const cJSON *node)
{
    int type = json_node_type(node);
    return type == cJSON_Object || type == cJSON_Array;
}

/* The room for the part of a node that is not a string or raw text. */
#define NODE_ROOM JSON_NUMBER_PRINT_MAX

static char *write_put(char *room, const char *text, size_t len)
{
    memcpy(room, text, len);
    return room + len;
}

/* NULL: the number cannot be written. */
static char *write_put_number(writer *self, char *room, double value)
{
    if (isfinite(value))
        return room + json_number_print(value, room);
    write_fail(
        self, isnan(value) ? "NaN, which JSON cannot hold" : "infinity, which JSON cannot hold");
    return NULL;
}

/* Writes a node, except strings and raw text, which write_text() writes. Returns the position
 * behind it; NULL: the node cannot be written. */
static char *write_put_node(writer *self, char *room, const cJSON *node)
{
    switch (json_node_type(node)) {
    case cJSON_Number:
        return write_put_number(self, room, node->valuedouble);
    case cJSON_Object:
        return write_put(room, "{", 1);
    case cJSON_Array:
        return write_put(room, "[", 1);
    case cJSON_True:
        return write_put(room, "true", 4);
    case cJSON_False:
        return write_put(room, "false", 5);
    case cJSON_NULL:
        return write_put(room, "null", 4);
    case cJSON_String:
    case cJSON_Raw:
        return room;
    default:
        write_fail(self, "a cJSON node of an unknown type");
        return NULL;
    }
}

static bool write_raw(writer *self, const char *text)
{
    json_value value;
    if (json_check(slice_of(text), &value, NULL) != DUBBOC_OK)
        return write_fail(self, "a raw node that is not JSON");
    buffer_append_slice(self->out, value.text);
    return true;
}

static bool write_text(writer *self, const cJSON *node)
{
    if (json_node_type(node) == cJSON_Raw)
        return write_raw(self, node->valuestring);
    if (node->valuestring == NULL)
        return write_fail(self, "a string without text");
    return write_append_string(self->out, slice_of(node->valuestring), false) ||
           write_fail(self, "a string that is not UTF-8");
}

/* Writes a key and its colon. A key that needs no escapes, as nearly all keys, goes into the room
 * that was reserved for the node. */
static char *write_put_key(writer *self, char *room, const cJSON *node, size_t len)
{
    char *end = write_put_plain_string(room, node->string, len);
    if (end == NULL) {
        self->out->len = (size_t)(room - self->out->data);
        if (!write_append_string(self->out, slice_make(node->string, len), false)) {
            write_fail(self, "a name that is not UTF-8");
            return NULL;
        }
        end = buffer_reserve(self->out, NODE_ROOM + 1);
    }
    if (end != NULL)
        *end++ = ':';
    return end;
}

/* Writes a node with the comma and the key in front of it. Of a container only the opening bracket
 * is written. false: there is a problem, or the buffer has failed. */
static bool write_child(writer *self, const cJSON *node)
{
    self->open[self->depth] = node;
    const cJSON *parent = self->depth > 0 ? self->open[self->depth - 1] : NULL;
    bool has_key = parent != NULL && json_node_type(parent) == cJSON_Object;
    if (has_key && node->string == NULL)
        return write_fail(self, "a member without a name");
    if (write_is_container(node) && self->depth == JSON_DEPTH_MAX)
        return write_fail(self, "deeper than 128 levels");
    size_t key_len = has_key ? strlen(node->string) : 0;
    char *at = write_reserve(self->out, key_len + 4 + NODE_ROOM);
    if (at != NULL && parent != NULL && node != parent->child)
        *at++ = ',';
    if (at != NULL && has_key)
        at = write_put_key(self, at, node, key_len);
    if (at != NULL)
        at = write_put_node(self, at, node);
    if (at == NULL)
        return false;
    self->out->len = (size_t)(at - self->out->data);
    int type = json_node_type(node);
    return (type != cJSON_String && type != cJSON_Raw) || write_text(self, node);
}

/* Closes the containers that end behind node, and returns the next node. NULL: everything is
 * written. */
static const cJSON *write_next_node(writer *self, const cJSON *node)
{
    if (write_is_container(node)) {
        self->open[self->depth++] = node;
        if (node->child != NULL)
            return node->child;
    } else if (self->depth > 0 && node->next != NULL) {
        return node->next;
    }
    while (self->depth > 0) {
        const cJSON *done = self->open[--self->depth];
        char *at = write_reserve(self->out, 1);
        if (at == NULL)
            return NULL;
        *at = json_node_type(done) == cJSON_Object ? '}' : ']';
        self->out->len++;
        if (self->depth > 0 && done->next != NULL)
            return done->next;
    }
    return NULL;
}

static size_t write_index_in(const cJSON *parent, const cJSON *node)
{
    size_t index = 0;
    for (const cJSON *child = parent->child; child != NULL && child != node; child = child->next)
        index++;
    return index;
}

static dubboc_status write_tell_problem(const writer *self, dubboc_error *err)
{
    json_path path;
    path.depth = 0;
    for (unsigned i = 1; i <= self->depth; i++) {
        const cJSON *parent = self->open[i - 1], *node = self->open[i];
        if (json_node_type(parent) == cJSON_Object)
            json_path_push_key(&path, node->string != NULL ? node->string : "");
        else
            json_path_push_index(&path, write_index_in(parent, node));
    }
    char text[JSON_PATH_TEXT_MAX];
    return error_set(err, DUBBOC_E_ARGUMENT, "%s: %s", json_path_text(&path, text), self->problem);
}

static dubboc_status write_buffer_problem(const buffer *out, dubboc_error *err)
{
    if (out->status == DUBBOC_E_NO_MEMORY)
        return error_no_memory(err);
    return error_set(err, out->status, "the JSON text is over %zu bytes", out->max_bytes);
}

dubboc_status json_write(buffer *out, const cJSON *tree, dubboc_error *err)
{
    if (tree == NULL)
        return error_set(err, DUBBOC_E_ARGUMENT, "$: the tree is NULL");
    writer self;
    self.out = out;
    self.problem = NULL;
    self.depth = 0;
    for (const cJSON *node = tree; node != NULL; node = write_next_node(&self, node)) {
        if (!write_child(&self, node))
            return self.problem != NULL ? write_tell_problem(&self, err)
                                        : write_buffer_problem(out, err);
    }
    return out->status == DUBBOC_OK ? DUBBOC_OK : write_buffer_problem(out, err);
}

dubboc_status dubboc_json_print(const cJSON *tree, char **text, size_t *len, dubboc_error *err)
{
    buffer out;
    buffer_init(&out, PRINT_MAX_BYTES);
    (void)buffer_reserve(&out, PRINT_FIRST_BYTES);
    dubboc_status status = json_write(&out, tree, err);
    if (status == DUBBOC_OK && buffer_text(&out) == NULL)
        status = write_buffer_problem(&out, err);
    if (status != DUBBOC_OK) {
        buffer_fini(&out);
        return status;
    }
    *text = out.data;
    if (len != NULL)
        *len = out.len;
    error_clear(err);
    return DUBBOC_OK;
}
