/* Builds a cJSON tree from a text that the scanner has checked. Nothing is checked again; the
 * builder only finds the ends of strings and numbers. Each node is linked into the tree as soon as
 * it is made, so that deleting the root frees everything when something fails. */
#include "codec/json_build.h"

#include "base/error.h"
#include "codec/json_number.h"
#include "codec/json_plain.h"
#include "codec/json_scan.h"
#include "codec/json_text.h"
#include "codec/json_tree.h"

typedef struct tree_builder {
    const char *at;
    const char *end;
    const char *zero_at; /* where a string begins that contains \u0000; NULL: none */
    unsigned depth;
    size_t values_left;
    cJSON *open[JSON_DEPTH_MAX]; /* the open containers, depth of them */
} tree_builder;

static inline void build_skip_space(tree_builder *self)
{
    while (self->at < self->end &&
           (*self->at == ' ' || *self->at == '\n' || *self->at == '\r' || *self->at == '\t'))
        self->at++;
}

/* The closing quote of a string. at: its first backslash. */
static const char *build_closing_quote(const char *at, const char *end)
{
    while (*at == '\\')
        at = json_quote_or_escape(at + 2, end);
    return at;
}

/* --- measuring a tree --- */

/* What malloc() of glibc uses for a block on a 64-bit machine: 8 bytes more, rounded up to 16, but
 * at least 32. */
static size_t build_block_bytes(size_t bytes)
{
    return bytes <= 24 ? 32 : (bytes + 8 + 15) / 16 * 16;
}

/* Adds the cost of a string. at: its opening quote. Returns the position behind the string and the
 * white space after it. */
static const char *build_string_cost(json_tree_cost *cost, const char *at, const char *end)
{
    const char *quote = build_closing_quote(json_quote_or_escape(at + 1, end), end);
    cost->bytes += build_block_bytes((size_t)(quote - at));
    at = quote + 1;
    while (at < end && (*at == ' ' || *at == '\n' || *at == '\r' || *at == '\t'))
        at++;
    if (at == end || *at != ':') /* otherwise it is a key, for which no node is built */
        cost->values++;
    return at;
}

static bool build_is_number_byte(char c)
{
    return ascii_is_digit(c) || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
}

/* Adds the cost of a number. A number with more than 15 characters may be kept as text. */
static const char *build_number_cost(json_tree_cost *cost, const char *at, const char *end)
{
    const char *start = at;
    while (at < end && build_is_number_byte(*at))
        at++;
    size_t len = (size_t)(at - start);
    if (len > 15)
        cost->bytes += build_block_bytes(len + 1);
    cost->values++;
    return at;
}

json_tree_cost json_tree_cost_of(dubboc_slice checked)
{
    json_tree_cost cost = {0};
    const char *at = checked.at, *end = checked.at + checked.len;
    while (at < end) {
        if (*at == '"') {
            at = build_string_cost(&cost, at, end);
        } else if (build_is_number_byte(*at) && *at != 'e') {
            at = build_number_cost(&cost, at, end);
        } else {
            /* Of a word (true, false or null) only the first letter is counted. */
            cost.values += *at == '[' || *at == '{' || *at == 't' || *at == 'f' || *at == 'n';
            at++;
        }
    }
    cost.bytes += cost.values * build_block_bytes(sizeof(cJSON));
    return cost;
}

/* --- building --- */

static char *build_escaped_string(tree_builder *self, const char *token, const char *first_escape)
{
    const char *quote = build_closing_quote(first_escape, self->end);
    dubboc_slice slice = slice_make(token, (size_t)(quote + 1 - token));
    char *text = cJSON_malloc(json_string_bytes_max(slice) + 1);
    if (text == NULL)
        return NULL;
    size_t len = json_unescape_all(slice, text);
    text[len] = '\0';
    if (memchr(text, '\0', len) != NULL) {
        self->zero_at = token;
        cJSON_free(text);
        return NULL;
    }
    self->at = quote + 1;
    return text;
}

/* Copies a string and moves behind it. NULL: no memory, or zero_at was set. */
static char *build_take_string(tree_builder *self)
{
    const char *token = self->at;
    const char *stop = json_quote_or_escape(token + 1, self->end);
    if (*stop == '\\')
        return build_escaped_string(self, token, stop);
    self->at = stop + 1;
    return json_text_dup(slice_make(token + 1, (size_t)(stop - token - 1)));
}

static cJSON *build_other_number(tree_builder *self, const char *token)
{
    const char *at = token;
    while (at < self->end && build_is_number_byte(*at))
        at++;
    self->at = at;
    dubboc_slice text = slice_make(token, (size_t)(at - token));
    double value;
    return json_number_is_plain(text, &value) ? json_node_number(value)
                                              : json_node_text(cJSON_Raw, text);
}

