/* SPDX-License-Identifier: Apache-2.0
 *
 * The flood's messages: requests of strangers with random Call-IDs (D2), and damaged ones (D3). One thread.
 */
#include "flood.h"

#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FILES_MAX = 512 };

uint64_t flood_random(struct flood_text *t)
{
    t->state ^= t->state << 13; /* xorshift64 (Marsaglia 2003): quick, and good enough to be new each time */
    t->state ^= t->state >> 7;
    t->state ^= t->state << 17;
    return t->state;
}

void flood_text_open(struct flood_text *t)
{
    DIR *folder = strchr(t->kind, '/') ? opendir(t->kind) : NULL;
    if (!folder)
        return;
    t->file = g_malloc0_n(FILES_MAX, FLOOD_MESSAGE_MAX);
    t->file_bytes = g_new0(size_t, FILES_MAX);
    for (const struct dirent *e; t->n_files < FILES_MAX && (e = readdir(folder));) {
        char *path = g_build_filename(t->kind, e->d_name, NULL);
        FILE *f = e->d_name[0] == '.' ? NULL : fopen(path, "re");
        g_free(path);
        if (!f)
            continue;
        t->file_bytes[t->n_files] = fread(t->file[t->n_files], 1, FLOOD_MESSAGE_MAX, f);
        t->n_files += t->file_bytes[t->n_files] > 0;
        (void)fclose(f);
    }
    (void)closedir(folder);
}

void flood_text_close(struct flood_text *t)
{
    g_free(t->file);
    g_free(t->file_bytes);
}

/* A good message of the folder with a few bytes changed, cut out or doubled; one in four is sent as it is. */
static size_t damaged(struct flood_text *t, char *dst)
{
    unsigned i = (unsigned)(flood_random(t) % t->n_files);
    size_t n = t->file_bytes[i];
    memcpy(dst, t->file[i], n);
    for (uint64_t wounds = flood_random(t) % 4; wounds && n > 8; wounds--) {
        size_t at = flood_random(t) % (n - 4), cut = 1 + flood_random(t) % 4;
        switch (flood_random(t) % 3) {
        case 0:
            dst[at] = (char)flood_random(t);
            break;
        case 1:
            memmove(dst + at, dst + at + cut, n - at - cut);
            n -= cut;
            break;
        default:
            memcpy(dst + at, dst + flood_random(t) % (n - 4), 4);
            break;
        }
    }
    return n;
}

static size_t noise(struct flood_text *t, char *dst)
{
    size_t n = 20 + flood_random(t) % 400;
    for (size_t i = 0; i < n; i++)
        dst[i] = (char)flood_random(t);
    dst[0] |= 0x20; /* not STUN */
    return n;
}

static size_t binding(struct flood_text *t, char *dst)
{
    static const unsigned char head[8] = {0, 1, 0, 0, 0x21, 0x12, 0xa4, 0x42};
    memcpy(dst, head, sizeof head);
    for (size_t i = sizeof head; i < 20; i++)
        dst[i] = (char)flood_random(t);
    return 20;
}

static size_t request(struct flood_text *t, const char *kind, const char *from, uint16_t port, char *dst)
{
    static const char *const methods[][2] = {
        {"register", "REGISTER"}, {"invite", "INVITE"}, {"options", "OPTIONS"}, {"bye", "BYE"}};
    const char *method = "OPTIONS";
    for (size_t i = 0; i < G_N_ELEMENTS(methods); i++)
        if (strcmp(kind, methods[i][0]) == 0)
            method = methods[i][1];
    unsigned long long a = flood_random(t), b = flood_random(t);
    unsigned user = 100 + (unsigned)(b % 900);
    int n = g_snprintf(dst, FLOOD_MESSAGE_MAX,
                       "%s sip:%u@%s SIP/2.0\r\nVia: SIP/2.0/UDP %s:%u;branch=z9hG4bK%llx;rport\r\nMax-Forwards: 70\r\n"
                       "From: <sip:%u@%s>;tag=%llx\r\nTo: <sip:%u@%s>\r\nCall-ID: %llx%llx\r\nCSeq: 1 %s\r\n"
                       "Contact: <sip:%u@%s:%u>\r\nUser-Agent: Telephone\r\nContent-Length: 0\r\n\r\n",
                       method, user, t->host, from, port, a, user, t->host, b, user, t->host, a, b, method, user, from,
                       port);
    return (size_t)n;
}

size_t flood_text_write(struct flood_text *t, const char *from, uint16_t port, char *dst)
{
    static const char *const mix[] = {"register", "invite", "options", "garbage"};
    const char *kind = strcmp(t->kind, "mix") == 0 ? mix[flood_random(t) % G_N_ELEMENTS(mix)] : t->kind;
    if (t->n_files)
        return damaged(t, dst);
    if (strcmp(kind, "garbage") == 0)
        return noise(t, dst);
    if (strcmp(kind, "stun") == 0)
        return binding(t, dst);
    return request(t, kind, from, port, dst);
}
