# The texts that people read, in two tables.
TESTS += tests/texts/texts_test.py
EXTRA_DIST += tests/texts/texts_test.py tests/texts/texts.py tests/texts/log.txt tests/texts/errors.txt