/* Makes a number node. Integers of up to 15 digits are converted directly, because a double holds
 * them exactly. For all other numbers their text decides whether a double holds them. */
static cJSON *build_take_number(tree_builder *self)
{
    const char *token = self->at, *at = token + (*token == '-');
    const char *limit = self->end - at > 15 ? at + 15 : self->end;
    int64_t value = 0;
    while (at < limit && ascii_is_digit(*at))
        value = value * 10 + (*at++ - '0');
    if (at < self->end && build_is_number_byte(*at))
        return build_other_number(self, token);
    self->at = at;
    return json_node_number(*token == '-' ? -(double)value : (double)value);
}

static cJSON *build_take_string_node(tree_builder *self)
{
    cJSON *node = json_node_new(cJSON_String);
    if (node == NULL)
        return NULL;
    node->valuestring = build_take_string(self);
    if (node->valuestring != NULL)
        return node;
    cJSON_Delete(node);
    return NULL;
}

static cJSON *build_take_word(tree_builder *self, int type, size_t len)
{
    self->at += len;
    return json_node_new(type);
}

/* Makes the node of a scalar, or of an object or array at its opening bracket. */
static cJSON *build_take_node(tree_builder *self)
{
    switch (*self->at) {
    case '"':
        return build_take_string_node(self);
    case '{':
        return build_take_word(self, cJSON_Object, 1);
    case '[':
        return build_take_word(self, cJSON_Array, 1);
    case 't': {
        cJSON *node = build_take_word(self, cJSON_True, 4);
        if (node != NULL)
            node->valueint = 1; /* like cJSON_Parse() */
        return node;
    }
    case 'f':
        return build_take_word(self, cJSON_False, 5);
    case 'n':
        return build_take_word(self, cJSON_NULL, 4);
    default:
        return build_take_number(self);
    }
}

/* Moves over closing brackets, a comma and white space to the next value or key. */
static void build_skip_to_next(tree_builder *self)
{
    for (build_skip_space(self); self->depth > 0; build_skip_space(self)) {
        char c = *self->at;
        if (c != ',' && c != ']' && c != '}')
            return;
        self->at++;
        if (c != ',')
            self->depth--;
    }
}

/* Makes a node with its key and links it to its parent. false: no memory, or zero_at was set. */
static bool build_take_child(tree_builder *self, cJSON **made)
{
    cJSON *parent = self->depth > 0 ? self->open[self->depth - 1] : NULL;
    char *key = NULL;
    if (parent != NULL && parent->type == cJSON_Object) {
        key = build_take_string(self);
        if (key == NULL)
            return false;
        build_skip_space(self);
        self->at++; /* the colon */
        build_skip_space(self);
    }
    cJSON *node = build_take_node(self);
    if (node == NULL) {
        cJSON_free(key);
        return false;
    }
    node->string = key;
    if (parent != NULL)
        json_node_append(parent, node);
    *made = node;
    return true;
}

static bool build_take_all(tree_builder *self, cJSON **root)
{
    cJSON *node;
    build_skip_space(self);
    do {
        if (self->values_left == 0 || !build_take_child(self, &node))
            return false;
        self->values_left--;
        if (*root == NULL)
            *root = node;
        if (node->type == cJSON_Object || node->type == cJSON_Array)
            self->open[self->depth++] = node;
        build_skip_to_next(self);
    } while (self->depth > 0);
    return true;
}

dubboc_status json_build(dubboc_slice checked, cJSON **tree, dubboc_error *err)
{
    tree_builder self;
    self.at = checked.at;
    self.end = checked.at + checked.len;
    self.zero_at = NULL;
    self.depth = 0;
    self.values_left = JSON_TREE_VALUES_MAX;
    cJSON *root = NULL;
    if (build_take_all(&self, &root)) {
        *tree = root;
        return DUBBOC_OK;
    }
    cJSON_Delete(root);
    if (self.values_left == 0)
        return error_set(err, DUBBOC_E_TOO_BIG, "more than %u values, too many for a tree",
            JSON_TREE_VALUES_MAX);
    if (self.zero_at == NULL)
        return error_no_memory(err);
    return error_set(err, DUBBOC_E_TYPE,
        "a string holds \\u0000, which a C string cannot hold, at byte %zu",
        (size_t)(self.zero_at - checked.at));
}

dubboc_status dubboc_json_parse(const char *text, size_t len, cJSON **tree, dubboc_error *err)
{
    json_value value;
    dubboc_status status = json_check(slice_make(text, len), &value, err);
    if (status == DUBBOC_OK)
        status = json_build(slice_make(text, len), tree, err);
    if (status == DUBBOC_OK)
        error_clear(err);
    return status;
}
