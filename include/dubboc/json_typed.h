/* Building and reading JSON without a format: the types of the arguments decide what is built or
 * read, and the compiler checks them. <dubboc/json.h> includes and documents this header. The
 * macros exist in C11 and later, not in C++. */
#ifndef DUBBOC_JSON_TYPED_H
#define DUBBOC_JSON_TYPED_H

#include <cjson/cJSON.h>
#include <dubboc/defs.h>
#include <dubboc/error.h>
#include <dubboc/text.h>

/* --- private: kinds --- */

/* What a dubboc_json_value or dubboc_json_target is. The numbers are part of the ABI. */
enum {
    DUBBOC_JSON_END_ = 0, /* behind the last entry of a list */
    DUBBOC_JSON_NULL_ = 1,
    DUBBOC_JSON_BOOL_ = 2,
    DUBBOC_JSON_SIGNED_ = 3,
    DUBBOC_JSON_UNSIGNED_ = 4,
    DUBBOC_JSON_DOUBLE_ = 5,
    DUBBOC_JSON_DECIMAL_ = 6,
    DUBBOC_JSON_STRING_ = 7,
    DUBBOC_JSON_STRING_OR_NULL_ = 8,
    DUBBOC_JSON_SLICE_ = 9,
    DUBBOC_JSON_OWNED_ = 10,    /* a tree: taken over, or a copy for the caller */
    DUBBOC_JSON_BORROWED_ = 11, /* a tree: copied, or lent to the caller */
    DUBBOC_JSON_ARRAY_ = 12,
    DUBBOC_JSON_OBJECT_ = 13
};

/* --- values and targets --- */

/* One value to build. Only the macros make such values; the fields are not part of the API. */
typedef struct dubboc_json_value {
    const char *name; /* of an object's member, else NULL */
    int kind;
    int reserved;
    size_t len; /* of a slice */
    union {
        bool flag;
        int64_t i64;
        uint64_t u64;
        double number;
        const char *text;
        cJSON *owned;
        const cJSON *borrowed;
        const struct dubboc_json_value *list; /* up to DUBBOC_JSON_END_ */
    } is;
} dubboc_json_value;

/* Where one value is read to. Only the macros make such targets; the fields are not part of the
 * API. */
typedef struct dubboc_json_target {
    const char *name; /* of an object's member, else NULL */
    int kind;
    int is_optional;
    size_t size; /* of the integer, or of the text's buffer */
    union {
        void *number; /* an integer of that size */
        bool *flag;
        double *real;
        char *text;
        const char **string;
        cJSON **owned;
        const cJSON **borrowed;
        const struct dubboc_json_target *list; /* up to DUBBOC_JSON_END_ */
    } to;
} dubboc_json_target;

DUBBOC_BEGIN

/* The function that the macro dubboc_json_build() calls; use the macro. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_build_value(
    cJSON **tree, dubboc_error *err, const dubboc_json_value *value);

/* The function that the macro dubboc_json_read() calls; use the macro. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_read_target(
    const cJSON *tree, dubboc_error *err, const dubboc_json_target *target);

DUBBOC_END

#if defined(__STDC_VERSION__) && __STDC_VERSION__ >= 201112L && !defined(__cplusplus)

/* Builds a tree from a value: dubboc_json_build(cJSON **tree, dubboc_error *err, VALUE). The table
 * in <dubboc/json.h> lists the values. DUBBOC_OK: the caller owns *tree and frees it with
 * cJSON_Delete(). DUBBOC_E_ARGUMENT: a pointer is NULL, a string is not UTF-8, a number is NaN or
 * infinite, or a decimal is not a JSON number; err names the path ("$.user.name: the string is
 * NULL"). DUBBOC_E_NO_MEMORY: an allocation failed. Every cJSON * is taken over, on failure too (it
 * is then freed). */
#define dubboc_json_build(tree, err, value)                                                        \
    dubboc_json_build_value(tree, err, (const dubboc_json_value[]){DUBBOC_JSON_VALUE_(value)})

