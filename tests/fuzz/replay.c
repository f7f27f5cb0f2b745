/* SPDX-License-Identifier: Apache-2.0
 *
 * The main of a fuzz target when no fuzzer drives it: feeds it every file of a corpus folder, and of small files every
 * beginning, since a message cut short is the commonest hostile one. One thread.
 */
#include "tests/fuzz/replay.h"

#include <glib.h>
#include <stdio.h>
#include <string.h>

enum { CUT_UP_TO_BYTES = 2048 };

/* A copy of exactly n bytes, so that the address sanitizer sees the first octet read too far. */
static void feed(const char *bytes, size_t n)
{
    uint8_t *exact = g_malloc(n ? n : 1);
    memcpy(exact, bytes, n);
    LLVMFuzzerTestOneInput(exact, n);
    g_free(exact);
}

static int replay_file(const char *path)
{
    char *bytes;
    gsize n;
    if (!g_file_get_contents(path, &bytes, &n, NULL)) {
        fprintf(stderr, "cannot read %s\n", path);
        return 1;
    }
    feed(bytes, n);
    for (gsize cut = 0; n <= CUT_UP_TO_BYTES && cut < n; cut++)
        feed(bytes, cut);
    g_free(bytes);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: %s CORPUS_FOLDER\n", argv[0]);
        return 2;
    }
    feed("", 0);
    GDir *dir = g_dir_open(argv[1], 0, NULL);
    if (!dir) {
        fprintf(stderr, "no corpus in %s\n", argv[1]);
        return 1;
    }
    int failed = 0, files = 0;
    for (const char *name; (name = g_dir_read_name(dir)) != NULL; files++) {
        char *path = g_build_filename(argv[1], name, NULL);
        failed |= replay_file(path);
        g_free(path);
    }
    g_dir_close(dir);
    printf("%d files replayed\n", files);
    return failed || files == 0;
}
