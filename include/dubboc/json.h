/* JSON: dubboc reads and writes it as cJSON trees, but strictly, and with exact numbers.
 *
 * NUMBERS. cJSON keeps every number as a double, which changes most integers above 2^53. Therefore
 * a number that a double cannot give back with the same value is a cJSON_Raw node in the tree:
 * valuestring is the number's text exactly as received, and its VALUEDOUBLE AND VALUEINT ARE 0.
 * Never read node->valuedouble or cJSON_GetNumberValue(); use the accessors below, which read both
 * kinds of node. All other numbers (integers up to 2^53, decimals that print back to the same
 * value) are plain cJSON numbers.
 *
 * Reading an integer or a decimal text is exact: it fails if the value does not fit, and never
 * rounds or saturates. Reading a double gives the double nearest to what was sent, like strtod(),
 * because peers print doubles with 17 digits and more, which no double holds exactly (0.1 arrives
 * as 0.10000000000000001). Reading a double fails only for a value beyond the largest double. Where
 * each digit counts (amounts of money), read an integer or a decimal text.
 *
 * TREES are ordinary cJSON trees: build them and walk through them with cJSON's functions, and free
 * them with cJSON_Delete(). They are allocated with cJSON_malloc(). To look a member up use
 * dubboc_json_get(), because cJSON_GetObjectItem() ignores case.
 *
 * Nothing here depends on the locale. All functions may be called from any thread, but only one
 * thread at a time may use a tree. */
#ifndef DUBBOC_JSON_H
#define DUBBOC_JSON_H

#include <cjson/cJSON.h>
#include <dubboc/defs.h>
#include <dubboc/error.h>
#include <dubboc/json_typed.h>
#include <stdarg.h>

DUBBOC_BEGIN

/* --- text to tree and back --- */

/* Reads one JSON text into a tree. The text is read strictly by RFC 8259: UTF-8, no byte order
 * mark, nothing but white space after the value. It may be 128 levels deep and hold 1 Mi values (a
 * tree takes at least 64 bytes for each value; raw calls and raw handlers, which make no tree,
 * accept 8 Mi values). All duplicate members are kept, in order; dubboc_json_get() finds the first
 * one.
 *
 * DUBBOC_OK: the caller owns *tree and frees it with cJSON_Delete(). DUBBOC_E_PARSE: the text is
 * not JSON; err says what is wrong, and at which byte offset. DUBBOC_E_TYPE: a string holds \u0000,
 * which a C string cannot hold. DUBBOC_E_TOO_BIG: the text has too many levels or values.
 * DUBBOC_E_NO_MEMORY: an allocation failed. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_parse(
    const char *text, size_t len, cJSON **tree, dubboc_error *err);

/* Prints a tree without white space. Members keep their order. Numbers are printed exactly, with as
 * few digits as possible; raw numbers as they were received. Strings escape only what RFC 8259
 * requires. DUBBOC_OK: the caller owns *text, which ends with a zero byte, and frees it with
 * free(); *len is its length, and len may be NULL. DUBBOC_E_ARGUMENT: the tree holds NaN, infinity,
 * a string that is not UTF-8 or a raw node that is not JSON, or it is deeper than 128 levels.
 * DUBBOC_E_NO_MEMORY: an allocation failed. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_print(
    const cJSON *tree, char **text, size_t *len, dubboc_error *err);

/* --- numbers --- */

/* The value of a number node as int64_t or uint64_t. 5, 5.0 and 5e0 are all 5. *out is written on
 * success only. DUBBOC_E_TYPE: value is NULL or not a number. DUBBOC_E_RANGE: the number is not an
 * integer, or does not fit. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_i64(const cJSON *value, int64_t *out);
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_u64(const cJSON *value, uint64_t *out);

/* The value of a number node as the nearest double, like strtod() in the C locale; a value halfway
 * between two doubles becomes the even one. Integers above 2^53 are read in this way, too. A value
 * below the smallest double is read as 0. DUBBOC_E_TYPE: value is NULL or not a number.
 * DUBBOC_E_RANGE: the value is beyond the largest finite double. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_double(const cJSON *value, double *out);

/* Writes the value of a number node to out, as the shortest decimal text that is read back as the
 * same value, in the notation of JSON, with a zero byte at the end. The text of a raw node is
 * copied unchanged. 32 bytes suffice for every plain number; the text of a raw node is as long as
 * the peer has written it. DUBBOC_E_TYPE: value is NULL or not a number. DUBBOC_E_RANGE: size is
 * too small, or the number is not finite. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_decimal(
    const cJSON *value, char *out, size_t size);

/* Make new number nodes, which are printed exactly. The caller owns them. The text for
 * dubboc_json_decimal_new() has len bytes. NULL: an allocation failed, or the text is not a JSON
 * number. */
