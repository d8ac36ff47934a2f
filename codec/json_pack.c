/* Trees from a format and arguments. Whatever fails, the rest of the format is gone through once more for the arguments that are taken
 * over, so that the caller never has to ask which of them are still its own. */
#include "base/error.h"
#include "base/utf8.h"
#include "codec/json_format.h"
#include "codec/json_number.h"
#include "codec/json_tree.h"

#include <math.h>

typedef struct pack {
    json_format format;
    va_list args;
    dubboc_error *err;
    dubboc_status status;
    bool is_lost; /* a code that is none came, so which arguments follow cannot be told */
} pack;

static cJSON *pack_value(pack *self);
static void drop_argument(pack *self, char code);

static cJSON *fail(pack *self, const char *problem)
{
    self->status = json_format_error(&self->format, self->err, DUBBOC_E_ARGUMENT, "%s", problem);
    return NULL;
}

static cJSON *fault(pack *self, const char *what)
{
    self->status = json_format_fault(&self->format, self->err, what);
    return NULL;
}

static cJSON *made(pack *self, cJSON *node)
{
    if (node == NULL)
        self->status = error_no_memory(self->err);
    return node;
}

static cJSON *pack_bytes(pack *self, dubboc_slice text)
{
    if (text.at == NULL)
        return fail(self, "the string is NULL");
    if (!utf8_is_valid(text))
        return fail(self, "the string is not UTF-8");
    if (memchr(text.at, '\0', text.len) != NULL)
        return fail(self, "the string holds a zero byte, which a C string cannot");
    return made(self, json_node_text(cJSON_String, text));
}

static cJSON *pack_string(pack *self)
{
    bool may_be_null = json_format_take_if(&self->format, '?');
    const char *text = va_arg(self->args, const char *);
    if (may_be_null && text == NULL)
        return made(self, json_node_new(cJSON_NULL));
    return pack_bytes(self, slice_of(text));
}

static cJSON *pack_sized_string(pack *self)
{
    const char *text = va_arg(self->args, const char *);
    size_t len = va_arg(self->args, size_t);
    return pack_bytes(self, slice_make(text, len));
}

static cJSON *pack_double(pack *self)
{
    double value = va_arg(self->args, double);
    if (!isfinite(value))
        return fail(self, isnan(value) ? "the number is NaN, which JSON has not" : "the number is infinite, which JSON has not");
    return made(self, json_node_number(value));
}

static cJSON *pack_bool(pack *self)
{
    bool value = va_arg(self->args, int) != 0;
    cJSON *node = made(self, json_node_new(value ? cJSON_True : cJSON_False));
    if (node != NULL)
        node->valueint = value;
    return node;
}

static cJSON *pack_taken(pack *self)
{
    cJSON *node = va_arg(self->args, cJSON *);
    return node != NULL ? node : fail(self, "the tree is NULL");
}

static cJSON *pack_copy(pack *self)
{
    const cJSON *tree = va_arg(self->args, const cJSON *);
    if (tree == NULL)
        return fail(self, "the tree is NULL");
    cJSON *copy;
    dubboc_status status = json_copy(tree, &copy);
    if (status == DUBBOC_OK)
        return copy;
    return status == DUBBOC_E_NO_MEMORY ? made(self, NULL) : fail(self, "the tree is deeper than 128 levels");
}

/* A child, with its key when there is one (borrowed), to the end of parent. */
static bool pack_child(pack *self, cJSON *parent, const char *key)
{
    char *name = NULL;
    if (key != NULL) {
        name = json_text_dup(slice_of(key));
        if (name == NULL) {
            made(self, NULL);
            return false;
        }
    }
    cJSON *child = pack_value(self);
    if (child == NULL) {
        cJSON_free(name);
        return false;
    }
    if (child->string != NULL && (child->type & cJSON_StringIsConst) == 0)
        cJSON_free(child->string);
    child->type &= ~cJSON_StringIsConst;
    child->string = name;
    json_node_append(parent, child);
    return true;
}

static bool pack_item(pack *self, cJSON *array, size_t index)
{
    if (!json_path_push_index(&self->format.path, index)) {
        fail(self, "deeper than 128 levels");
        return false;
    }
    bool is_packed = pack_child(self, array, NULL);
    self->format.path.depth--;
    return is_packed;
}

