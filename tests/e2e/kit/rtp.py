# SPDX-License-Identifier: Apache-2.0
"""Sound by hand: sends one steady tone as G.711 A-law and keeps what comes, with where it came from (RFC 3550)."""
import math
import os
import select
import socket
import struct
import threading
import time

from . import ports
from .link import family_of
from .sound import Recording

FRAME = 160


def _expand(byte):
    byte ^= 0x55
    exponent, mantissa = byte >> 4 & 7, byte & 15
    value = (mantissa << 4) + 8 if not exponent else ((mantissa << 4) + 0x108) << (exponent - 1)
    return value if byte & 0x80 else -value


EXPANDED = [_expand(b) for b in range(256)]
_ordered = sorted(range(256), key=EXPANDED.__getitem__)


def _compress(sample):
    return min(_ordered, key=lambda b: abs(EXPANDED[b] - sample))


def alaw_tone(hz, amplitude=9000):
    """A row of whole periods of a multiple of 20 Hz: 400 samples that join end to start."""
    cache = {}
    samples = [round(amplitude * math.sin(2 * math.pi * hz * i / 8000)) for i in range(400)]
    return bytes(cache.setdefault(s, _compress(s)) for s in samples)


class Rtp(Recording):
    """A socket with a voice and ears. `to` is where it speaks; None: it only listens."""

    def __init__(self, hz, host="127.0.0.1", namespace_socket=None):
        self.hz, self.host, self.rate, self.path = hz, host, 8000, f"RTP of {hz} Hz"
        self.socket = namespace_socket or socket.socket(family_of(host), socket.SOCK_DGRAM)
        if not namespace_socket:
            self.socket.bind((host, ports.take(2)))
        self.port = self.socket.getsockname()[1]
        self.to = None
        self.tone = alaw_tone(hz) * 3 if hz else b"\xd5" * 1200
        self.samples, self.packets = [], []  # heard; (time, source, payload type, whole packet)
        self.ssrc, self.seq, self.stamp, self.at = int.from_bytes(os.urandom(4), "big"), 1000, 0, 0
        self.events = []  # telephone events to send: (event, remaining packets, duration)
        self.runs = True
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def now(self):
        return len(self.samples)

    def read(self, first, n):
        return self.samples[first: first + n]

    def _run(self):
        due = time.monotonic()
        while self.runs:
            wait = due - time.monotonic()
            if wait > 0 and select.select([self.socket], [], [], wait)[0]:
                self._receive()
                continue
            due += 0.02
            if self.to:
                try:
                    self._send()
                except OSError:
                    pass

    def _send(self):
        kind, body, marker = 8, self.tone[self.at: self.at + FRAME], 0
        stamp = self.stamp
        if self.events:
            event = self.events[0]
            kind, marker, stamp = 101, 0x80 if event["sent"] == 0 else 0, event["stamp"] or self.stamp
            event["stamp"] = stamp
            event["sent"] += 1
            over = event["sent"] > event["frames"]
            body = struct.pack(">BBH", event["key"], 0x8A if over else 0x0A, min(event["sent"], event["frames"]) * FRAME)
            if event["sent"] == event["frames"] + 3:  # the end is said three times (RFC 4733 2.5.1.4)
                self.events.pop(0)
        self.socket.sendto(struct.pack(">BBHII", 0x80, kind | marker, self.seq, stamp, self.ssrc) + body, self.to)
        self.seq, self.stamp, self.at = (self.seq + 1) & 0xFFFF, self.stamp + FRAME, (self.at + FRAME) % 400

    def press(self, keys, frames=5):
        for key in keys:
            self.events.append({"key": "0123456789*#ABCD".index(key), "frames": frames, "sent": 0, "stamp": 0})

    def _receive(self):
        try:
            packet, source = self.socket.recvfrom(2048)
        except OSError:
            return
        kind = packet[1] & 127 if len(packet) >= 12 else -1
        self.packets.append((time.monotonic(), source[:2], kind, packet))
        if kind == 8:
            self.samples.extend(map(EXPANDED.__getitem__, packet[12:]))

    def pressed(self):
        """Keys that came as telephone events: one for each timestamp."""
        keys, last = "", None
        for _, _, kind, packet in list(self.packets):
            if kind == 101 and packet[4:8] != last:
                keys, last = keys + "0123456789*#ABCD"[packet[12]], packet[4:8]
        return keys

    def close(self):
        self.runs = False
        self.thread.join()
        self.socket.close()