/* Reads a tree into a target: dubboc_json_read(const cJSON *tree, dubboc_error *err, TARGET). The
 * table in <dubboc/json.h> lists the targets. DUBBOC_E_TYPE, DUBBOC_E_RANGE, DUBBOC_E_NOT_FOUND:
 * the tree does not fit; err names the path of the wrong member, what was expected and what was
 * found ("$.user.age: expected an integer from 0 to 255, found 300"). DUBBOC_E_ARGUMENT: a name is
 * NULL. DUBBOC_E_NO_MEMORY: an allocation failed. On failure the targets before the wrong member
 * may have been written. Copies that were made before the failure have been freed again, and their
 * targets are NULL. */
#define dubboc_json_read(tree, err, target)                                                        \
    dubboc_json_read_target(tree, err, (const dubboc_json_target[]){DUBBOC_JSON_TARGET_(target)})

/* An array of 1 to 32 values, for dubboc_json_build(). */
#define DUBBOC_ARRAY(...)                                                                          \
    dubboc_json_list_(                                                                             \
        (const dubboc_json_value[]){DUBBOC_EACH_(DUBBOC_JSON_VALUE_, __VA_ARGS__), {0}},           \
        DUBBOC_JSON_ARRAY_)

/* An object, for dubboc_json_build(): names and values in turn, 1 to 32 pairs. */
#define DUBBOC_OBJECT(...)                                                                         \
    dubboc_json_list_(                                                                             \
        (const dubboc_json_value[]){DUBBOC_PAIRS_(DUBBOC_JSON_MEMBER_, __VA_ARGS__), {0}},         \
        DUBBOC_JSON_OBJECT_)

/* The items of an array, for dubboc_json_read(): as many targets as there are items. */
#define DUBBOC_ITEMS(...)                                                                          \
    dubboc_json_list_to_(                                                                          \
        (const dubboc_json_target[]){DUBBOC_EACH_(DUBBOC_JSON_TARGET_, __VA_ARGS__), {0}},         \
        DUBBOC_JSON_ARRAY_)

/* Members of an object, for dubboc_json_read(): names and targets in turn, 1 to 32 pairs. Other
 * members are ignored. */
#define DUBBOC_MEMBERS(...)                                                                        \
    dubboc_json_list_to_(                                                                          \
        (const dubboc_json_target[]){DUBBOC_PAIRS_(DUBBOC_JSON_MEMBER_TO_, __VA_ARGS__), {0}},     \
        DUBBOC_JSON_OBJECT_)

/* The value null, for dubboc_json_build(). */
#define DUBBOC_NULL dubboc_json_null_()

/* A number, given as its text, for dubboc_json_build(). */
#define DUBBOC_DECIMAL(text) dubboc_json_decimal_(DUBBOC_JSON_NAME_(text))

/* A target for dubboc_json_read(): a buffer of size bytes, which receives a number as its text. */
#define DUBBOC_DECIMAL_TO(out, size) dubboc_json_decimal_to_(_Generic((out), char * : (out)), size)

/* A target that is not changed if the member or item is absent or null. */
#define DUBBOC_OPTIONAL(target) dubboc_json_optional_(DUBBOC_JSON_TARGET_(target))

/* A string or null. For dubboc_json_build(): a char *, where NULL becomes null. For
 * dubboc_json_read(): the address of a const char *, which is set to NULL for null. */
#define DUBBOC_OR_NULL(string)                                                                     \
    _Generic((string), char *: dubboc_json_or_null_, const char *: dubboc_json_or_null_,           \
        const char **: dubboc_json_or_null_to_)(string)

/* --- private: from C types to values and targets --- */

/* These macros have no default case, so that other types do not compile. */

#define DUBBOC_JSON_VALUE_(value)                                                                  \
    _Generic((value), _Bool: dubboc_json_bool_, signed char: dubboc_json_signed_,                  \
        short: dubboc_json_signed_, int: dubboc_json_signed_, long: dubboc_json_signed_,           \
        long long: dubboc_json_signed_, unsigned char: dubboc_json_unsigned_,                      \
        unsigned short: dubboc_json_unsigned_, unsigned: dubboc_json_unsigned_,                    \
        unsigned long: dubboc_json_unsigned_, unsigned long long: dubboc_json_unsigned_,           \
        double: dubboc_json_double_, char *: dubboc_json_string_,                                  \
        const char *: dubboc_json_string_, dubboc_slice: dubboc_json_slice_,                       \
        cJSON *: dubboc_json_owned_, const cJSON *: dubboc_json_borrowed_,                         \
        dubboc_json_value: dubboc_json_same_)(value)
