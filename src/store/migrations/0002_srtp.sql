-- SPDX-License-Identifier: Apache-2.0
-- Whether sound is encrypted with a phone (SEC-15) and with a peer.
ALTER TABLE "device" ADD COLUMN "srtp" TEXT NOT NULL DEFAULT 'preferred';
ALTER TABLE "peer" ADD COLUMN "srtp" TEXT NOT NULL DEFAULT 'off';
