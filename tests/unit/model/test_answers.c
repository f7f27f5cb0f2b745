/* SPDX-License-Identifier: Apache-2.0
 *
 * NET-8: the smallest answers file, a full one, and broken ones whose fault is named by its JSON path.
 */
#include "model/answers.h"

#include "tests/cmocka_all.h"

static const char smallest[] = "{\"version\": 1, \"owner\": {\"first_name\": \"Ada\"}}";

static const char *text(const json_t *row, const char *key)
{
    return json_string_value(json_object_get(row, key));
}

static void smallest_file(void **state)
{
    (void)state;
    struct problems *p = problems_new();
    struct answers *a = answers_parse(view_of(smallest), p);
    assert_non_null(a);
    assert_int_equal(json_array_size(a->users), 1);
    const json_t *owner = json_array_get(a->users, 0);
    assert_string_equal(text(owner, "number"), "100");
    assert_string_equal(text(owner, "system_role"), "system_owner");
    const json_t *devices = json_object_get(owner, "devices");
    assert_int_equal(json_array_size(devices), 1);
    assert_string_equal(text(json_array_get(devices, 0), "auth_user"), "100");
    assert_string_equal(text(a->setting, "time_zone"), "UTC");
    assert_null(a->owner_password);
    answers_free(a);
    answers_free(NULL);
    problems_free(p);
}

static const char full[] =
    "{\"version\": 1, \"language\": \"fr\", \"time_zone\": \"Europe/Paris\", \"country\": \"FR\","
    " \"company\": {\"name\": \"Dupont & fils\"},"
    " \"owner\": {\"first_name\": \"Ada\", \"last_name\": \"Noël\", \"email\": \"ada@example.com\","
    "   \"number\": \"1005\", \"password\": \"sept nuages verts\"},"
    " \"network\": {\"host\": \"sip.example.com\", \"public_ip\": \"192.0.2.9\", \"sip_port\": 5070,"
    "   \"sips_port\": 5071, \"rtp_external\": \"20000-20999\", \"rtp_internal\": \"30000-30099\"},"
    " \"numbering\": {\"extension_length\": 4, \"first_extension\": 1004},"
    " \"users\": [{\"first_name\": \"Bo\"}, {\"last_name\": \"Cy\", \"language\": \"en\","
    "   \"devices\": [{\"name\": \"Desk\", \"codecs\": [\"pcma\"]}, {\"auth_user\": \"cy\"}, {}]},"
    "   {\"email\": \"d@example.com\", \"devices\": []}],"
    " \"peers\": [{\"name\": \"north\", \"host\": \"192.0.2.1\", \"port\": 5060, \"transport\": \"tcp\","
    "   \"prefix\": \"7\", \"codecs\": [\"pcmu\"]}],"
    " \"denied\": [{\"range\": \"203.0.113.0/24\", \"note\": \"scanner\"}]}";

static void full_file(void **state)
{
    (void)state;
    struct problems *p = problems_new();
    struct answers *a = answers_parse(view_of(full), p);
    for (unsigned i = 0; i < problems_count(p); i++)
        print_message("%s %s\n", problems_get(p, i)->path, problem_code_name(problems_get(p, i)->code));
    assert_non_null(a);
    assert_string_equal(text(a->setting, "rtp_external"), "20000-20999");
    assert_string_equal(a->owner_password, "sept nuages verts");
    const json_t *bo = json_array_get(a->users, 1), *cy = json_array_get(a->users, 2), *d = json_array_get(a->users, 3);
    assert_string_equal(text(bo, "number"), "1004");
    assert_string_equal(text(bo, "language"), "fr");
    assert_string_equal(text(cy, "number"), "1006"); /* 1005 is the owner's */
    assert_string_equal(text(cy, "language"), "en");
    const json_t *phones = json_object_get(cy, "devices");
    assert_string_equal(text(json_array_get(phones, 0), "auth_user"), "1006");
    assert_string_equal(text(json_array_get(phones, 1), "auth_user"), "cy");
    assert_string_equal(text(json_array_get(phones, 2), "auth_user"), "1006-2");
    assert_int_equal(json_array_size(json_object_get(d, "devices")), 0);
    assert_int_equal(json_array_size(a->peers), 1);
    assert_int_equal(json_array_size(a->denied), 1);
    answers_free(a);
    problems_free(p);
}

