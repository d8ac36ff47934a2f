/* Trees to text. The way through the tree is a stack of the nodes that are open, so that depth is bounded and, when a node cannot be
 * written, the way to it can be told. Each node is written into room that is reserved once for it and its key. */
#include "codec/json.h"

#include <math.h>

#include "base/error.h"
#include "codec/json_number.h"
#include "codec/json_path.h"
#include "codec/json_text.h"
#include "codec/json_tree.h"

/* No message is bigger: what a pointer difference can span. */
#define PRINT_MAX_BYTES ((size_t)PTRDIFF_MAX)

/* --- strings --- */

static char *put_escape(char *out, unsigned char c)
{
    static const char letters[] = {['\b'] = 'b', ['\t'] = 't', ['\n'] = 'n', ['\f'] = 'f', ['\r'] = 'r'};
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

static void append_escape(buffer *out, char c)
{
    char escape[6];
    buffer_append(out, escape, (size_t)(put_escape(escape, (unsigned char)c) - escape));
}

/* The inside of a string from its first byte that is not plain. false: a byte that is not UTF-8, unless is_lossy. */
static bool append_rest(buffer *out, const char *at, const char *end, bool is_lossy)
{
    while (at < end) {
        const char *run_end = at;
        size_t sequence = 1;
        for (;;) {
            run_end = json_plain_end(run_end, end);
            if (run_end == end || (unsigned char)*run_end < 0x80)
                break;
            sequence = json_utf8_sequence(run_end, end);
            if (sequence == 0)
                break;
            run_end += sequence;
        }
        buffer_append(out, at, (size_t)(run_end - at));
        at = run_end;
        if (at == end)
            break;
        if ((unsigned char)*at < 0x80)
            append_escape(out, *at);
        else if (is_lossy)
            buffer_append(out, "\xEF\xBF\xBD", 3);
        else
            return false;
        at++;
    }
    return true;
}

static bool append_string(buffer *out, dubboc_slice text, bool is_lossy)
{
    size_t len_before = out->len;
    char *room = text.len <= SIZE_MAX - 2 ? buffer_reserve(out, text.len + 2) : NULL;
    if (room == NULL)
        return true; /* the buffer says so at the end */
    const char *end = text.at + text.len;
    const char *plain_end = text.len > 0 ? json_plain_end(text.at, end) : end;
    size_t plain = text.len > 0 ? (size_t)(plain_end - text.at) : 0;
    *room = '"';
    if (plain > 0)
        memcpy(room + 1, text.at, plain);
    out->len += plain + 1;
    if (plain == text.len) {
        room[plain + 1] = '"';
        out->len++;
        return true;
    }
    if (append_rest(out, plain_end, end, is_lossy)) {
        buffer_append_char(out, '"');
        return true;
    }
    out->len = len_before;
    return false;
}

bool json_write_string(buffer *out, dubboc_slice text)
{
    if (append_string(out, text, false))
        return out->status == DUBBOC_OK || json_utf8_is_valid(text);
    /* The failed attempt may have filled the buffer; nothing of it counts. */
    out->status = DUBBOC_OK;
    return false;
}

void json_write_string_lossy(buffer *out, dubboc_slice text)
{
    append_string(out, text, true);
}

/* --- nodes --- */

typedef struct writer {
    buffer *out;
    const char *problem; /* NULL: none */
    unsigned depth;
    const cJSON *open[JSON_DEPTH_MAX + 1]; /* the containers that are open, and above them the node at work */
} writer;

static bool fail(writer *self, const char *problem)
{
    self->problem = problem;
    return false;
}

static bool write_text(writer *self, const char *text, const char *problem)
{
    return append_string(self->out, slice_of(text), false) || fail(self, problem);
}

static bool write_number(writer *self, double value)
{
    if (isnan(value))
        return fail(self, "NaN, which JSON has not");
    if (isinf(value))
        return fail(self, "infinity, which JSON has not");
    char *room = buffer_reserve(self->out, JSON_NUMBER_PRINT_MAX);
    if (room != NULL)
        self->out->len += json_number_print(value, room);
    return true;
}

static bool write_raw(writer *self, const char *text)
{
    json_value value;
    dubboc_slice slice = slice_of(text);
    if (json_check(slice, &value, NULL) != DUBBOC_OK)
        return fail(self, "a raw node that is not JSON");
    buffer_append_slice(self->out, value.text);
    return true;
}

static bool write_node(writer *self, const cJSON *node)
{
    switch (json_node_type(node)) {
    case cJSON_String:
        if (node->valuestring == NULL)
            return fail(self, "a string without text");
        return write_text(self, node->valuestring, "a string that is not UTF-8");
    case cJSON_Number:
        return write_number(self, node->valuedouble);
    case cJSON_Object:
        buffer_append_char(self->out, '{');
        return true;
    case cJSON_Array:
        buffer_append_char(self->out, '[');
        return true;
    case cJSON_True:
        buffer_append(self->out, "true", 4);
        return true;
    case cJSON_False:
        buffer_append(self->out, "false", 5);
        return true;
    case cJSON_NULL:
        buffer_append(self->out, "null", 4);
        return true;
    case cJSON_Raw:
        return write_raw(self, node->valuestring);
    default:
        return fail(self, "a node of no JSON type");
    }
}

static bool is_container(const cJSON *node)
{
    int type = json_node_type(node);
    return type == cJSON_Object || type == cJSON_Array;
}

static bool write_key(writer *self, const cJSON *node)
{
    if (node->string == NULL)
        return fail(self, "a member without a name");
    if (!write_text(self, node->string, "a name that is not UTF-8"))
        return false;
    buffer_append_char(self->out, ':');
    return true;
}

/* A child with what stands before it, and when it is a container its opening bracket. */
static bool write_child(writer *self, const cJSON *node)
{
    self->open[self->depth] = node;
    const cJSON *parent = self->depth > 0 ? self->open[self->depth - 1] : NULL;
    if (parent != NULL && node != parent->child)
        buffer_append_char(self->out, ',');
    if (parent != NULL && json_node_type(parent) == cJSON_Object && !write_key(self, node))
        return false;
    if (is_container(node) && self->depth == JSON_DEPTH_MAX)
        return fail(self, "deeper than 128 levels");
    return write_node(self, node);
}

/* Behind a node: closes what ends with it. NULL: all is written. */
static const cJSON *next_node(writer *self, const cJSON *node)
{
    if (is_container(node)) {
        self->open[self->depth++] = node;
        if (node->child != NULL)
            return node->child;
    } else if (self->depth > 0 && node->next != NULL) {
        return node->next;
    }
    while (self->depth > 0) {
        const cJSON *done = self->open[--self->depth];
        buffer_append_char(self->out, json_node_type(done) == cJSON_Object ? '}' : ']');
        if (self->depth > 0 && done->next != NULL)
            return done->next;
    }
    return NULL;
}

static size_t index_in(const cJSON *parent, const cJSON *node)
{
    size_t index = 0;
    for (const cJSON *child = parent->child; child != NULL && child != node; child = child->next)
        index++;
    return index;
}

static dubboc_status tell_problem(const writer *self, dubboc_error *err)
{
    json_path path;
    path.depth = 0;
    for (unsigned i = 1; i <= self->depth; i++) {
        const cJSON *parent = self->open[i - 1], *node = self->open[i];
        if (json_node_type(parent) == cJSON_Object)
            json_path_push_key(&path, node->string != NULL ? node->string : "");
        else
            json_path_push_index(&path, index_in(parent, node));
    }
    char text[JSON_PATH_TEXT_MAX];
    return error_set(err, DUBBOC_E_ARGUMENT, "%s: %s", json_path_text(&path, text), self->problem);
}

static dubboc_status buffer_problem(const buffer *out, dubboc_error *err)
{
    if (out->status == DUBBOC_E_NO_MEMORY)
        return error_no_memory(err);
    return error_set(err, out->status, "the JSON text is over %zu bytes", out->max_bytes);
}

dubboc_status json_write(buffer *out, const cJSON *tree, dubboc_error *err)
{
    if (tree == NULL)
        return error_set(err, DUBBOC_E_ARGUMENT, "$: no tree (NULL)");
    writer self;
    self.out = out;
    self.problem = NULL;
    self.depth = 0;
    for (const cJSON *node = tree; node != NULL; node = next_node(&self, node)) {
        if (!write_child(&self, node))
            return tell_problem(&self, err);
        if (out->status != DUBBOC_OK)
            return buffer_problem(out, err);
    }
    return out->status == DUBBOC_OK ? DUBBOC_OK : buffer_problem(out, err);
}

dubboc_status dubboc_json_print(const cJSON *tree, char **text, size_t *len, dubboc_error *err)
{
    buffer out;
    buffer_init(&out, PRINT_MAX_BYTES);
    dubboc_status status = json_write(&out, tree, err);
    if (status == DUBBOC_OK && buffer_text(&out) == NULL)
        status = buffer_problem(&out, err);
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
