/* zk_path_fault() rejects what the server rejects, which is more than its client library rejects.
 * The server reads a path as UTF-16 and rejects control characters, the private use area, and all
 * characters that need a surrogate pair. It reads bytes that are not UTF-8 as U+FFFD, and rejects
 * that character too. */
#include "registry/zookeeper/path.h"

#include "base/buffer.h"
#include "base/error.h"
#include "base/mem.h"
#include "base/url_codec.h"
#include "base/utf8.h"

#define PATH_BYTES_MAX (256u * 1024)

/* The code point of a UTF-8 character of one to three bytes. */
static uint32_t path_character_number(const char *at, size_t len)
{
    uint32_t number = (unsigned char)at[0] & (len == 1 ? 0x7Fu : len == 2 ? 0x1Fu : 0x0Fu);
    for (size_t i = 1; i < len; i++)
        number = number << 6 | ((unsigned char)at[i] & 0x3Fu);
    return number;
}

static bool path_character_is_taken(uint32_t number)
{
    return number > 0x1F && (number < 0x7F || number > 0x9F) &&
           (number < 0xD800 || number > 0xF8FF) && number < 0xFFF0;
}

static bool path_has_only_taken_characters(dubboc_slice text)
{
    for (size_t len; text.len > 0; text = slice_make(text.at + len, text.len - len)) {
        len = utf8_sequence(text.at, text.at + text.len);
        if (len == 0 || len > 3 || !path_character_is_taken(path_character_number(text.at, len)))
            return false;
    }
    return true;
}

const char *zk_path_fault(dubboc_slice path)
{
    if (!path_has_only_taken_characters(path))
        return "the path holds a character that ZooKeeper refuses";
    dubboc_slice part;
    for (bool is_more = true; is_more;) {
        is_more = slice_cut(path, '/', &part, &path);
        if (part.len == 0)
            return "the path has an empty part";
        if (slice_is(part, ".") || slice_is(part, ".."))
            return "no part may be \".\" or \"..\"";
    }
    return NULL;
}

static dubboc_status path_check_interface(const char *interface, dubboc_error *err)
{
    if (interface[0] == '\0' || strcmp(interface, ".") == 0 || strcmp(interface, "..") == 0)
        return error_set(
            err, DUBBOC_E_ARGUMENT, "\"%s\" is not the name of an interface", interface);
    return DUBBOC_OK;
}

static dubboc_status path_take(buffer *written, char **path, dubboc_error *err)
{
    dubboc_status status = written->status;
    if (status == DUBBOC_OK && (*path = mem_dup_slice(buffer_slice(written))) == NULL)
        status = DUBBOC_E_NO_MEMORY;
    buffer_fini(written);
    if (status == DUBBOC_E_TOO_BIG)
        return error_set(err, status, "a node's path would be over %u bytes", PATH_BYTES_MAX);
    return status == DUBBOC_OK ? DUBBOC_OK : error_no_memory(err);
}

dubboc_status zk_path_make(const char *root, const char *interface, registry_category category,
    const char *url, char **path, dubboc_error *err)
{
    dubboc_status status = path_check_interface(interface, err);
    if (status != DUBBOC_OK)
        return status;
    buffer written;
    buffer_init(&written, PATH_BYTES_MAX);
    buffer_append_text(&written, root);
    buffer_append_char(&written, '/');
    url_encode(&written, slice_of(interface));
    buffer_append_char(&written, '/');
    buffer_append_text(&written, registry_category_name(category));
    if (url != NULL) {
        buffer_append_char(&written, '/');
        url_encode(&written, slice_of(url));
    }
    return path_take(&written, path, err);
}

dubboc_slice zk_path_directory(const char *path)
{
    return slice_make(path, (size_t)(strrchr(path, '/') - path));
}

dubboc_slice zk_path_interface(const char *path)
{
    dubboc_slice directory = zk_path_directory(path);
    while (directory.len > 0 && directory.at[directory.len - 1] != '/')
        directory.len--;
    return slice_make(path, directory.len > 0 ? directory.len - 1 : 0);
}

const char *zk_path_name(const char *path)
{
    return strrchr(path, '/') + 1;
}

dubboc_slice zk_path_next_level(dubboc_slice directory, size_t made_len)
{
    size_t from = made_len + 1;
    const char *end =
        from < directory.len ? memchr(directory.at + from, '/', directory.len - from) : NULL;
    return slice_make(directory.at, end != NULL ? (size_t)(end - directory.at) : directory.len);
}
