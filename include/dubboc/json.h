/* JSON as dubboc reads and writes it: cJSON trees, but strict and exact.
 *
 * NUMBERS. cJSON keeps every number as a double, which changes most integers above 2^53. So a
 * number that a double cannot give back with the same value stands in a tree as a cJSON_Raw node:
 * valuestring is the number's text exactly as received, and its VALUEDOUBLE AND VALUEINT ARE 0.
 * Never read node->valuedouble or cJSON_GetNumberValue(); use the accessors below, which read both
 * kinds of node. All other numbers (integers up to 2^53, decimals that print back to the same
 * value) are plain cJSON numbers.
 *
 * Integers and decimal texts are exact: reading one fails where the value does not fit, it never
 * rounds or saturates. A double is the nearest to what was sent, as strtod() gives it, because
 * peers print doubles with up to 17 digits and more, which no double holds exactly (0.1 arrives as
 * 0.10000000000000001): only a value beyond the largest double is an error. Where each digit counts
 * (amounts of money), read an integer or a decimal text.
 *
 * TREES are ordinary cJSON: free them with cJSON_Delete(), walk them with cJSON's functions, build
 * them with them. They are allocated with cJSON_malloc(). Look members up with dubboc_json_get():
 * cJSON's own look-up ignores case unless asked not to.
 *
 * Nothing here depends on the locale. All functions may be called from any thread; a tree belongs
 * to one thread at a time. */
#ifndef DUBBOC_JSON_H
#define DUBBOC_JSON_H

#include <cjson/cJSON.h>
#include <dubboc/defs.h>
#include <dubboc/error.h>
#include <dubboc/json_typed.h>
#include <stdarg.h>

DUBBOC_BEGIN

/* --- text to tree and back --- */

/* Reads one JSON text into a tree. The text is read strictly by RFC 8259 (UTF-8, no byte order
 * mark, nothing after the value but white space), at most 128 levels deep and 1 Mi values (a tree
 * takes 64 bytes a value and more; the raw forms of calls and handlers take 8 Mi). DUBBOC_OK: *tree
 * is the caller's, cJSON_Delete(). DUBBOC_E_PARSE: not JSON; err says what at which byte offset. A
 * string holding \u0000, which a C string cannot, is DUBBOC_E_TYPE. DUBBOC_E_TOO_BIG: too deep or
 * too many values. DUBBOC_E_NO_MEMORY. Of duplicate members all are kept, in order;
 * dubboc_json_get() finds the first. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_parse(
    const char *text, size_t len, cJSON **tree, dubboc_error *err);

/* Prints a tree compactly: members in order, numbers exactly and shortest (raw ones as they came),
 * strings with only what RFC 8259 wants escaped. DUBBOC_OK: *text is the caller's, free(),
 * zero-ended; *len (may be NULL) is its length.
 * DUBBOC_E_ARGUMENT: the tree holds NaN, infinity, a string that is not UTF-8, a raw node that is
 * not JSON, or is deeper than 128 levels. DUBBOC_E_NO_MEMORY. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_print(
    const cJSON *tree, char **text, size_t *len, dubboc_error *err);

/* --- numbers --- */

/* The value of a number node as int64_t or uint64_t. 5, 5.0 and 5e0 are all 5.
 * DUBBOC_E_TYPE: value is NULL or not a number. DUBBOC_E_RANGE: not an integer, or it does not fit.
 * *out is written on success only. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_i64(const cJSON *value, int64_t *out);
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_u64(const cJSON *value, uint64_t *out);

/* The value as the nearest double (a tie goes to the even one), as strtod() reads it in the C
 * locale; this holds for integers above 2^53 too. Below the smallest double it is 0. DUBBOC_E_TYPE
 * as above. DUBBOC_E_RANGE: it is beyond the largest finite double. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_double(const cJSON *value, double *out);

/* The value as its shortest exact decimal text, as JSON writes numbers; a raw node's text
 * unchanged. Written to out (zero-ended). DUBBOC_E_TYPE as above. DUBBOC_E_RANGE: size is too small
 * (32 bytes hold every plain number; a raw one is as long as the peer made it). */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_decimal(
    const cJSON *value, char *out, size_t size);

/* Make new number nodes that print exactly. NULL: out of memory; for _decimal_new also: text is not
 * a JSON number (len bytes). */
DUBBOC_API DUBBOC_MUST_CHECK cJSON *dubboc_json_i64_new(int64_t value);
DUBBOC_API DUBBOC_MUST_CHECK cJSON *dubboc_json_u64_new(uint64_t value);
DUBBOC_API DUBBOC_MUST_CHECK cJSON *dubboc_json_decimal_new(const char *text, size_t len);

/* Whether value is a number, plain or raw. NULL: false. */
DUBBOC_API bool dubboc_json_is_number(const cJSON *value);

/* The member of that exact name (case counts), the first of duplicates; NULL: object is NULL or no
 * object, or has none. Borrowed. */
DUBBOC_API cJSON *dubboc_json_get(const cJSON *object, const char *name);

/* --- building and reading without tree walking: checked by the compiler (C11) --- */