DUBBOC_API DUBBOC_MUST_CHECK cJSON *dubboc_json_i64_new(int64_t value);
DUBBOC_API DUBBOC_MUST_CHECK cJSON *dubboc_json_u64_new(uint64_t value);
DUBBOC_API DUBBOC_MUST_CHECK cJSON *dubboc_json_decimal_new(const char *text, size_t len);

/* Whether value is a number, plain or raw. false if value is NULL. */
DUBBOC_API bool dubboc_json_is_number(const cJSON *value);

/* The member with exactly this name (case matters); the first one of duplicates. Borrowed. NULL:
 * there is none, or object is NULL or not an object. */
DUBBOC_API cJSON *dubboc_json_get(const cJSON *object, const char *name);

/* --- building and reading trees, checked by the compiler (C11) --- */

/* Build and read whole trees with one call, in a form that the compiler checks:
 *
 *     dubboc_json_build(&user, &err,
 *         DUBBOC_OBJECT("name", "Ann", "id", id, "tags", DUBBOC_ARRAY("a", "b")));
 *     dubboc_json_read(user, &err,
 *         DUBBOC_MEMBERS("name", &name, "id", &id, "age", DUBBOC_OPTIONAL(&age)));
 *
 * The types of the arguments decide what is built or read. A type that is not listed here does not
 * compile; cast it to one that is listed. These macros need C11 (_Generic); they do not exist in
 * C99 and C++.
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
 * DUBBOC_OPTIONAL(target) does not change its target if the member or item is absent or null. A
 * list has 1 to 32 values. Make an empty array or object with cJSON_CreateArray() or
 * cJSON_CreateObject(), whose result is taken over. Lists may contain lists.
 *
 * BOOL. Before C23, true, false and comparisons have the type int, so they become the numbers 1 and
 * 0. Cast them: "adult", (bool)(age >= 18). A variable of type bool needs no cast. */

/* --- building and reading trees by a format (C99, C++) --- */

/* In C99 and C++ use dubboc_json_pack() and dubboc_json_unpack(). Like the functions of jansson,
 * they take a format and arguments that match it. The compiler CANNOT CHECK that the arguments fit
 * the format: an argument of another type, or too few arguments, is undefined behaviour, as with
 * printf. In C11 use the form above. White space, ',' and ':' in a format have no meaning; they
 * make it readable.
 *
 *   code  JSON            C type that pack takes         C type that unpack takes
 *   s     string          const char * (UTF-8)           const char **, borrowed from the tree
 *   s?    string or null  const char *, NULL makes null  const char **, NULL for null
 *   S     string          const char *, size_t           -
 *   i     number          int                            int *
 *   I     number          int64_t (cast literals)        int64_t *
 *   U     number          uint64_t (cast literals)       uint64_t *
 *   f     number          double                         double *, the nearest
 *   D     number          const char *, a JSON number    char *, size_t, like dubboc_json_decimal()
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
 * In unpack a '?' after a key's s makes the member optional: its target is not changed if the
 * member is absent or null.
 *
 *     dubboc_json_pack(&user, &err,
 *         "{s:s, s:I, s:[s,s]}", "name", "Ann", "id", (int64_t)7, "tags", "a", "b");
 *     dubboc_json_unpack(user, &err,
 *         "{s:s, s:I, s?:i}", "name", &name, "id", &id, "age", &age);
 */

/* Builds a tree from a format and its arguments. DUBBOC_OK: the caller owns *tree and frees it with
 * cJSON_Delete(). DUBBOC_E_ARGUMENT: the format is wrong, a string is NULL or not UTF-8, a number
 * is NaN or infinite, or a decimal is not a JSON number; err names the place. DUBBOC_E_NO_MEMORY:
 * an allocation failed.
 *
 * The arguments of the code o are taken over, on failure too (they are then freed). There is one
 * exception: after a character that is not a code, the types of the further arguments are not
 * known, so the further arguments are not touched. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_pack(
    cJSON **tree, dubboc_error *err, const char *format, ...);

/* Reads a tree into the arguments that a format names. DUBBOC_E_TYPE, DUBBOC_E_RANGE,
 * DUBBOC_E_NOT_FOUND: the tree does not fit; err names the path of the wrong member, what was
 * expected and what was found ("$.user.age: expected an integer, found a string").
 * DUBBOC_E_ARGUMENT: the format is wrong. DUBBOC_E_NO_MEMORY: an allocation failed. On failure the
 * targets before the wrong member may have been written. Copies made for the code O have been freed
 * again; do not use their targets. */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_unpack(
    const cJSON *tree, dubboc_error *err, const char *format, ...);

/* Do what dubboc_json_pack() and dubboc_json_unpack() do, for functions that have "..." themselves.
 */
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_vpack(
    cJSON **tree, dubboc_error *err, const char *format, va_list args);
DUBBOC_API DUBBOC_MUST_CHECK dubboc_status dubboc_json_vunpack(
    const cJSON *tree, dubboc_error *err, const char *format, va_list args);

DUBBOC_END

#endif
