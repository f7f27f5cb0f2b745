# SPDX-License-Identifier: Apache-2.0
"""The ways to the daemon, by hand: UDP, TCP, TLS and WebSocket over TLS (RFC 7118). One SIP message at a time."""
import base64
import os
import select
import socket
import ssl
import struct
import time


def family_of(host):
    return socket.AF_INET6 if ":" in host else socket.AF_INET


class Udp:
    name = "UDP"

    def __init__(self, remote, local=("127.0.0.1", 0)):
        self.socket = socket.socket(family_of(remote[0]), socket.SOCK_DGRAM)
        self.socket.bind(("::1", local[1]) if ":" in remote[0] else local)
        self.remote = remote
        self.local = self.socket.getsockname()[:2]

    def send(self, data):
        self.socket.sendto(data, self.remote)

    def receive(self, seconds):
        """A message, or None when there is none in time (or the stream has ended)."""
        return self.socket.recvfrom(65536)[0] if select.select([self.socket], [], [], max(seconds, 0))[0] else None

    def close(self):
        self.socket.close()


class Tcp:
    name = "TCP"

    def __init__(self, remote, local=None):
        self.socket = socket.create_connection(remote, 3, local)
        self.local = self.socket.getsockname()[:2]
        self.held = b""
        self.ended = False

    def send(self, data):
        self.socket.sendall(data)

    def _more(self, seconds):
        pending = getattr(self.socket, "pending", None)
        if not (pending and pending()) and not select.select([self.socket], [], [], max(seconds, 0))[0]:
            return False
        try:
            self.socket.settimeout(2)
            got = self.socket.recv(65536)
        except OSError:
            got = b""
        self.held += got
        self.ended = not got
        return bool(got)

    def _cut(self):
        self.held = self.held.lstrip(b"\r\n")
        head, end, rest = self.held.partition(b"\r\n\r\n")
        if not end:
            return None
        length = [int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")]
        n = length[0] if length else 0
        if len(rest) < n:
            return None
        self.held = rest[n:]
        return head + end + rest[:n]

    def receive(self, seconds):
        end = time.monotonic() + seconds
        while True:
            message = self._cut()
            if message or self.ended:
                return message
            if time.monotonic() > end or not self._more(end - time.monotonic()):
                if not self.ended:
                    return None

    def close(self):
        self.socket.close()


def _unverified():
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


class Tls(Tcp):
    name = "TLS"

    def __init__(self, remote, local=None):
        super().__init__(remote, local)
        self.socket = _unverified().wrap_socket(self.socket)


class Wss(Tls):
    name = "WSS"

    def __init__(self, remote, local=None):
        super().__init__(remote, local)
        host = f"[{remote[0]}]" if ":" in remote[0] else remote[0]
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall((f"GET /sip HTTP/1.1\r\nHost: {host}:{remote[1]}\r\nUpgrade: websocket\r\n"
                             f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n"
                             f"Sec-WebSocket-Protocol: sip\r\nOrigin: https://{host}:{remote[1]}\r\n\r\n").encode())
        while b"\r\n\r\n" not in self.held:
            if not self._more(3):
                raise OSError(f"no WebSocket: {self.held[:100]}")
        head, _, self.held = self.held.partition(b"\r\n\r\n")
        if b" 101 " not in head.split(b"\r\n")[0] or b"sip" not in head.lower():
            raise OSError(f"no WebSocket: {head[:100]}")

    def send(self, data, opcode=1):
        mask = os.urandom(4)
        size = bytes([0x80 | len(data)]) if len(data) < 126 else struct.pack(">BH", 0x80 | 126, len(data))
        self.socket.sendall(bytes([0x80 | opcode]) + size + mask +
                            bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def _frame(self):
        if len(self.held) < 2:
            return None
        n, at = self.held[1] & 127, 2
        if n == 126 and len(self.held) >= 4:
            n, at = struct.unpack(">H", self.held[2:4])[0], 4
        elif n >= 126:
            return None
        if len(self.held) < at + n:
            return None
        opcode, body, self.held = self.held[0] & 15, self.held[at: at + n], self.held[at + n:]
        return opcode, body

    def _cut(self):
        frame = self._frame()
        while frame:
            if frame[0] in (1, 2) and frame[1].strip():
                return frame[1]
            if frame[0] == 9:
                self.send(frame[1], 10)
            elif frame[0] == 8:
                self.ended = True
                return None
            frame = self._frame()
        return None
