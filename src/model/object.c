/* SPDX-License-Identifier: Apache-2.0
 *
 * The tables themselves. A new field is a line here and a migration: docs/field-tables.md. Constant; any thread.
 */
#include "model/object.h"

/* clang-format off: one line a field, whatever its length */
#define TEXT(least, most) .min = (least), .max = (most)
#define CODECS            "opus,g722,pcma,pcmu"

static const char *const languages[] = {"en", "fr", NULL};                         /* enum model_language */
static const char *const transports[] = {"udp", "tcp", "tls", NULL};               /* enum model_transport */
static const char *const profiles[] = {"nat", "strict", NULL};                     /* enum model_rtp_profile */
static const char *const srtp[] = {"off", "preferred", "required", NULL};          /* enum model_srtp */
static const char *const roles[] = {"none", "system_admin", "system_owner", NULL}; /* enum system_role */

#define AT(member) FIELD_AT(struct setting_row, member)
#define ADMIN      .see = FIELD_ADMIN, .write = FIELD_ADMIN
static const struct field setting_fields[] = {
    {"id", FIELD_ID, AT(id)},
    {"uuid", FIELD_UUID, TEXT(36, 36), AT(uuid), .unique = true, .see = FIELD_ADMIN},
    {"company", FIELD_TEXT, TEXT(0, 100), .fallback = "", AT(settings.company), .see = FIELD_EVERYBODY,
     .write = FIELD_ADMIN},
    {"realm", FIELD_LOGIN, TEXT(1, 64), .fallback = "carillon", AT(settings.realm), ADMIN},
    {"host", FIELD_HOST, TEXT(1, 253), .or_zero = true, .fallback = "", AT(settings.host), ADMIN},
    {"public_ip", FIELD_HOST, TEXT(1, 45), .or_zero = true, .fallback = "", AT(settings.public_ip), ADMIN},
    {"time_zone", FIELD_ZONE, TEXT(1, 64), .fallback = "UTC", AT(settings.time_zone), .see = FIELD_EVERYBODY,
     .write = FIELD_ADMIN},
    {"country", FIELD_COUNTRY, TEXT(2, 2), .or_zero = true, .fallback = "", AT(country), .see = FIELD_EVERYBODY,
     .write = FIELD_ADMIN},
    {"language", FIELD_WORD, .words = languages, .fallback = "en", AT(settings.language), .see = FIELD_EVERYBODY,
     .write = FIELD_ADMIN},
    {"device_reply_ms", FIELD_INT, .min = 500, .max = 10000, .fallback = "2000", AT(settings.device_reply_ms), ADMIN},
    {"register_min_s", FIELD_INT, .min = 30, .max = 600, .fallback = "60", AT(settings.register_min_s), ADMIN},
    {"register_max_s", FIELD_INT, .min = 600, .max = 7200, .fallback = "3600", AT(settings.register_max_s), ADMIN},
    {"register_default_s", FIELD_INT, .min = 60, .max = 3600, .fallback = "300", AT(settings.register_default_s),
     ADMIN},
    {"session_expires_s", FIELD_INT, .min = 90, .max = 7200, .or_zero = true, .fallback = "1800",
     AT(settings.session_expires_s), ADMIN},
    {"min_se_s", FIELD_INT, .min = 90, .max = 1800, .fallback = "90", AT(settings.min_se_s), ADMIN},
    {"rtp_timeout_s", FIELD_INT, .min = 10, .max = 3600, .or_zero = true, .fallback = "30", AT(settings.rtp_timeout_s),
     ADMIN},
    {"rtp_timeout_hold_s", FIELD_INT, .min = 10, .max = 36000, .or_zero = true, .fallback = "1800",
     AT(settings.rtp_timeout_hold_s), ADMIN},
    {"block_min", FIELD_INT, .min = 1, .max = 10080, .fallback = "30", AT(settings.block_min), ADMIN},
    {"max_calls", FIELD_INT, .min = 0, .max = 65535, .fallback = "0", AT(settings.max_calls), ADMIN},
    {"codecs", FIELD_CODECS, .fallback = CODECS, AT(settings.codecs), ADMIN},
    {"sip_port", FIELD_INT, .min = 1, .max = 65535, .fallback = "5060", AT(settings.sip_port), ADMIN},
    {"sips_port", FIELD_INT, .min = 1, .max = 65535, .fallback = "5061", AT(settings.sips_port), ADMIN},
    {"rtp_external", FIELD_PORTS, TEXT(3, 11), .fallback = "9000-10999", AT(settings.rtp_external), ADMIN},
    {"rtp_internal", FIELD_PORTS, TEXT(3, 11), .fallback = "7000-8999", AT(settings.rtp_internal), ADMIN},
    {"extension_length", FIELD_INT, .min = 2, .max = 6, .fallback = "3", AT(settings.extension_length), ADMIN},
    {"first_extension", FIELD_INT, .min = 10, .max = 999999, .fallback = "100", AT(settings.first_extension), ADMIN},
};
#undef AT

