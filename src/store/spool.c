/* SPDX-License-Identifier: Apache-2.0
 *
 * The journal's files: see spool_priv.h. The journal's thread; spool_open before it starts.
 */
#include "store/spool_priv.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "store/files_priv.h"

static char *path_of(const struct spool *s, int64_t file)
{
    return g_strdup_printf("%s/%08lld.log", s->folder, (long long)file);
}

/* The numbers of the files that are there, in order. */
static GArray *files_of(const struct spool *s)
{
    GArray *files = g_array_new(FALSE, FALSE, sizeof(int64_t));
    GDir *dir = g_dir_open(s->folder, 0, NULL);
    for (const char *name; dir && (name = g_dir_read_name(dir));) {
        char *end = NULL;
        int64_t file = g_ascii_strtoll(name, &end, 10);
        if (file > 0 && g_strcmp0(end, ".log") == 0)
            g_array_append_val(files, file);
    }
    if (dir)
        g_dir_close(dir);
    for (unsigned i = 1; i < files->len; i++) { /* few and nearly in order */
        int64_t *f = (int64_t *)(void *)files->data, one = f[i];
        unsigned k = i;
        for (; k > 0 && f[k - 1] > one; k--)
            f[k] = f[k - 1];
        f[k] = one;
    }
    return files;
}

static int64_t at_ms_of(struct view json)
{
    static const char begin[] = "{\"at_ms\":";
    if (!view_starts(json, VIEW("{\"at_ms\":")))
        return 0;
    return g_ascii_strtoll(json.p + sizeof begin - 1, NULL, 10);
}

/* The latest time in one file; 0: no whole line in it. */
static int64_t last_ms_of(struct spool *s, int64_t file)
{
    size_t n, line;
    int64_t last = 0;
    char *bytes = spool_read(s, (struct place){file, 0}, &n);
    struct view rest = {bytes, n}, json;
    s->backlog += n;
    while ((line = fact_line(rest, &json)) > 0) {
        last = MAX(last, at_ms_of(json));
        rest = view_slice(rest, line, rest.n);
    }
    g_free(bytes);
    return last;
}

enum { LOCK_TRIES = 25, LOCK_PAUSE_US = 20000 };

/* Two writers would mix their files, and each take the other's running calls for those of a crash. The kernel gives the
 * lock back however a process ends. */
static int take_lock(struct spool *s)
{
    s->lock = open(s->folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (s->lock < 0)
        return errno;
    for (unsigned tries = LOCK_TRIES; flock(s->lock, LOCK_EX | LOCK_NB) < 0; tries--) {
        if (errno != EWOULDBLOCK)
            return errno;
        if (tries == 0)
            return EBUSY;
        g_usleep(LOCK_PAUSE_US); /* of one that was just ended */
    }
    return 0;
}

int spool_open(struct spool *s, const char *dir)
{
    *s = (struct spool){.fd = -1, .lock = -1};
    s->folder = g_build_filename(dir, "journal", NULL);
    s->reserve = g_build_filename(dir, "reserve", NULL);
    int r = folder_make(s->folder);
    if (r == 0)
        r = take_lock(s);
    if (r) {
        spool_close(s);
        return r;
    }
    GArray *files = files_of(s);
    for (unsigned i = files->len; i > 0 && s->last_ms == 0; i--)
        s->last_ms = last_ms_of(s, g_array_index(files, int64_t, i - 1));
    s->first_file = files->len ? g_array_index(files, int64_t, files->len - 1) + 1 : 1;
    s->end = (struct place){s->first_file, 0};
    g_array_free(files, TRUE);
    return 0;
}

void spool_close(struct spool *s)
{
    if (s->fd >= 0)
        close(s->fd);
    if (s->lock >= 0)
        close(s->lock);
    g_free(s->folder);
    g_free(s->reserve);
    *s = (struct spool){.fd = -1, .lock = -1};
}

static int begin_file(struct spool *s)
{
    char *path = path_of(s, s->end.file);
    s->fd = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0600);
    int r = s->fd < 0 ? errno : folder_sync(s->folder);
    g_free(path);
    return r;
}

static int write_all(int fd, const char *p, size_t n)
{
    while (n > 0) {
        ssize_t wrote = write(fd, p, n);
        if (wrote < 0 && errno == EINTR)
            continue;
        if (wrote <= 0)
            return wrote < 0 ? errno : ENOSPC;
        p += wrote;
        n -= (size_t)wrote;
    }
    return fdatasync(fd) < 0 ? errno : 0;
}

int spool_append(struct spool *s, const char *p, size_t n)
{
    int r = s->fd < 0 ? begin_file(s) : 0;
    if (r)
        return r;
    r = write_all(s->fd, p, n);
    if (r) {
        /* A piece of a line would hide every line behind it. When even this fails a new file is begun. */
        if (ftruncate(s->fd, s->end.offset) < 0) {
            close(s->fd);
            s->fd = -1;
            s->end = (struct place){s->end.file + 1, 0};
        }
        return r;
    }
    s->end.offset += (int64_t)n;
    if (s->end.offset >= SPOOL_FILE_BYTES) {
        close(s->fd);
        s->fd = -1;
        s->end = (struct place){s->end.file + 1, 0};
    }
    return 0;
}

char *spool_read(const struct spool *s, struct place from, size_t *ret_n)
{
    char *path = path_of(s, from.file), *bytes = NULL;
    gsize n = 0;
    if (!g_file_get_contents(path, &bytes, &n, NULL) || (gsize)from.offset > n) {
        g_free(bytes);
        bytes = g_strdup("");
        n = 0;
    } else {
        n -= (gsize)from.offset;
        memmove(bytes, bytes + from.offset, n);
    }
    g_free(path);
    *ret_n = n;
    return bytes;
}

void spool_drop(const struct spool *s, int64_t file)
{
    GArray *files = files_of(s);
    for (unsigned i = 0; i < files->len; i++) {
        char *path = path_of(s, g_array_index(files, int64_t, i));
        if (g_array_index(files, int64_t, i) < file - 1)
            (void)unlink(path);
        g_free(path);
    }
    g_array_free(files, TRUE);
}

int spool_make_reserve(const struct spool *s)
{
    struct statvfs fs;
    if (access(s->reserve, F_OK) == 0)
        return 0;
    if (statvfs(s->folder, &fs) < 0)
        return errno;
    uint64_t twentieth = (uint64_t)fs.f_blocks * fs.f_frsize / 20, bytes = MIN(twentieth, SPOOL_RESERVE_BYTES);
    /* Room comes back slowly: the reserve is taken only when as much is left for the others. */
    if ((uint64_t)fs.f_bavail * fs.f_frsize < 2 * bytes)
        return ENOSPC;
    int fd = open(s->reserve, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (fd < 0)
        return errno;
    int r = posix_fallocate(fd, 0, (off_t)bytes);
    close(fd);
    if (r)
        (void)unlink(s->reserve);
    return r;
}

bool spool_give_reserve(const struct spool *s)
{
    return unlink(s->reserve) == 0;
}
