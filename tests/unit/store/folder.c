/* SPDX-License-Identifier: Apache-2.0
 *
 * Folders of tests: see folder.h.
 */
#include "tests/unit/store/folder.h"

#include <glib.h>
#include <glib/gstdio.h>

int folder_setup(void **state)
{
    *state = g_dir_make_tmp("carillon-test-XXXXXX", NULL);
    return *state ? 0 : -1;
}

static void take_away(const char *path)
{
    GDir *dir = g_dir_open(path, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        char *below = g_build_filename(path, name, NULL);
        take_away(below);
        g_free(below);
    }
    if (dir)
        g_dir_close(dir);
    (void)g_remove(path);
}

int folder_teardown(void **state)
{
    take_away(*state);
    g_free(*state);
    return 0;
}

bool folder_has_text(const char *folder, const char *text)
{
    bool found = false;
    GDir *dir = g_dir_open(folder, 0, NULL);
    for (const char *name; dir && !found && (name = g_dir_read_name(dir));) {
        char *path = g_build_filename(folder, name, NULL), *bytes = NULL;
        gsize n = 0;
        if (g_file_test(path, G_FILE_TEST_IS_DIR))
            found = folder_has_text(path, text);
        else if (g_file_get_contents(path, &bytes, &n, NULL))
            found = memmem(bytes, n, text, strlen(text)) != NULL;
        g_free(bytes);
        g_free(path);
    }
    if (dir)
        g_dir_close(dir);
    return found;
}