#define OWNER "\"version\": 1, \"owner\": {\"first_name\": \"Ada\"}"
static const struct broken {
    const char *file, *path;
    enum problem_code code;
} broken[] = {
    {"{", "$", PROBLEM_SYNTAX},
    {"[]", "$", PROBLEM_TYPE},
    {"{\"owner\": {\"first_name\": \"Ada\"}}", "$.version", PROBLEM_MISSING},
    {"{\"version\": 2, \"owner\": {\"first_name\": \"Ada\"}}", "$.version", PROBLEM_NOT_ONE_OF},
    {"{\"version\": 1}", "$.owner", PROBLEM_MISSING},
    {"{\"version\": 1, \"owner\": {}}", "$.owner.last_name", PROBLEM_MISSING},
    {"{\"version\": 1, \"owner\": 1}", "$.owner", PROBLEM_TYPE},
    {"{\"version\": 1, \"owner\": {\"first_name\": \"Ada\", \"shoe\": 1}}", "$.owner.shoe", PROBLEM_UNKNOWN_KEY},
    {"{\"version\": 1, \"owner\": {\"first_name\": \"Ada\", \"password\": \"short\"}}", "$.owner.password",
     PROBLEM_TOO_SHORT},
    {"{\"version\": 1, \"owner\": {\"first_name\": \"Ada\", \"password\": \"i am ada the owner\"}}", "$.owner.password",
     PROBLEM_WEAK},
    {"{\"version\": 1, \"owner\": {\"first_name\": \"Ada\", \"password\": \"aaaaaaaaaaaabbb\"}}", "$.owner.password",
     PROBLEM_WEAK},
    {"{\"version\": 1, \"owner\": {\"first_name\": \"Ada\", \"password\": \"abcdefghijklmn\"}}", "$.owner.password",
     PROBLEM_WEAK},
    {"{\"version\": 1, \"owner\": {\"first_name\": \"Ada\", \"invite\": true, \"password_file\": \"x\"}}", "$.owner",
     PROBLEM_EXCLUDES},
    {"{" OWNER ", \"colour\": 1}", "$.colour", PROBLEM_UNKNOWN_KEY},
    {"{" OWNER ", \"trunks\": []}", "$.trunks", PROBLEM_UNSUPPORTED},
    {"{" OWNER ", \"network\": {\"tunnel_port\": 5090}}", "$.network.tunnel_port", PROBLEM_UNSUPPORTED},
    {"{" OWNER ", \"language\": \"de\"}", "$.language", PROBLEM_NOT_ONE_OF},
    {"{" OWNER ", \"time_zone\": \"Europe/Pariss\"}", "$.time_zone", PROBLEM_FORM},
    {"{" OWNER ", \"company\": \"x\"}", "$.company", PROBLEM_TYPE},
    {"{" OWNER ", \"network\": {\"sip_port\": 65536}}", "$.network.sip_port", PROBLEM_TOO_LARGE},
    {"{" OWNER ", \"network\": {\"rtp_external\": \"9001-9100\"}}", "$.network.rtp_external", PROBLEM_FORM},
    {"{" OWNER ", \"numbering\": {\"extension_length\": 7}}", "$.numbering.extension_length", PROBLEM_TOO_LARGE},
    {"{" OWNER ", \"numbering\": {\"first_extension\": 99}}", "$.numbering.first_extension", PROBLEM_TOO_SMALL},
    {"{" OWNER ", \"numbering\": {\"first_extension\": 1000}}", "$.numbering.first_extension", PROBLEM_TOO_LARGE},
    {"{" OWNER ", \"users\": {}}", "$.users", PROBLEM_TYPE},
    {"{" OWNER ", \"users\": [{\"last_name\": \"B\"}, 5]}", "$.users[1]", PROBLEM_TYPE},
    {"{" OWNER ", \"users\": [{\"last_name\": \"B\", \"number\": \"10\"}]}", "$.users[0].number", PROBLEM_FORM},
    {"{" OWNER ", \"users\": [{\"last_name\": \"B\", \"number\": \"10x\"}]}", "$.users[0].number", PROBLEM_FORM},
    {"{" OWNER
     ", \"users\": [{\"last_name\": \"B\", \"number\": \"101\"}, {\"last_name\": \"C\", \"number\": \"101\"}]}",
     "$.users[1].number", PROBLEM_TAKEN},
    {"{" OWNER ", \"users\": [{\"email\": \"b@x\"}, {\"email\": \"B@X\"}]}", "$.users[1].email", PROBLEM_TAKEN},
    {"{" OWNER ", \"users\": [{\"last_name\": \"B\", \"devices\": [{\"secret\": \"abcdefghijklmnopqrstuvwxyz\"}]}]}",
     "$.users[0].devices[0].secret", PROBLEM_NOT_WRITABLE},
    {"{" OWNER ", \"users\": [{\"last_name\": \"B\", \"devices\": [{\"user_id\": 1}]}]}",
     "$.users[0].devices[0].user_id", PROBLEM_NOT_WRITABLE},
    {"{" OWNER
     ", \"users\": [{\"last_name\": \"B\", \"devices\": [{\"auth_user\": \"x1\"}, {\"auth_user\": \"X1\"}]}]}",
     "$.users[0].devices[1].auth_user", PROBLEM_TAKEN},
    {"{" OWNER ", \"peers\": [{\"name\": \"n\", \"host\": \"h\"}]}", "$.peers[0].prefix", PROBLEM_MISSING},
    {"{" OWNER ", \"peers\": [{\"name\": \"n\", \"host\": \"h\", \"prefix\": \"7\"},"
     " {\"name\": \"m\", \"host\": \"h\", \"prefix\": \"7\"}]}",
     "$.peers[1].prefix", PROBLEM_TAKEN},
    {"{" OWNER ", \"denied\": [{\"range\": \"10.0.0.0/33\"}]}", "$.denied[0].range", PROBLEM_FORM},
    {"{" OWNER ", \"language\": \"en\", \"language\": \"fr\"}", "$", PROBLEM_SYNTAX},
};