#define DUBBOC_JSON_TARGET_(target)                                                                \
    _Generic((target), _Bool *: dubboc_json_bool_to_, signed char *: dubboc_json_schar_to_,        \
        short *: dubboc_json_short_to_, int *: dubboc_json_int_to_, long *: dubboc_json_long_to_,  \
        long long *: dubboc_json_llong_to_, unsigned char *: dubboc_json_uchar_to_,                \
        unsigned short *: dubboc_json_ushort_to_, unsigned *: dubboc_json_uint_to_,                \
        unsigned long *: dubboc_json_ulong_to_,                                                    \
        unsigned long long *: dubboc_json_ullong_to_, double *: dubboc_json_double_to_,            \
        const char **: dubboc_json_string_to_, cJSON **: dubboc_json_owned_to_,                    \
        const cJSON **: dubboc_json_borrowed_to_, dubboc_json_target: dubboc_json_same_to_)(target)
#define DUBBOC_JSON_NAME_(name) _Generic((name), char * : (name), const char * : (name))
#define DUBBOC_JSON_MEMBER_(name, value)                                                           \
    dubboc_json_named_(DUBBOC_JSON_NAME_(name), DUBBOC_JSON_VALUE_(value))
#define DUBBOC_JSON_MEMBER_TO_(name, target)                                                       \
    dubboc_json_named_to_(DUBBOC_JSON_NAME_(name), DUBBOC_JSON_TARGET_(target))

static inline dubboc_json_value dubboc_json_null_(void)
{
    return (dubboc_json_value){.kind = DUBBOC_JSON_NULL_};
}

#define DUBBOC_JSON_VALUE_OF_(function, type, the_kind, field)                                     \
    static inline dubboc_json_value function(type value)                                           \
    {                                                                                              \
        return (dubboc_json_value){.kind = the_kind, .is = {.field = value}};                      \
    }
DUBBOC_JSON_VALUE_OF_(dubboc_json_bool_, bool, DUBBOC_JSON_BOOL_, flag)
DUBBOC_JSON_VALUE_OF_(dubboc_json_signed_, int64_t, DUBBOC_JSON_SIGNED_, i64)
DUBBOC_JSON_VALUE_OF_(dubboc_json_unsigned_, uint64_t, DUBBOC_JSON_UNSIGNED_, u64)
DUBBOC_JSON_VALUE_OF_(dubboc_json_double_, double, DUBBOC_JSON_DOUBLE_, number)
DUBBOC_JSON_VALUE_OF_(dubboc_json_decimal_, const char *, DUBBOC_JSON_DECIMAL_, text)
DUBBOC_JSON_VALUE_OF_(dubboc_json_string_, const char *, DUBBOC_JSON_STRING_, text)
DUBBOC_JSON_VALUE_OF_(dubboc_json_or_null_, const char *, DUBBOC_JSON_STRING_OR_NULL_, text)
DUBBOC_JSON_VALUE_OF_(dubboc_json_owned_, cJSON *, DUBBOC_JSON_OWNED_, owned)
DUBBOC_JSON_VALUE_OF_(dubboc_json_borrowed_, const cJSON *, DUBBOC_JSON_BORROWED_, borrowed)

static inline dubboc_json_value dubboc_json_slice_(dubboc_slice text)
{
    return (dubboc_json_value){
        .kind = DUBBOC_JSON_SLICE_, .len = text.len, .is = {.text = text.at}};
}

static inline dubboc_json_value dubboc_json_list_(const dubboc_json_value *list, int kind)
{
    return (dubboc_json_value){.kind = kind, .is = {.list = list}};
}

static inline dubboc_json_value dubboc_json_same_(dubboc_json_value value)
{
    return value;
}

static inline dubboc_json_value dubboc_json_named_(const char *name, dubboc_json_value value)
{
    value.name = name;
    return value;
}