/* Trees are built and read without walking them, in a form that the compiler checks:
 *
 *     dubboc_json_build(&user, &err,
 *         DUBBOC_OBJECT("name", "Ann", "id", id, "tags", DUBBOC_ARRAY("a", "b")));
 *     dubboc_json_read(user, &err,
 *         DUBBOC_MEMBERS("name", &name, "id", &id, "age", DUBBOC_OPTIONAL(&age)));
 *
 * The types of the arguments say what is meant. A type that is not listed here does not compile;
 * cast it to one that is. These macros need C11 (_Generic) and are not there in C99 and C++.
 *
 *   JSON            dubboc_json_build() takes              dubboc_json_read() takes
 *   integer         every integer type but char            a pointer to one; it must fit
 *   number          double (cast a float)                  double *: the nearest one
 *   number, exact   DUBBOC_DECIMAL(text), checked          DUBBOC_DECIMAL_TO(char *, size)
 *   true, false     bool (see below)                       bool *
 *   string          char *, const char *, dubboc_slice     const char **, borrowed from the tree
 *   string or null  DUBBOC_OR_NULL(text), NULL makes null  DUBBOC_OR_NULL(&text), NULL for null
 *   null            DUBBOC_NULL                            -
 *   any             cJSON *, taken over                    cJSON **, a copy, the caller's
 *   any             const cJSON *, copied                  const cJSON **, borrowed from the tree
 *   array           DUBBOC_ARRAY(value, ...)               DUBBOC_ITEMS(target, ...), as many as
 *                                                          there are items
 *   object          DUBBOC_OBJECT(name, value, ...)        DUBBOC_MEMBERS(name, target, ...); other
 *                                                          members are ignored
 *
 * DUBBOC_OPTIONAL(target) leaves its target as it was when the member or item is absent or null. A
 * list has 1 to 32 values; make an empty one with cJSON_CreateArray() or cJSON_CreateObject(),
 * which are taken over. Lists may stand in lists.
 *
 * BOOL. Before C23, true, false and comparisons are of type int, so that they make the numbers 1
 * and 0. Cast them: "adult", (bool)(age >= 18). A variable of type bool needs no cast. */

/* --- the same by a format (C99, C++) --- */

/* In C99 and C++ a format says what is meant. dubboc_json_pack() and dubboc_json_unpack() both take
 * one and matching arguments, in the manner of jansson. The compiler CANNOT CHECK that the
 * arguments fit the format: one of another type, or one too few, is undefined behaviour as it is
 * with printf. In C11 use the form above. White space, ',' and ':' in a format are for the reader's
 * eye.
 *
 *   code  JSON            C type that pack takes         C type that unpack takes
 *   s     string          const char * (UTF-8)           const char **, borrowed from the tree
 *   s?    string or null  const char *, NULL makes null  const char **, NULL for null
 *   S     string          const char *, size_t           -
 *   i     number          int                            int *
 *   I     number          int64_t (cast literals)        int64_t *
 *   U     number          uint64_t (cast literals)       uint64_t *
 *   f     number          double                         double *, the nearest
 *   D     number          const char *, a JSON number    char *, size_t, as dubboc_json_decimal()
 *   b     true, false     int (0: false)                 bool * (not int *)
 *   n     null            -                              -, checks that it is null
 *   o     any             cJSON *, taken over            const cJSON **, borrowed
 *   O     any             const cJSON *, copied          cJSON **, a copy, the caller's
 *   [..]  array           items                          items; more items in the tree are an error
 *                                                        unless the last is *
 *   {..}  object          s, value pairs (the key:       s, value pairs (the key: const char *);
 *                         const char *)                  other members are ignored, or an error if
 *                                                        the last is !
 *
 * In unpack a '?' after a key's s makes the member optional: absent or null leaves its target as it
 * was.
 *
 *     dubboc_json_pack(&user, &err,
 *         "{s:s, s:I, s:[s,s]}", "name", "Ann", "id", (int64_t)7, "tags", "a", "b");
 *     dubboc_json_unpack(user, &err,
 *         "{s:s, s:I, s?:i}", "name", &name, "id", &id, "age", &age);
 */

/* Builds a tree from a format and its arguments.
 * DUBBOC_OK: *tree is the caller's. DUBBOC_E_ARGUMENT: a fault in the format, a NULL or non-UTF-8
 * string, NaN or infinity, a decimal that is not a JSON number; err names the place.
 * DUBBOC_E_NO_MEMORY. On failure too every o argument has been taken over (and freed), but for
 * those behind a code that is none: what such a code takes cannot be told, so the arguments from
 * there on are not touched. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_pack(
    cJSON **tree, dubboc_error *err, const char *format, ...);

/* Reads a tree into the arguments that a format names.
 * DUBBOC_E_TYPE, DUBBOC_E_RANGE, DUBBOC_E_NOT_FOUND: the tree does not fit; err names the path of
 * the wrong member, what was expected and what is there ("$.user.age: expected an integer, found a
 * string"). DUBBOC_E_ARGUMENT: a fault in the format. Targets before the wrong member may have been
 * written; O copies made by then have been freed again and their targets are unset. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_unpack(
    const cJSON *tree, dubboc_error *err, const char *format, ...);

/* dubboc_json_pack() and dubboc_json_unpack() for a function that itself takes "...". */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_vpack(
    cJSON **tree, dubboc_error *err, const char *format, va_list args);
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_vunpack(
    const cJSON *tree, dubboc_error *err, const char *format, va_list args);

DUBBOC_END

#endif
