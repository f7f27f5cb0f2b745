-- SPDX-License-Identifier: Apache-2.0
-- What the administrator set up: one table a kind of object, columns as in src/model/object.c (a test compares them).
CREATE TABLE "meta" ("key" TEXT PRIMARY KEY, "value" INTEGER NOT NULL);
INSERT INTO "meta" VALUES ('model_version', 0);

CREATE TABLE "setting" (
    "id" INTEGER PRIMARY KEY, "uuid" TEXT NOT NULL UNIQUE, "company" TEXT NOT NULL, "realm" TEXT NOT NULL,
    "host" TEXT NOT NULL, "public_ip" TEXT NOT NULL, "time_zone" TEXT NOT NULL, "country" TEXT NOT NULL,
    "language" TEXT NOT NULL, "device_reply_ms" INTEGER NOT NULL, "register_min_s" INTEGER NOT NULL,
    "register_max_s" INTEGER NOT NULL, "register_default_s" INTEGER NOT NULL, "session_expires_s" INTEGER NOT NULL,
    "min_se_s" INTEGER NOT NULL, "rtp_timeout_s" INTEGER NOT NULL, "rtp_timeout_hold_s" INTEGER NOT NULL,
    "block_min" INTEGER NOT NULL, "max_calls" INTEGER NOT NULL, "codecs" TEXT NOT NULL, "sip_port" INTEGER NOT NULL,
    "sips_port" INTEGER NOT NULL, "rtp_external" TEXT NOT NULL, "rtp_internal" TEXT NOT NULL,
    "extension_length" INTEGER NOT NULL, "first_extension" INTEGER NOT NULL
);
CREATE TABLE "user" (
    "id" INTEGER PRIMARY KEY, "uuid" TEXT NOT NULL UNIQUE, "number" TEXT NOT NULL UNIQUE,
    "first_name" TEXT NOT NULL, "last_name" TEXT NOT NULL, "email" TEXT NOT NULL, "language" TEXT NOT NULL,
    "enabled" INTEGER NOT NULL, "ring_s" INTEGER NOT NULL, "max_calls" INTEGER NOT NULL,
    "accept_multiple" INTEGER NOT NULL, "system_role" TEXT NOT NULL
);
CREATE UNIQUE INDEX "user_email" ON "user" ("email") WHERE "email" <> '';
CREATE TABLE "sign_in" (
    "user_id" INTEGER PRIMARY KEY REFERENCES "user" ("id") ON DELETE CASCADE, "password_hash" TEXT NOT NULL
);
CREATE TABLE "device" (
    "id" INTEGER PRIMARY KEY, "uuid" TEXT NOT NULL UNIQUE,
    "user_id" INTEGER NOT NULL REFERENCES "user" ("id") ON DELETE CASCADE, "name" TEXT NOT NULL,
    "auth_user" TEXT NOT NULL UNIQUE, "secret" BLOB NOT NULL, "codecs" TEXT NOT NULL, "rtp_profile" TEXT NOT NULL,
    "enabled" INTEGER NOT NULL
);
CREATE INDEX "device_user" ON "device" ("user_id");
CREATE TABLE "peer" (
    "id" INTEGER PRIMARY KEY, "uuid" TEXT NOT NULL UNIQUE, "name" TEXT NOT NULL UNIQUE, "host" TEXT NOT NULL,
    "port" INTEGER NOT NULL, "transport" TEXT NOT NULL, "prefix" TEXT NOT NULL UNIQUE, "max_calls" INTEGER NOT NULL,
    "codecs" TEXT NOT NULL, "rtp_profile" TEXT NOT NULL, "enabled" INTEGER NOT NULL
);
CREATE TABLE "denied" (
    "id" INTEGER PRIMARY KEY, "uuid" TEXT NOT NULL UNIQUE, "range" TEXT NOT NULL UNIQUE, "note" TEXT NOT NULL
);

-- Registrations, kept over a restart.
CREATE TABLE "contact_binding" (
    "device" INTEGER NOT NULL, "key" TEXT NOT NULL, "instance" TEXT NOT NULL, "reg_id" INTEGER NOT NULL,
    "contact" TEXT NOT NULL, "path" TEXT NOT NULL, "transport" TEXT NOT NULL, "local" TEXT NOT NULL,
    "remote" TEXT NOT NULL, "expires_ms" INTEGER NOT NULL, "user_agent" TEXT NOT NULL, "call_id" TEXT NOT NULL,
    "cseq" INTEGER NOT NULL, PRIMARY KEY ("device", "key")
);

-- Call records (CONT-19). The id is a UUID version 7, so it sorts by time. ended_ms 0: the call runs.
CREATE TABLE "call" (
    "id" TEXT PRIMARY KEY, "started_ms" INTEGER NOT NULL, "ended_ms" INTEGER NOT NULL, "length_ms" INTEGER NOT NULL,
    "talk_ms" INTEGER NOT NULL, "direction" TEXT NOT NULL, "from_number" TEXT NOT NULL, "from_name" TEXT NOT NULL,
    "from_user" INTEGER NOT NULL, "from_withheld" INTEGER NOT NULL, "to_dialled" TEXT NOT NULL,
    "peer" INTEGER NOT NULL, "answered" INTEGER NOT NULL, "ended_by" TEXT NOT NULL, "reason" TEXT NOT NULL,
    "trace" TEXT NOT NULL, "trace_more" INTEGER NOT NULL
);
CREATE INDEX "call_running" ON "call" ("id") WHERE "ended_ms" = 0;
CREATE TABLE "call_segment" (
    "call" TEXT NOT NULL, "n" INTEGER NOT NULL, "kind" TEXT NOT NULL, "target" TEXT NOT NULL,
    "target_name" TEXT NOT NULL, "user" INTEGER NOT NULL, "device" INTEGER NOT NULL, "peer" INTEGER NOT NULL,
    "started_ms" INTEGER NOT NULL, "answered_ms" INTEGER NOT NULL, "ended_ms" INTEGER NOT NULL,
    "reason" TEXT NOT NULL, PRIMARY KEY ("call", "n")
) WITHOUT ROWID;
