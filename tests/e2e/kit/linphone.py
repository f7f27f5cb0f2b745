# SPDX-License-Identifier: Apache-2.0
"""linphonec, driven by its prompt; it speaks from a file and hears into one."""
import array
import math
import os
import re
import subprocess
import wave

from . import ports
from .process import Process, wait_for
from .sound import Recording

CONFIG = """[sip]
sip_port={sip}
sip_tcp_port=0
sip_tls_port={tls}
verify_server_certs=0
verify_server_cn=0
default_proxy=0
use_ipv6=0
register_only_when_network_is_up=0
use_info=0
media_encryption={encryption}
[rtp]
audio_rtp_port={rtp}
[net]
firewall_policy=none
mtu=1300
[proxy_0]
reg_proxy=<sip:127.0.0.1:{server};transport={transport}>
reg_identity=sip:{user}@127.0.0.1:{server}
reg_expires=300
reg_sendregister=1
publish=0
[auth_info_0]
username={user}
passwd={password}
realm=carillon
{codecs}"""
TONE_S = 60


def write_tone(path, hz, rate=8000):
    period = [round(9000 * math.sin(2 * math.pi * hz * i / rate)) for i in range(rate)]
    with wave.open(path, "wb") as f:
        f.setnchannels(1)
        f.setsampwidth(2)
        f.setframerate(rate)
        f.writeframes(array.array("h", period).tobytes() * TONE_S)


class Linphone(Process):
    settles = True  # its jitter buffer moves what it hears until it has found the other's clock

    def __init__(self, world, user, hz, answer="auto", transport="udp", encryption="none"):
        """transport: 'udp' or 'tls'; encryption: 'none' or 'srtp'."""
        self.user, self.hz = user, hz
        folder = os.path.join(world.folder, f"linphone-{user}-{len(world.processes)}")
        os.makedirs(os.path.join(folder, ".local", "share", "linphone"))
        kept = "".join(f"[audio_codec_{i}]\nmime={name}\nrate=8000\nenabled=1\n" for i, name in enumerate(("PCMA", "PCMU")))
        with open(os.path.join(folder, "rc"), "w", encoding="utf-8") as f:
            f.write(CONFIG.format(sip=ports.take(2), rtp=ports.take(20), user=user, codecs=kept,
                                  server=world.sips if transport == "tls" else world.sip, transport=transport,
                                  tls=ports.take(2) if transport == "tls" else 0, encryption=encryption,
                                  password=world.passwords[user]))
        self.heard, voice = os.path.join(folder, "heard.wav"), os.path.join(folder, "voice.wav")
        write_tone(voice, hz)
        command = ["linphonec", "-d", "6", "-l", "events", "-c", "rc"] + (["-a"] if answer == "auto" else [])
        super().__init__(f"linphone-{user}", command, folder, {"HOME": folder}, stdin=subprocess.PIPE)
        world.add(self)
        self.seen, self.events_path = 0, os.path.join(folder, "events")
        self.wait_log(r"linphonec> ", 10)
        self.say("soundcard use files")
        self.say(f"play {voice}")
        self.say(f"record {self.heard}")

    def say(self, line):
        self.child.stdin.write(line.encode() + b"\n")
        self.child.stdin.flush()

    def mark(self):
        self.seen = len(self.events())

    def events(self):
        with open(self.events_path, encoding="utf-8", errors="replace") as f:
            return f.read()

    def wait(self, pattern, seconds=4.0):
        """The next place in its protocol after the last that was waited for."""

        def look():
            found = re.search(pattern, self.events()[self.seen:])
            if found:
                self.seen += found.end()
            return found

        return wait_for(f"/{pattern}/ at {self.name}", seconds, look)

    def registered(self, seconds=6.0):
        self.wait(r"to .LinphoneRegistrationOk", seconds)
        return self

    def dial(self, number):
        self.mark()
        self.say(f"call {number}")

    def ears(self):
        wait_for(f"sound at {self.name}", 3, lambda: os.path.exists(self.heard) and os.path.getsize(self.heard) > 44)
        return Recording(self.heard, (1, 8000))