static bool pack_member(pack *self, cJSON *object)
{
    char code = json_format_take(&self->format);
    if (code != 's') {
        fault(self, "a key other than s");
        drop_argument(self, code);
        return false;
    }
    const char *key = va_arg(self->args, const char *);
    if (key == NULL || !utf8_is_valid(slice_of(key))) {
        fail(self, key == NULL ? "a name is NULL" : "a name is not UTF-8");
        return false;
    }
    if (!json_path_push_key(&self->format.path, key)) {
        fail(self, "deeper than 128 levels");
        return false;
    }
    bool is_packed = pack_child(self, object, key);
    self->format.path.depth--;
    return is_packed;
}

static cJSON *pack_container(pack *self, int type)
{
    char closer = type == cJSON_Object ? '}' : ']';
    if (self->format.path.depth == JSON_DEPTH_MAX)
        return fail(self, "deeper than 128 levels");
    cJSON *node = made(self, json_node_new(type));
    for (size_t count = 0; node != NULL; count++) {
        char next = json_format_peek(&self->format);
        if (next == closer) {
            json_format_take(&self->format);
            return node;
        }
        if (next == '\0')
            fault(self, "a bracket is not closed");
        if (next == '\0' || !(type == cJSON_Object ? pack_member(self, node) : pack_item(self, node, count)))
            break;
    }
    cJSON_Delete(node);
    return NULL;
}

/* NULL: status says why. */
static cJSON *pack_value(pack *self)
{
    char code = json_format_take(&self->format);
    switch (code) {
    case 's':
        return pack_string(self);
    case 'S':
        return pack_sized_string(self);
    case 'i':
        return made(self, json_node_number(va_arg(self->args, int)));
    case 'I':
        return made(self, dubboc_json_i64_new(va_arg(self->args, int64_t)));
    case 'U':
        return made(self, dubboc_json_u64_new(va_arg(self->args, uint64_t)));
    case 'f':
        return pack_double(self);
    case 'b':
        return pack_bool(self);
    case 'n':
        return made(self, json_node_new(cJSON_NULL));
    case 'o':
        return pack_taken(self);
    case 'O':
        return pack_copy(self);
    case '{':
        return pack_container(self, cJSON_Object);
    case '[':
        return pack_container(self, cJSON_Array);
    case '\0':
        return fault(self, "a value is missing");
    default:
        drop_argument(self, code);
        return fault(self, "an unknown code");
    }
}

/* Takes the arguments of one code and frees what was to be taken over. Of an unknown code nobody knows the arguments. */
static void drop_argument(pack *self, char code)
{
    switch (code) {
    case 's':
        (void)va_arg(self->args, const char *);
        break;
    case 'S':
        (void)va_arg(self->args, const char *);
        (void)va_arg(self->args, size_t);
        break;
    case 'i':
    case 'b':
        (void)va_arg(self->args, int);
        break;
    case 'I':
        (void)va_arg(self->args, int64_t);
        break;
    case 'U':
        (void)va_arg(self->args, uint64_t);
        break;
    case 'f':
        (void)va_arg(self->args, double);
        break;
    case 'o':
        cJSON_Delete(va_arg(self->args, cJSON *));
        break;
    case 'O':
        (void)va_arg(self->args, const cJSON *);
        break;
    default:
        self->is_lost = strchr("n{}[]?*!", code) == NULL;
        break;
    }
}

dubboc_status dubboc_json_vpack(cJSON **tree, dubboc_error *err, const char *format, va_list args)
{
    pack self;
    json_format_init(&self.format, format);
    va_copy(self.args, args);
    self.err = err;
    self.status = DUBBOC_OK;
    self.is_lost = false;
    cJSON *root = pack_value(&self);
    if (root != NULL && json_format_peek(&self.format) != '\0') {
        fault(&self, "something after the value");
        cJSON_Delete(root);
    }
    while (self.status != DUBBOC_OK && !self.is_lost && json_format_peek(&self.format) != '\0')
        drop_argument(&self, json_format_take(&self.format));
    va_end(self.args);
    if (self.status == DUBBOC_OK) {
        *tree = root;
        error_clear(err);
    }
    return self.status;
}

dubboc_status dubboc_json_pack(cJSON **tree, dubboc_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    dubboc_status status = dubboc_json_vpack(tree, err, format, args);
    va_end(args);
    return status;
}
