/* SPDX-License-Identifier: Apache-2.0
 *
 * The forms that text fields may have: see field_priv.h. Pure; any thread.
 */
#include "model/field_priv.h"

static bool only(const char *text, const char *also)
{
    for (const char *p = text; *p; p++) {
        if (!g_ascii_isalnum(*p) && !strchr(also, *p))
            return false;
    }
    return true;
}

static bool is_any(const char *text)
{
    (void)text;
    return true;
}

static bool is_digits(const char *text)
{
    return text[strspn(text, "0123456789")] == '\0';
}

static bool is_prefix(const char *text)
{
    return text[strspn(text, "0123456789+*#")] == '\0';
}

static bool is_login(const char *text)
{
    return only(text, "-_.");
}

/* One @ with something on both sides, a dot-separated host behind it. Mail itself is the only full proof. */
static bool is_email(const char *text)
{
    const char *at = strchr(text, '@');
    if (!at || at == text || strpbrk(text, " \t\"<>(),;:\\"))
        return false;
    return *at && only(at + 1, "-.") && at[1] != '.' && at[1] != '\0' && text[strlen(text) - 1] != '.';
}

/* RFC 1123: labels of 1 to 63 letters, digits and hyphens, not hyphen at either end. */
static bool is_host_name(const char *text)
{
    size_t label = 0;
    for (const char *p = text;; p++) {
        if (*p == '.' || *p == '\0') {
            if (label == 0 || label > 63 || p[-1] == '-')
                return false;
            if (*p == '\0')
                break;
            label = 0;
        } else if (g_ascii_isalnum(*p) || (*p == '-' && label > 0)) {
            label++;
        } else {
            return false;
        }
    }
    /* All digits behind the last dot is a broken address, not a name. */
    const char *last = strrchr(text, '.');
    return !is_digits(last ? last + 1 : text);
}

static bool is_host(const char *text)
{
    struct net_addr a;
    return net_addr_parse(view_of(text), 0, &a) || is_host_name(text);
}

/* The name becomes a path below the zone database: nothing that climbs out of it gets that far. */
static bool is_zone(const char *text)
{
    if (!g_ascii_isalpha(*text) || !only(text, "_+-/") || strstr(text, "//"))
        return false;
    GTimeZone *zone = g_time_zone_new_identifier(text);
    if (!zone)
        return false;
    g_time_zone_unref(zone);
    return true;
}

static bool is_country(const char *text)
{
    return g_ascii_isupper(text[0]) && g_ascii_isupper(text[1]) && text[2] == '\0';
}

static bool is_ports(const char *text)
{
    uint16_t first, last;
    return field_ports(text, &first, &last) && first % 2 == 0 && first >= 1024 && last - first + 1 >= 20;
}

static bool is_range(const char *text)
{
    struct net_range r;
    return net_range_parse(view_of(text), &r);
}

bool field_ports(const char *text, uint16_t *ret_first, uint16_t *ret_last)
{
    struct view rest = view_of(text), first = view_cut(&rest, '-');
    uint32_t a, b;
    if (!view_to_u32(first, 65535, &a) || !view_to_u32(rest, 65535, &b) || a > b)
        return false;
    *ret_first = (uint16_t)a;
    *ret_last = (uint16_t)b;
    return true;
}

const struct field_form *field_form(enum field_type type)
{
    static const struct field_form forms[FIELD_TYPES] = {
        [FIELD_TEXT] = {is_any, ""},
        [FIELD_SECRET] = {is_any, ""},

        [FIELD_DIGITS] = {is_digits, "100"},
        [FIELD_PREFIX] = {is_prefix, "0-9 + * #"},
        [FIELD_LOGIN] = {is_login, "a-z A-Z 0-9 - _ ."},
        [FIELD_EMAIL] = {is_email, "name@example.com"},
        [FIELD_HOST] = {is_host, "sip.example.com, 192.0.2.1, 2001:db8::1"},
        [FIELD_ZONE] = {is_zone, "Europe/Paris"},
        [FIELD_COUNTRY] = {is_country, "FR"},
        [FIELD_PORTS] = {is_ports, "9000-10999"},
        [FIELD_RANGE] = {is_range, "192.0.2.0/24, 2001:db8::1"},
    };
    return forms[type].is ? &forms[type] : NULL;
}
