/* Runs a fuzz target once over its corpus, as a test. The folder is fuzz/corpus/<name> for the
 * program <name>_fuzz, or the first argument. Fails if there is no corpus, because nothing would be
 * tested. */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int replay(const char *path)
{
    FILE *file = fopen(path, "rb");
    if (file == NULL)
        return -1;
    uint8_t *data = NULL;
    size_t len = 0, capacity = 0;
    for (;;) {
        if (len == capacity) {
            capacity = capacity == 0 ? 4096 : capacity * 2;
            uint8_t *grown = realloc(data, capacity);
            if (grown == NULL)
                break;
            data = grown;
        }
        size_t got = fread(data + len, 1, capacity - len, file);
        if (got == 0)
            break;
        len += got;
    }
    fclose(file);
    /* A copy of exactly this size lets a sanitizer see a read past the end. */
    uint8_t *exact = malloc(len > 0 ? len : 1);
    if (exact != NULL && len > 0)
        memcpy(exact, data, len);
    free(data);
    if (exact == NULL)
        return -1;
    LLVMFuzzerTestOneInput(exact, len);
    free(exact);
    return 0;
}

int main(int argc, char **argv)
{
    char folder[4096];
    const char *name = strrchr(argv[0], '/') != NULL ? strrchr(argv[0], '/') + 1 : argv[0];
    if (strncmp(name, "lt-", 3) == 0)
        name += 3;
    const char *source = getenv("top_srcdir");
    if (argc > 1)
        snprintf(folder, sizeof folder, "%s", argv[1]);
    else
        snprintf(folder, sizeof folder, "%s/fuzz/corpus/%.*s", source != NULL ? source : ".",
            (int)strcspn(name, "_"), name);
    DIR *corpus = opendir(folder);
    unsigned count = 0, unread = 0;
    for (struct dirent *file; corpus != NULL && (file = readdir(corpus)) != NULL;) {
        char path[8192];
        if (file->d_name[0] == '.')
            continue;
        snprintf(path, sizeof path, "%s/%s", folder, file->d_name);
        if (replay(path) == 0)
            count++;
        else
            unread++;
    }
    if (corpus != NULL)
        closedir(corpus);
    printf("1..1\n%s 1 - %u inputs of %s replayed, %u not readable\n",
        count > 0 && unread == 0 ? "ok" : "not ok", count, folder, unread);
    return 0;
}