static void broken_files_name_the_path(void **state)
{
    (void)state;
    for (size_t i = 0; i < G_N_ELEMENTS(broken); i++) {
        struct problems *p = problems_new();
        struct answers *a = answers_parse(view_of(broken[i].file), p);
        if (a || problems_count(p) != 1 || strcmp(problems_get(p, 0)->path, broken[i].path) != 0 ||
            problems_get(p, 0)->code != broken[i].code)
            fail_msg("%s\n-> %u problems, first %s %s", broken[i].file, problems_count(p),
                     problems_count(p) ? problems_get(p, 0)->path : "",
                     problems_count(p) ? problem_code_name(problems_get(p, 0)->code) : "");
        problems_free(p);
    }
    print_message("%zu broken files\n", G_N_ELEMENTS(broken));
}

static void all_problems_are_told_at_once(void **state)
{
    (void)state;
    struct problems *p = problems_new();
    assert_null(answers_parse(VIEW("{\"version\": 3, \"language\": 5, \"users\": [{\"ring_s\": 4}], \"x\": 1}"), p));
    assert_int_equal(problems_count(p), 5); /* and the owner is missing */
    problems_free(p);
}

static void the_number_plan_may_be_used_up(void **state)
{
    (void)state;
    GString *file = g_string_new("{" OWNER ", \"numbering\": {\"extension_length\": 2}, \"users\": [");
    for (int i = 0; i < 90; i++) /* with the owner one more than 10 to 99 */
        g_string_append_printf(file, "%s{\"last_name\": \"U\"}", i ? "," : "");
    g_string_append(file, "]}");
    struct problems *p = problems_new();
    assert_null(answers_parse((struct view){file->str, file->len}, p));
    assert_string_equal(problems_get(p, 0)->path, "$.users[89].number");
    problems_free(p);
    g_string_free(file, TRUE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(smallest_file),
        cmocka_unit_test(full_file),
        cmocka_unit_test(broken_files_name_the_path),
        cmocka_unit_test(all_problems_are_told_at_once),
        cmocka_unit_test(the_number_plan_may_be_used_up),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