#define DUBBOC_JSON_TARGET_OF_(function, type, the_kind, field)                                    \
    static inline dubboc_json_target function(type *target)                                        \
    {                                                                                              \
        return (dubboc_json_target){                                                               \
            .kind = the_kind, .size = sizeof *target, .to = {.field = target}};                    \
    }
DUBBOC_JSON_TARGET_OF_(dubboc_json_bool_to_, bool, DUBBOC_JSON_BOOL_, flag)
DUBBOC_JSON_TARGET_OF_(dubboc_json_schar_to_, signed char, DUBBOC_JSON_SIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_short_to_, short, DUBBOC_JSON_SIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_int_to_, int, DUBBOC_JSON_SIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_long_to_, long, DUBBOC_JSON_SIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_llong_to_, long long, DUBBOC_JSON_SIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_uchar_to_, unsigned char, DUBBOC_JSON_UNSIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_ushort_to_, unsigned short, DUBBOC_JSON_UNSIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_uint_to_, unsigned, DUBBOC_JSON_UNSIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_ulong_to_, unsigned long, DUBBOC_JSON_UNSIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_ullong_to_, unsigned long long, DUBBOC_JSON_UNSIGNED_, number)
DUBBOC_JSON_TARGET_OF_(dubboc_json_double_to_, double, DUBBOC_JSON_DOUBLE_, real)
DUBBOC_JSON_TARGET_OF_(dubboc_json_string_to_, const char *, DUBBOC_JSON_STRING_, string)
DUBBOC_JSON_TARGET_OF_(dubboc_json_or_null_to_, const char *, DUBBOC_JSON_STRING_OR_NULL_, string)
DUBBOC_JSON_TARGET_OF_(dubboc_json_owned_to_, cJSON *, DUBBOC_JSON_OWNED_, owned)
DUBBOC_JSON_TARGET_OF_(dubboc_json_borrowed_to_, const cJSON *, DUBBOC_JSON_BORROWED_, borrowed)

static inline dubboc_json_target dubboc_json_decimal_to_(char *out, size_t size)
{
    return (dubboc_json_target){.kind = DUBBOC_JSON_DECIMAL_, .size = size, .to = {.text = out}};
}

static inline dubboc_json_target dubboc_json_list_to_(const dubboc_json_target *list, int kind)
{
    return (dubboc_json_target){.kind = kind, .to = {.list = list}};
}

static inline dubboc_json_target dubboc_json_same_to_(dubboc_json_target target)
{
    return target;
}

static inline dubboc_json_target dubboc_json_named_to_(const char *name, dubboc_json_target target)
{
    target.name = name;
    return target;
}

static inline dubboc_json_target dubboc_json_optional_(dubboc_json_target target)
{
    target.is_optional = 1;
    return target;
}

/* --- private: of(one), of(two), ... for each of 1 to 32 arguments, or for each pair --- */

/* clang-format off */
#define DUBBOC_COUNT_(...) DUBBOC_NTH_(__VA_ARGS__, 64, 63, 62, 61, 60, 59, 58, 57, 56, 55, 54, \
    53, 52, 51, 50, 49, 48, 47, 46, 45, 44, 43, 42, 41, 40, 39, 38, 37, 36, 35, 34, 33, 32, 31, \
    30, 29, 28, 27, 26, 25, 24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, \
    6, 5, 4, 3, 2, 1, 0)
#define DUBBOC_NTH_(a1, a2, a3, a4, a5, a6, a7, a8, a9, a10, a11, a12, a13, a14, a15, a16, a17, \
    a18, a19, a20, a21, a22, a23, a24, a25, a26, a27, a28, a29, a30, a31, a32, a33, a34, a35, \
    a36, a37, a38, a39, a40, a41, a42, a43, a44, a45, a46, a47, a48, a49, a50, a51, a52, a53, \
    a54, a55, a56, a57, a58, a59, a60, a61, a62, a63, a64, count, ...) count
