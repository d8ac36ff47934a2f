/* Accepted JSON text is built, printed, and read again; the second print must equal the first.
 * cJSON must accept what the strict scanner accepts. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <dubboc/json.h>

#include "codec/json_scan.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void demand(bool fact)
{
    if (!fact)
        abort();
}

static void read_numbers(const cJSON *node)
{
    int64_t i64;
    uint64_t u64;
    double number;
    char text[64];
    for (; node != NULL; node = node->next) {
        if (dubboc_json_i64(node, &i64) == DUBBOC_OK && dubboc_json_u64(node, &u64) == DUBBOC_OK)
            demand((uint64_t)i64 == u64);
        if (dubboc_json_double(node, &number) == DUBBOC_OK)
            demand(isfinite(number));
        if (dubboc_json_decimal(node, text, sizeof text) == DUBBOC_OK)
            demand(dubboc_json_is_number(node));
        read_numbers(node->child);
    }
}

static void check_round_trip(const cJSON *tree)
{
    char *first, *second;
    size_t len;
    cJSON *again;
    demand(dubboc_json_print(tree, &first, &len, NULL) == DUBBOC_OK);
    demand(dubboc_json_parse(first, len, &again, NULL) == DUBBOC_OK);
    demand(dubboc_json_print(again, &second, NULL, NULL) == DUBBOC_OK);
    demand(strcmp(first, second) == 0);
    free(first);
    free(second);
    cJSON_Delete(again);
}

/* Scans a value member by member. The result must equal that of json_check(). */
static bool walk(json_scan *scan)
{
    dubboc_slice key;
    json_value value;
    json_kind kind = json_scan_peek(scan);
    if (kind == JSON_OBJECT) {
        json_scan_open(scan, JSON_OBJECT);
        while (json_scan_member(scan, &key) && walk(scan))
            (void)json_string_is(key, "key");
    } else if (kind == JSON_ARRAY) {
        json_scan_open(scan, JSON_ARRAY);
        while (json_scan_item(scan) && walk(scan))
            continue;
    } else {
        json_scan_value(scan, &value);
    }
    return scan->status == DUBBOC_OK;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    dubboc_slice text = slice_make((const char *)data, size);
    dubboc_error err;
    json_value value;
    json_scan scan;
    cJSON *tree;
    dubboc_status checked = json_check(text, &value, &err);
    json_scan_init(&scan, text);
    demand((walk(&scan) && json_scan_end(&scan)) == (checked == DUBBOC_OK));
    dubboc_status parsed = dubboc_json_parse(text.at, text.len, &tree, &err);
    if (checked != DUBBOC_OK) {
        demand(parsed == checked);
        return 0;
    }
    cJSON *theirs = cJSON_ParseWithLength(text.at, text.len);
    demand(theirs != NULL);
    cJSON_Delete(theirs);
    if (parsed == DUBBOC_E_TYPE)
        return 0;
    demand(parsed == DUBBOC_OK);
    read_numbers(tree);
    check_round_trip(tree);
    cJSON_Delete(tree);
    return 0;
}
