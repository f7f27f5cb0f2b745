# SPDX-License-Identifier: Apache-2.0
"""baresip, driven by its control connection; its sound goes to files, its voice is one steady tone."""
import contextlib
import glob
import json
import os
import socket
import threading
import time

from . import ports
from .process import Failure, Process, wait_for
from .sound import Recording

CONFIG = """poll_method epoll
sip_listen {address}:{sip}
sip_cafile {ca}
call_local_timeout 120
call_max_calls 8
audio_player aubridge,nobody{sip}
audio_alert aubridge,nobody{sip}
audio_source ausine,{hz}
ausrc_srate 48000
auplay_srate 48000
ausrc_channels 2
auplay_channels 2
audio_level no
rtp_ports {rtp}-{rtp_last}
net_interface {address}
module_path /usr/lib/baresip/modules
{modules}
module_app account.so
module_app menu.so
module_app ctrl_tcp.so
snd_path {folder}
ctrl_tcp_listen 127.0.0.1:{control}
opus_bitrate 48000
opus_stereo no
opus_sprop_stereo no
"""
MODULES = "uuid stun srtp ausine aubridge sndfile"
CODEC_MODULES = {"pcma": "g711", "pcmu": "g711", "g722": "g722", "opus": "opus"}


class Baresip(Process):
    settles = False  # its ear is steady from the first tone on

    def __init__(self, world, user, hz, **options):
        """options: codecs, transport, server, answer ('auto', 'manual'), address, space (a network namespace), more
        (account parameters)."""
        o = {"codecs": "pcma/8000/1", "transport": "udp", "server": None, "answer": "auto", "address": "127.0.0.1", "more": "",
             "space": None, "password": None, **options}
        self.user, self.hz, self.world = user, hz, world
        self.folder = os.path.join(world.folder, f"phone-{user}-{len(world.processes)}")
        os.mkdir(self.folder)
        sip, rtp = ports.take(4), ports.take(20)
        self.control_address, self.space = ("127.0.0.1", ports.take(1)), o["space"]
        address = f"[{o['address']}]" if ":" in o["address"] else o["address"]
        ca = world.authority() if o["transport"] == "tls" else ""
        config = CONFIG.format(address=address, sip=sip, rtp=rtp, rtp_last=rtp + 19, hz=hz, folder=self.folder, ca=ca,
                               control=self.control_address[1],
                               modules="\n".join(f"module {m}.so" for m in (*dict.fromkeys(
                                   CODEC_MODULES[c.split("/")[0]] for c in o["codecs"].split(",")), *MODULES.split())))
        config = config.replace("sip_cafile \n", "")
        if ":" in o["address"]:
            config = config.replace(f"net_interface {address}", f"net_interface {o['address']}")
        server = o["server"] or f"127.0.0.1:{world.sips if o['transport'] == 'tls' else world.sip}"
        account = (f"<sip:{user}@{server};transport={o['transport']}>;auth_pass={o['password'] or world.passwords[user]}"
                   f";regint=300;answermode={o['answer']};audio_codecs={o['codecs']}{o['more']}\n")
        for name, text in (("config", config), ("accounts", account), ("contacts", "")):
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as f:
                f.write(text)
        prefix = self.space.prefix if self.space else []
        super().__init__(f"baresip-{user}", [*prefix, "baresip", "-f", self.folder, "-v"], self.folder,
                         {"HOME": self.folder})
        world.add(self)
        self.events = []
        self.seen = 0
        self.wait_log(r"baresip is ready")
        self.control = wait_for("the control connection", 3, self._connect)
        threading.Thread(target=self._read, daemon=True).start()

    def _connect(self):
        with self.space.entered() if self.space else contextlib.nullcontext():
            try:
                return socket.create_connection(self.control_address, 1)
            except OSError:
                return None

    def _read(self):
        held = b""
        self.control.settimeout(None)
        while True:
            try:
                got = self.control.recv(65536)
            except OSError:
                return
            if not got:
                return
            held += got
            while b":" in held:
                length, rest = held.split(b":", 1)
                if len(rest) <= int(length):
                    break
                body, held = rest[: int(length)], rest[int(length) + 1:]
                event = json.loads(body)
                event["at"] = time.monotonic()
                self.events.append(event)

    def say(self, command, params=""):
        body = json.dumps({"command": command, "params": params, "token": "t"}).encode()
        self.control.sendall(b"%d:%s," % (len(body), body))

    def mark(self):
        """Events before this moment are the past for `wait`."""
        self.seen = len(self.events)

    def wait(self, kind, seconds=4.0, param=""):
        """The next event of the kind after the last that was waited for."""

        def look():
            for i in range(self.seen, len(self.events)):
                event = self.events[i]
                if event.get("type") == kind and param in event.get("param", ""):
                    self.seen = i + 1
                    return event
            if not self.runs():
                raise Failure(f"{self.name} has ended")
            return None

        try:
            return wait_for(f"{kind} {param} at {self.name}", seconds, look)
        except Failure as e:
            late = [f"{x.get('type')} {x.get('param', '')}" for x in self.events[self.seen:] if x.get("event")]
            raise Failure(f"{e}; there was: {late}") from None

    def registered(self, seconds=5.0):
        self.wait_log(r"\d \d{3} |200 OK \(", seconds)
        self.wait_log(r"200 OK \(", seconds)
        return self

    def dial(self, number):
        self._fresh_second()
        self.mark()
        self.say("dial", number)

    def _fresh_second(self):
        """baresip names a recording by the second: two calls in one would share it."""
        newest = self._dumps("dec")
        if newest and time.strftime("%H-%M-%S") in newest[-1]:
            time.sleep(1 - time.time() % 1)

    def _dumps(self, what):
        return sorted(glob.glob(os.path.join(self.folder, f"dump-*-{what}.wav")), key=os.path.getctime)

    def ears(self, n=None, seconds=3.0):
        """What it hears in its newest call, or in its n-th."""

        def look():
            found = self._dumps("dec")
            wanted = len(found) - 1 if n is None else n
            return found and wanted < len(found) and os.path.getsize(found[wanted]) > 44 and found[wanted]

        found = sorted(self._dumps("dec")) if n is not None else None
        return Recording(found[n] if found and n < len(found) and os.path.getsize(found[n]) > 44 else
                         wait_for(f"sound at {self.name}", seconds, look))


def register_all(*phones):
    for phone in phones:
        phone.registered()