/* Whether there is more than one argument: 1 or 0. */
#define DUBBOC_HAS_MORE_(...) DUBBOC_HAS_MORE_OF_(DUBBOC_COUNT_(__VA_ARGS__))
#define DUBBOC_HAS_MORE_OF_(count) DUBBOC_JOINED_(DUBBOC_MORE_, count, _)
#define DUBBOC_MORE_1_ 0
#define DUBBOC_MORE_2_ 1
#define DUBBOC_MORE_3_ 1
#define DUBBOC_MORE_4_ 1
#define DUBBOC_MORE_5_ 1
#define DUBBOC_MORE_6_ 1
#define DUBBOC_MORE_7_ 1
#define DUBBOC_MORE_8_ 1
#define DUBBOC_MORE_9_ 1
#define DUBBOC_MORE_10_ 1
#define DUBBOC_MORE_11_ 1
#define DUBBOC_MORE_12_ 1
#define DUBBOC_MORE_13_ 1
#define DUBBOC_MORE_14_ 1
#define DUBBOC_MORE_15_ 1
#define DUBBOC_MORE_16_ 1
#define DUBBOC_MORE_17_ 1
#define DUBBOC_MORE_18_ 1
#define DUBBOC_MORE_19_ 1
#define DUBBOC_MORE_20_ 1
#define DUBBOC_MORE_21_ 1
#define DUBBOC_MORE_22_ 1
#define DUBBOC_MORE_23_ 1
#define DUBBOC_MORE_24_ 1
#define DUBBOC_MORE_25_ 1
#define DUBBOC_MORE_26_ 1
#define DUBBOC_MORE_27_ 1
#define DUBBOC_MORE_28_ 1
#define DUBBOC_MORE_29_ 1
#define DUBBOC_MORE_30_ 1
#define DUBBOC_MORE_31_ 1
#define DUBBOC_MORE_32_ 1
#define DUBBOC_MORE_33_ 1
#define DUBBOC_JOIN_(a, b, c) a##b##c
#define DUBBOC_JOINED_(a, b, c) DUBBOC_JOIN_(a, b, c)
#define DUBBOC_EACH_(of, ...) \
    DUBBOC_JOINED_(DUBBOC_EACH_, DUBBOC_COUNT_(__VA_ARGS__), _)(of, __VA_ARGS__)
#define DUBBOC_PAIRS_(of, ...) \
    DUBBOC_JOINED_(DUBBOC_PAIRS_, DUBBOC_COUNT_(__VA_ARGS__), _)(of, __VA_ARGS__)
