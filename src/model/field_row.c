/* SPDX-License-Identifier: Apache-2.0
 *
 * Members of row structs by their field: see field.h. Pure; any thread. Members are bool, unsigned of 1 to 8 bytes,
 * text or codecs.
 */
#include "model/field.h"

static void *member(const struct field *f, void *row)
{
    return (char *)row + f->offset;
}

void field_set_int(const struct field *f, void *row, int64_t value)
{
    void *to = member(f, row);
    if (f->type == FIELD_BOOL)
        *(bool *)to = value != 0;
    else if (f->size == sizeof(uint8_t))
        *(uint8_t *)to = (uint8_t)value;
    else if (f->size == sizeof(uint16_t))
        *(uint16_t *)to = (uint16_t)value;
    else
        *(uint32_t *)to = (uint32_t)value;
}

int64_t field_get_int(const struct field *f, const void *row)
{
    const void *from = member(f, (void *)row);
    if (f->type == FIELD_BOOL)
        return *(const bool *)from;
    if (f->size == sizeof(uint8_t))
        return *(const uint8_t *)from;
    if (f->size == sizeof(uint16_t))
        return *(const uint16_t *)from;
    return *(const uint32_t *)from;
}

void field_set_text(const struct field *f, void *row, const char *text)
{
    void *to = member(f, row);
    if (f->type == FIELD_CODECS) {
        *(struct model_codecs *)to = field_codecs(text);
    } else if (f->type == FIELD_WORD) {
        int place = field_word(f, text);
        field_set_int(f, row, place < 0 ? 0 : place); /* a word that only a newer version knows */
    } else {
        *(const char **)to = text;
    }
}

const char *field_get_text(const struct field *f, const void *row)
{
    if (f->type == FIELD_WORD)
        return f->words[field_get_int(f, row)];
    const char *text = *(const char *const *)member(f, (void *)row);
    return text ? text : "";
}