#define AT(member) FIELD_AT(struct user_row, member)
#define MANAGED    .see = FIELD_EVERYBODY, .write = FIELD_MANAGER
static const struct field user_fields[] = {
    {"id", FIELD_ID, AT(user.id)},
    {"uuid", FIELD_UUID, TEXT(36, 36), AT(user.uuid), .unique = true, .see = FIELD_EVERYBODY},
    {"number", FIELD_DIGITS, TEXT(2, 6), .or_zero = true, .fallback = "", AT(user.number), .unique = true, MANAGED},
    {"first_name", FIELD_TEXT, TEXT(0, 60), .fallback = "", AT(user.first_name), MANAGED},
    {"last_name", FIELD_TEXT, TEXT(0, 60), .fallback = "", AT(user.last_name), MANAGED},
    {"email", FIELD_EMAIL, TEXT(3, 254), .or_zero = true, .fallback = "", AT(user.email), .unique = true,
     .see = FIELD_SELF, .write = FIELD_MANAGER},
    {"language", FIELD_WORD, .words = languages, .fallback = "en", AT(user.language), .see = FIELD_EVERYBODY,
     .write = FIELD_SELF},
    {"enabled", FIELD_BOOL, .fallback = "true", AT(user.enabled), .see = FIELD_MANAGER, .write = FIELD_MANAGER},
    {"ring_s", FIELD_INT, .min = 5, .max = 120, .fallback = "20", AT(user.ring_s), .see = FIELD_SELF,
     .write = FIELD_SELF},
    {"max_calls", FIELD_INT, .min = 1, .max = 20, .fallback = "8", AT(user.max_calls), .see = FIELD_SELF,
     .write = FIELD_MANAGER},
    {"accept_multiple", FIELD_BOOL, .fallback = "true", AT(user.accept_multiple), .see = FIELD_SELF,
     .write = FIELD_SELF},
    {"system_role", FIELD_WORD, .words = roles, .fallback = "none", AT(system_role), ADMIN},
};
#undef AT

#define AT(member) FIELD_AT(struct device_row, member)
static const struct field device_fields[] = {
    {"id", FIELD_ID, AT(device.id)},
    {"uuid", FIELD_UUID, TEXT(36, 36), AT(device.uuid), .unique = true, .see = FIELD_SELF},
    {"user_id", FIELD_REFERENCE, .of = &object_user, AT(user_id), .see = FIELD_SELF},
    {"name", FIELD_TEXT, TEXT(1, 60), .fallback = "Phone", AT(device.name), .see = FIELD_SELF, .write = FIELD_SELF},
    {"auth_user", FIELD_LOGIN, TEXT(2, 32), .or_zero = true, .fallback = "", AT(device.auth_user), .unique = true,
     .see = FIELD_SELF, .write = FIELD_ADMIN},
    {"secret", FIELD_SECRET, TEXT(26, 64), AT(device.secret)},
    {"codecs", FIELD_CODECS, .fallback = CODECS, AT(device.codecs), ADMIN},
    {"rtp_profile", FIELD_WORD, .words = profiles, .fallback = "nat", AT(device.rtp_profile), ADMIN},
    {"enabled", FIELD_BOOL, .fallback = "true", AT(device.enabled), .see = FIELD_MANAGER, .write = FIELD_MANAGER},
    {"srtp", FIELD_WORD, .words = srtp, .fallback = "preferred", AT(device.srtp), ADMIN},
};
#undef AT

#define AT(member) FIELD_AT(struct peer_row, member)
static const struct field peer_fields[] = {
    {"id", FIELD_ID, AT(peer.id)},
    {"uuid", FIELD_UUID, TEXT(36, 36), AT(peer.uuid), .unique = true, .see = FIELD_ADMIN},
    {"name", FIELD_TEXT, TEXT(1, 60), AT(peer.name), .unique = true, ADMIN},
    {"host", FIELD_HOST, TEXT(1, 253), AT(peer.host), ADMIN},
    {"port", FIELD_INT, .min = 1, .max = 65535, .or_zero = true, .fallback = "0", AT(peer.port), ADMIN},
    {"transport", FIELD_WORD, .words = transports, .fallback = "udp", AT(peer.transport), ADMIN},
    {"prefix", FIELD_PREFIX, TEXT(1, 16), AT(peer.prefix), .unique = true, ADMIN},
    {"max_calls", FIELD_INT, .min = 0, .max = 65535, .fallback = "0", AT(peer.max_calls), ADMIN},
    {"codecs", FIELD_CODECS, .fallback = CODECS, AT(peer.codecs), ADMIN},
    {"rtp_profile", FIELD_WORD, .words = profiles, .fallback = "nat", AT(peer.rtp_profile), ADMIN},
    {"enabled", FIELD_BOOL, .fallback = "true", AT(peer.enabled), ADMIN},
    {"srtp", FIELD_WORD, .words = srtp, .fallback = "off", AT(peer.srtp), ADMIN},
};
#undef AT

#define AT(member) FIELD_AT(struct denied_row, member)
static const struct field denied_fields[] = {
    {"id", FIELD_ID, AT(id)},
    {"uuid", FIELD_UUID, TEXT(36, 36), AT(uuid), .unique = true, .see = FIELD_ADMIN},
    {"range", FIELD_RANGE, TEXT(2, 43), AT(range), .unique = true, ADMIN},
    {"note", FIELD_TEXT, TEXT(0, 200), .fallback = "", AT(note), ADMIN},
};
#undef AT
/* clang-format on */

const struct object object_setting = {"setting", setting_fields, G_N_ELEMENTS(setting_fields),
                                      sizeof(struct setting_row)};
const struct object object_user = {"user", user_fields, G_N_ELEMENTS(user_fields), sizeof(struct user_row)};
const struct object object_device = {"device", device_fields, G_N_ELEMENTS(device_fields), sizeof(struct device_row)};
const struct object object_peer = {"peer", peer_fields, G_N_ELEMENTS(peer_fields), sizeof(struct peer_row)};
const struct object object_denied = {"denied", denied_fields, G_N_ELEMENTS(denied_fields), sizeof(struct denied_row)};
const struct object *const object_all[] = {&object_setting, &object_user,   &object_device,
                                           &object_peer,    &object_denied, NULL};