#define DUBBOC_EACH_1_(of, one) of(one)
#define DUBBOC_EACH_2_(of, one, ...) of(one), DUBBOC_EACH_1_(of, __VA_ARGS__)
#define DUBBOC_EACH_3_(of, one, ...) of(one), DUBBOC_EACH_2_(of, __VA_ARGS__)
#define DUBBOC_EACH_4_(of, one, ...) of(one), DUBBOC_EACH_3_(of, __VA_ARGS__)
#define DUBBOC_EACH_5_(of, one, ...) of(one), DUBBOC_EACH_4_(of, __VA_ARGS__)
#define DUBBOC_EACH_6_(of, one, ...) of(one), DUBBOC_EACH_5_(of, __VA_ARGS__)
#define DUBBOC_EACH_7_(of, one, ...) of(one), DUBBOC_EACH_6_(of, __VA_ARGS__)
#define DUBBOC_EACH_8_(of, one, ...) of(one), DUBBOC_EACH_7_(of, __VA_ARGS__)
#define DUBBOC_EACH_9_(of, one, ...) of(one), DUBBOC_EACH_8_(of, __VA_ARGS__)
#define DUBBOC_EACH_10_(of, one, ...) of(one), DUBBOC_EACH_9_(of, __VA_ARGS__)
#define DUBBOC_EACH_11_(of, one, ...) of(one), DUBBOC_EACH_10_(of, __VA_ARGS__)
#define DUBBOC_EACH_12_(of, one, ...) of(one), DUBBOC_EACH_11_(of, __VA_ARGS__)
#define DUBBOC_EACH_13_(of, one, ...) of(one), DUBBOC_EACH_12_(of, __VA_ARGS__)
#define DUBBOC_EACH_14_(of, one, ...) of(one), DUBBOC_EACH_13_(of, __VA_ARGS__)
#define DUBBOC_EACH_15_(of, one, ...) of(one), DUBBOC_EACH_14_(of, __VA_ARGS__)
#define DUBBOC_EACH_16_(of, one, ...) of(one), DUBBOC_EACH_15_(of, __VA_ARGS__)
#define DUBBOC_EACH_17_(of, one, ...) of(one), DUBBOC_EACH_16_(of, __VA_ARGS__)
#define DUBBOC_EACH_18_(of, one, ...) of(one), DUBBOC_EACH_17_(of, __VA_ARGS__)
#define DUBBOC_EACH_19_(of, one, ...) of(one), DUBBOC_EACH_18_(of, __VA_ARGS__)
#define DUBBOC_EACH_20_(of, one, ...) of(one), DUBBOC_EACH_19_(of, __VA_ARGS__)
#define DUBBOC_EACH_21_(of, one, ...) of(one), DUBBOC_EACH_20_(of, __VA_ARGS__)
#define DUBBOC_EACH_22_(of, one, ...) of(one), DUBBOC_EACH_21_(of, __VA_ARGS__)
#define DUBBOC_EACH_23_(of, one, ...) of(one), DUBBOC_EACH_22_(of, __VA_ARGS__)
#define DUBBOC_EACH_24_(of, one, ...) of(one), DUBBOC_EACH_23_(of, __VA_ARGS__)
#define DUBBOC_EACH_25_(of, one, ...) of(one), DUBBOC_EACH_24_(of, __VA_ARGS__)
#define DUBBOC_EACH_26_(of, one, ...) of(one), DUBBOC_EACH_25_(of, __VA_ARGS__)
#define DUBBOC_EACH_27_(of, one, ...) of(one), DUBBOC_EACH_26_(of, __VA_ARGS__)
#define DUBBOC_EACH_28_(of, one, ...) of(one), DUBBOC_EACH_27_(of, __VA_ARGS__)
#define DUBBOC_EACH_29_(of, one, ...) of(one), DUBBOC_EACH_28_(of, __VA_ARGS__)
#define DUBBOC_EACH_30_(of, one, ...) of(one), DUBBOC_EACH_29_(of, __VA_ARGS__)
#define DUBBOC_EACH_31_(of, one, ...) of(one), DUBBOC_EACH_30_(of, __VA_ARGS__)
#define DUBBOC_EACH_32_(of, one, ...) of(one), DUBBOC_EACH_31_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_2_(of, name, one) of(name, one)
#define DUBBOC_PAIRS_4_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_2_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_6_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_4_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_8_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_6_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_10_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_8_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_12_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_10_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_14_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_12_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_16_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_14_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_18_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_16_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_20_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_18_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_22_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_20_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_24_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_22_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_26_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_24_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_28_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_26_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_30_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_28_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_32_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_30_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_34_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_32_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_36_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_34_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_38_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_36_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_40_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_38_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_42_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_40_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_44_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_42_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_46_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_44_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_48_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_46_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_50_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_48_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_52_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_50_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_54_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_52_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_56_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_54_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_58_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_56_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_60_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_58_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_62_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_60_(of, __VA_ARGS__)
#define DUBBOC_PAIRS_64_(of, name, one, ...) of(name, one), DUBBOC_PAIRS_62_(of, __VA_ARGS__)
/* An odd number of arguments does not compile. */
#define DUBBOC_NAME_WITHOUT_VALUE_                                                                 \
    {.kind = (int)sizeof(struct {                                                                  \
         _Static_assert(0, "each name wants a value behind it");                                   \
         int unused;                                                                               \
     })}
#define DUBBOC_PAIRS_1_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_3_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_5_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_7_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_9_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_11_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_13_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_15_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_17_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_19_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_21_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_23_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_25_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_27_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_29_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_31_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_33_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_35_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_37_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_39_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_41_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_43_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_45_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_47_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_49_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_51_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_53_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_55_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_57_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_59_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_61_(...) DUBBOC_NAME_WITHOUT_VALUE_
#define DUBBOC_PAIRS_63_(...) DUBBOC_NAME_WITHOUT_VALUE_
/* clang-format on */

#endif
#endif
