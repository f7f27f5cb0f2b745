/* SPDX-License-Identifier: Apache-2.0
 *
 * What the flood's sender and its messages share. One thread.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

enum { FLOOD_MESSAGE_MAX = 8192 };

struct flood_text {
    const char *kind; /* register, invite, options, bye, garbage, mix, stun, or a folder of messages to damage */
    const char *host; /* of the server */
    char (*file)[FLOOD_MESSAGE_MAX];
    size_t *file_bytes;
    unsigned n_files;
    uint64_t state;
};

uint64_t flood_random(struct flood_text *t);
/* Reads the messages of a folder, when `kind` names one. */
void flood_text_open(struct flood_text *t);
void flood_text_close(struct flood_text *t);
/* One message as if from `from`; how many bytes. */
size_t flood_text_write(struct flood_text *t, const char *from, uint16_t port, char *dst);
