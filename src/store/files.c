/* SPDX-License-Identifier: Apache-2.0
 *
 * Files of the data folder: see files_priv.h. Any thread.
 */
#include "store/files_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <glib.h>
#include <sys/stat.h>
#include <unistd.h>

int folder_sync(const char *path)
{
    int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return errno;
    int r = fsync(fd) < 0 ? errno : 0;
    close(fd);
    return r;
}

int folder_make(const char *path)
{
    if (mkdir(path, 0700) == 0)
        return 0;
    if (errno != EEXIST)
        return errno;
    struct stat st;
    if (stat(path, &st) < 0)
        return errno;
    return S_ISDIR(st.st_mode) ? 0 : ENOTDIR;
}

/* Written whole under another name first: after a crash there is either the file or none. */
int file_write_new(const char *path, const void *p, size_t n)
{
    char *folder = g_path_get_dirname(path), *draft = g_strconcat(path, ".new", NULL);
    int fd = open(draft, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r = fd < 0 ? errno : 0;
    if (r == 0) {
        ssize_t wrote = write(fd, p, n);
        if (wrote != (ssize_t)n)
            r = wrote < 0 ? errno : ENOSPC;
        else if (fsync(fd) < 0)
            r = errno;
        close(fd);
    }
    if (r == 0 && link(draft, path) < 0)
        r = errno;
    if (fd >= 0)
        (void)unlink(draft);
    if (r == 0)
        r = folder_sync(folder);
    g_free(draft);
    g_free(folder);
    return r;
}
