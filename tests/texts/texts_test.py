"""The tables of texts are what the sources hold: ./dev texts writes them anew."""

import difflib
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, __file__.rsplit("/", 2)[0] + "/e2e")
from harness import *  # noqa: E402
import texts  # noqa: E402


def test_texts_are_found_with_their_status():
    source = '''#include "a b.h"
        /* error_set(err, DUBBOC_E_PARSE, "in a comment"); */
        static const char *const names[] = {"one word", "two"};
        int f(void)
        {
            LOG_THROTTLED(DUBBOC_LOG_WARN, "server", is_on ? "it is on" : "it is off", "id=%" PRIu64 " why=\\"%s\\"", id, g("h i"));
            if (error_set(err, DUBBOC_E_PARSE, "no %s at " "byte %" PRId64, name, at) != 0)
                return refuse(self, 400, (const char *)"more than one Host"), put("HTTP/1.1 200 OK\\r\\n"), assert(!"not here");
        }'''
    assert texts.tables([("a.c", source)]) == {
        "log.txt": 'WARN   "server"  "it is on"  "it is off"  "id=%u why=\\"%s\\""  a.c\n',
        "errors.txt": '-  "one word"  a.c\nE_PARSE  "no %s at byte %d"  a.c\ng  "h i"  a.c\nrefuse  "more than one Host"  a.c\n',
    }, texts.tables([("a.c", source)])


def test_the_tables_are_those_of_the_sources():
    for name, wanted in texts.tables(texts.sources(SRC)).items():
        with open(os.path.join(SRC, "tests", "texts", name), encoding="utf-8") as file:
            written = file.read()
        assert len(wanted.splitlines()) > 50, wanted
        changes = difflib.unified_diff(written.splitlines(), wanted.splitlines(), name, "sources", lineterm="", n=0)
        assert written == wanted, "run ./dev texts, and read what changes:\n" + "\n".join(changes)


if __name__ == "__main__":
    run(globals())
