/* Builds a tree from a format and arguments. If something fails, the remaining format is still
 * read, to free the trees that the caller passes with `o`: they are taken over in every case, so
 * that the caller need not know how far the format was read. */
#include "base/error.h"
#include "codec/json_format.h"
#include "codec/json_maker.h"
#include "codec/json_tree.h"

typedef struct pack {
    json_format format;
    va_list args;
    json_maker maker;
    /* there was an unknown code, so the types of the arguments are not known any more */
    bool is_lost;
} pack;

static cJSON *pack_value(pack *self);
static void pack_drop_argument(pack *self, char code);

static cJSON *pack_fault(pack *self, const char *what)
{
    if (self->maker.status == DUBBOC_OK)
        self->maker.status =
            json_format_fault(&self->format, &self->maker.path, self->maker.err, what);
    return NULL;
}

static cJSON *pack_string(pack *self)
{
    bool may_be_null = json_format_take_if(&self->format, '?');
    const char *text = va_arg(self->args, const char *);
    return may_be_null ? json_make_string_or_null(&self->maker, text)
                       : json_make_string(&self->maker, slice_of(text));
}

static cJSON *pack_sized_string(pack *self)
{
    const char *text = va_arg(self->args, const char *);
    size_t len = va_arg(self->args, size_t);
    return json_make_string(&self->maker, slice_make(text, len));
}

static bool pack_item(pack *self, cJSON *array, size_t index)
{
    if (!json_maker_enter_index(&self->maker, index))
        return false;
    bool is_packed = json_make_member(&self->maker, array, NULL, pack_value(self));
    json_maker_leave(&self->maker);
    return is_packed;
}

static bool pack_member(pack *self, cJSON *object)
{
    char code = json_format_take(&self->format);
    if (code != 's') {
        pack_fault(self, "a key other than s");
        pack_drop_argument(self, code);
        return false;
    }
    const char *key = va_arg(self->args, const char *);
    if (!json_maker_enter_key(&self->maker, key))
        return false;
    bool is_packed = json_make_member(&self->maker, object, key, pack_value(self));
    json_maker_leave(&self->maker);
    return is_packed;
}

static cJSON *pack_container(pack *self, int type)
{
    char closer = type == cJSON_Object ? '}' : ']';
    if (self->maker.path.depth == JSON_DEPTH_MAX)
        return json_make_failed(&self->maker, "deeper than 128 levels");
    cJSON *node = json_make_node(&self->maker, json_node_new(type));
    for (size_t count = 0; node != NULL; count++) {
        char next = json_format_peek(&self->format);
        if (next == closer) {
            json_format_take(&self->format);
            return node;
        }
        if (next == '\0')
            pack_fault(self, "a bracket is not closed");
        if (next == '\0' ||
            !(type == cJSON_Object ? pack_member(self, node) : pack_item(self, node, count)))
            break;
    }
    cJSON_Delete(node);
    return NULL;
}

/* Makes the next value of the format. NULL: maker.status says why. */
static cJSON *pack_value(pack *self)
{
    char code = json_format_take(&self->format);
    switch (code) {
    case 's':
        return pack_string(self);
    case 'S':
        return pack_sized_string(self);
    case 'i':
        return json_make_node(&self->maker, json_node_number(va_arg(self->args, int)));
    case 'I':
        return json_make_node(&self->maker, dubboc_json_i64_new(va_arg(self->args, int64_t)));
    case 'U':
        return json_make_node(&self->maker, dubboc_json_u64_new(va_arg(self->args, uint64_t)));
    case 'f':
        return json_make_double(&self->maker, va_arg(self->args, double));
    case 'D':
        return json_make_decimal(&self->maker, va_arg(self->args, const char *));
    case 'b':
        return json_make_bool(&self->maker, va_arg(self->args, int) != 0);
    case 'n':
        return json_make_node(&self->maker, json_node_new(cJSON_NULL));
    case 'o':
        return json_make_taken(&self->maker, va_arg(self->args, cJSON *));
    case 'O':
        return json_make_copy(&self->maker, va_arg(self->args, const cJSON *));
    case '{':
        return pack_container(self, cJSON_Object);
    case '[':
        return pack_container(self, cJSON_Array);
    case '\0':
        return pack_fault(self, "a value is missing");
    default:
        pack_drop_argument(self, code);
        return pack_fault(self, "an unknown code");
    }
}

/* Skips the arguments of one code, after a failure. Frees the tree of the code o, because the
 * caller has given it away. Sets is_lost if the code is unknown. */
static void pack_drop_argument(pack *self, char code)
{
    switch (code) {
    case 's':
    case 'D':
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
    json_maker_init(&self.maker, err);
    self.is_lost = false;
    cJSON *root = pack_value(&self);
    if (root != NULL && json_format_peek(&self.format) != '\0') {
        pack_fault(&self, "something after the value");
        cJSON_Delete(root);
    }
    while (
        self.maker.status != DUBBOC_OK && !self.is_lost && json_format_peek(&self.format) != '\0')
        pack_drop_argument(&self, json_format_take(&self.format));
    va_end(self.args);
    if (self.maker.status == DUBBOC_OK) {
        *tree = root;
        error_clear(err);
    }
    return self.maker.status;
}

dubboc_status dubboc_json_pack(cJSON **tree, dubboc_error *err, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    dubboc_status status = dubboc_json_vpack(tree, err, format, args);
    va_end(args);
    return status;
}
