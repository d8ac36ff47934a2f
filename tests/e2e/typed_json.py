"""A program that builds or reads JSON with a wrong C type must not compile, with gcc and with
clang, even without optimisation."""

import shutil

from harness import *

PROGRAM = """
#include <dubboc/dubboc.h>
struct other { int x; };
dubboc_status run(cJSON **tree, const cJSON *from, dubboc_request *request, dubboc_error *err);
dubboc_status run(cJSON **tree, const cJSON *from, dubboc_request *request, dubboc_error *err)
{
    bool flag = false; char letter = 'a'; int number = 1; long wide = 2; size_t size = 3; int64_t exact = 4;
    double real = 0; float single = 0; const char *text = "t"; char *writable = 0; struct other other = {1};
    cJSON *owned = 0; const cJSON *borrowed = 0; void *nothing = 0; const int constant = 5;
    char buffer[8];
    (void)flag; (void)letter; (void)number; (void)wide; (void)size; (void)exact; (void)real; (void)single; (void)text;
    (void)writable; (void)other; (void)owned; (void)borrowed; (void)nothing; (void)constant; (void)buffer;
    (void)tree; (void)from; (void)request; (void)err;
    return %s;
}
"""
BUILD_IT = "dubboc_json_build(tree, err, %s)"
READ_IT = "dubboc_json_read(from, err, %s)"
ARGS = "dubboc_request_args(request, %s)"

COMPILES = [
    *(BUILD_IT % f"DUBBOC_OBJECT(\"n\", {value})" for value in (
        "flag", "number", "wide", "size", "exact", "constant", "real", "text", "writable", "\"literal\"", "1", "-1", "1u", "2L",
        "(bool)true", "owned", "borrowed", "buffer", "DUBBOC_NULL", "DUBBOC_OR_NULL(writable)", "DUBBOC_DECIMAL(text)",
        "DUBBOC_ARRAY(1, text)", "DUBBOC_OBJECT(text, 1, \"o\", DUBBOC_OBJECT(\"p\", 2))")),
    BUILD_IT % "number", BUILD_IT % "DUBBOC_ARRAY(number, text, real)",
    *(READ_IT % f"DUBBOC_MEMBERS(\"n\", {target})" for target in (
        "&flag", "&number", "&wide", "&size", "&exact", "&real", "&text", "&owned", "&borrowed", "DUBBOC_OPTIONAL(&number)",
        "DUBBOC_OR_NULL(&text)", "DUBBOC_OPTIONAL(DUBBOC_OR_NULL(&text))", "DUBBOC_DECIMAL_TO(buffer, sizeof buffer)",
        "DUBBOC_ITEMS(&number, DUBBOC_MEMBERS(\"o\", &text))")),
    READ_IT % "&number", ARGS % "from", ARGS % "from, &number", ARGS % "from, &number, DUBBOC_OPTIONAL(&text)",
    "dubboc_request_read(request, from, DUBBOC_MEMBERS(\"n\", &number))",
]
REFUSED = [
    *(BUILD_IT % f"DUBBOC_OBJECT(\"n\", {value})" for value in (
        "single", "letter", "other", "&number", "&text", "nothing", "NULL", "&other", "DUBBOC_ITEMS(&number)",
        "DUBBOC_OR_NULL(number)", "DUBBOC_DECIMAL(real)", "DUBBOC_ARRAY(single)", "DUBBOC_OBJECT(\"o\", &real)")),
    BUILD_IT % "single", BUILD_IT % "DUBBOC_ARRAY(1, nothing)",
    BUILD_IT % "DUBBOC_OBJECT(1, 2)", BUILD_IT % "DUBBOC_OBJECT(\"n\")", BUILD_IT % "DUBBOC_OBJECT(\"n\", 1, \"o\")",
    *(READ_IT % f"DUBBOC_MEMBERS(\"n\", {target})" for target in (
        "number", "text", "&single", "&letter", "&writable", "&other", "&nothing", "&constant", "buffer", "owned", "borrowed",
        "DUBBOC_ARRAY(1)", "DUBBOC_OPTIONAL(number)", "DUBBOC_OR_NULL(&number)", "DUBBOC_OR_NULL(&writable)",
        "DUBBOC_DECIMAL_TO(&number, 4)")),
    READ_IT % "&single", READ_IT % "DUBBOC_MEMBERS(\"n\")", READ_IT % "DUBBOC_MEMBERS(1, &number)",
    READ_IT % "DUBBOC_ITEMS(&number, text)",
    ARGS % "from, number", ARGS % "from, &number, &single",
    BUILD_IT % ("DUBBOC_ARRAY(" + ", ".join(["1"] * 33) + ")"),
    BUILD_IT % ("DUBBOC_OBJECT(" + ", ".join(["\"n\", 1"] * 33) + ")"),
]


def compilers():
    found = [name for name in ("gcc", "clang") if shutil.which(name)]
    return found or ["cc"]


def compile_expression(compiler, expression, *options):
    return subprocess.run(
        [compiler, "-std=c11", "-O0", *options, "-fsyntax-only", "-I", os.path.join(SRC, "include"), "-x", "c", "-"],
        input=(PROGRAM % expression).encode(), capture_output=True)


def test_right_types_compile_without_a_warning():
    for compiler in compilers():
        for expression in COMPILES:
            end = compile_expression(
                compiler, expression, "-Wall", "-Wextra", "-Wpedantic", "-Wshadow", "-Wconversion", "-Werror")
            assert end.returncode == 0, f"{compiler}: {expression}: {end.stderr.decode()}"


def test_wrong_types_do_not_compile():
    for compiler in compilers():
        for expression in REFUSED:
            end = compile_expression(compiler, expression)
            assert end.returncode != 0, f"{compiler} takes {expression}"
            assert b"error:" in end.stderr, end.stderr


def test_a_name_without_a_value_fails_with_a_clear_message():
    for compiler in compilers():
        end = compile_expression(compiler, BUILD_IT % "DUBBOC_OBJECT(\"n\", 1, \"o\")")
        assert b"each name wants a value behind it" in end.stderr, end.stderr.decode()


if __name__ == "__main__":
    run(globals())
