# SPDX-License-Identifier: Apache-2.0
"""Small telephones of our own: many in one thread, each with SIP by UDP and sound whose every packet is counted."""
import hashlib
import os
import re
import selectors
import socket
import struct
import threading
import time

FRAME = 160
TICK_S = 0.02
T1_S = 0.5


def md5(text):
    return hashlib.md5(text.encode()).hexdigest()


def header(message, name):
    found = re.search(rb"(?im)^" + name.encode() + rb"\s*:\s*(.*?)\r\n", message)
    return found.group(1).decode("utf-8", "replace") if found else ""


def status_of(message):
    found = re.match(rb"SIP/2\.0 (\d{3})", message)
    return int(found.group(1)) if found else None


def token(n=8):
    return os.urandom(n).hex()


class Sound:
    """One RTP socket: sends a frame each 20 ms and counts what comes, by source."""

    def __init__(self, lab, host, voice):
        self.lab, self.voice = lab, voice
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.bind((host, 0))
        self.port = self.socket.getsockname()[1]
        self.remote = None
        self.seq = self.sent = self.received = self.foreign = self.marks = 0
        self.first = self.last = None
        self.lost = 0
        self.heard_at = 0
        self.longest_gap = 0.0
        self.keep_sending = True
        lab.watch(self.socket, self.on_packet)

    def send(self):
        if not self.remote or not self.keep_sending:
            return
        packet = struct.pack(">BBHII", 0x80, 8, self.seq & 0xFFFF, self.seq * FRAME & 0xFFFFFFFF, self.port) + \
            bytes([self.voice]) * FRAME
        self.seq += 1
        try:
            self.socket.sendto(packet, self.remote)
            self.sent += 1
        except OSError:
            pass

    def on_packet(self):
        while True:
            try:
                data, source = self.socket.recvfrom(2048)
            except OSError:
                return
            if len(data) < 13 or data[1] & 0x7F != 8:
                continue
            now = time.monotonic()
            if self.heard_at:
                self.longest_gap = max(self.longest_gap, now - self.heard_at)
            self.heard_at = now
            seq = struct.unpack(">H", data[2:4])[0]
            if self.last is not None:
                step = (seq - self.last) & 0xFFFF
                self.lost += step - 1 if 0 < step < 1000 else 0
            self.last = seq
            self.received += 1
            self.marks += data[20] == 0x2A  # the mark of spray.c
            self.foreign += source[0] != (self.remote or source)[0]

    def restart(self):
        self.received = self.lost = self.sent = self.marks = self.foreign = 0
        self.longest_gap, self.heard_at = 0.0, 0

    def close(self):
        self.lab.forget(self.socket)
        self.socket.close()


class Call:
    def __init__(self, phone, call_id, ours, number):
        self.phone, self.id, self.ours, self.number = phone, call_id, ours, number
        self.theirs = ""
        self.cseq = 1
        self.target = None
        self.status = None
        self.sound = Sound(phone.lab, phone.host, phone.voice)
        self.begun = time.monotonic()
        self.ringing_s = None
        self.up = self.over = False
        self.invite = None
        self.ended_status = None
        self.in_dialog = {}

    def sdp(self):
        return (f"v=0\r\no=- 1 1 IN IP4 {self.phone.host}\r\ns=-\r\nc=IN IP4 {self.phone.host}\r\nt=0 0\r\n"
                f"m=audio {self.sound.port} RTP/AVP 8 101\r\na=rtpmap:8 PCMA/8000\r\na=rtpmap:101 telephone-event/8000\r\n"
                "a=sendrecv\r\n")

    def take_sdp(self, message):
        found = re.search(rb"(?m)^m=audio (\d+)", message)
        where = re.search(rb"(?m)^c=IN IP4 (\S+)", message)
        if found and where:
            self.sound.remote = (where.group(1).decode(), int(found.group(1)))

    def head(self, method, cseq=None, uri=None):
        return (f"{method} {uri or self.target} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {self.phone.host}:{self.phone.port};rport;branch=z9hG4bK{token()}\r\n"
                f"Max-Forwards: 70\r\nFrom: {self.ours}\r\nTo: {self.theirs}\r\nCall-ID: {self.id}\r\n"
                f"CSeq: {cseq or self.cseq} {method}\r\nContact: {self.phone.contact}\r\n")

    def inside(self, method, more="", body="", again=True):
        """A request in the dialog, repeated until answered; its CSeq."""
        self.cseq += 1
        text = self.head(method) + more + f"Content-Length: {len(body.encode())}\r\n\r\n" + body
        self.phone.transact(text.encode(), self.id, self.cseq, method, again)
        return self.cseq

    def hang_up(self):
        with self.phone.lab.lock:
            if not self.over:
                self.over = True
                self.inside("BYE")
                self.sound.close()

    def end(self):
        self.over = True
        self.sound.close()


class Phone:
    def __init__(self, lab, user, password, server, host="127.0.0.1", voice=0x11):
        self.lab, self.user, self.password, self.server, self.host, self.voice = lab, user, password, server, host, voice
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        self.socket.bind((host, 0))
        self.port = self.socket.getsockname()[1]
        self.uri = f"sip:{user}@{server[0]}"
        self.contact = f"<sip:{user}@{host}:{self.port}>"
        self.calls = {}
        self.pending = {}  # (call id, cseq, method) -> [bytes, next time, pause, deadline]
        self.registered = None
        self.register_id, self.register_cseq = token(), 0
        self.answers = True
        self.seen = []  # (call id, status, method) of finals
        self.requests = []
        lab.watch(self.socket, self.on_message)
        lab.phones.append(self)

    def raw(self, data):
        try:
            self.socket.sendto(data, self.server)
        except OSError:
            pass

    def transact(self, data, call_id, cseq, method, again=True):
        now = time.monotonic()
        if again:
            self.pending[(call_id, cseq, method)] = [data, now + T1_S, T1_S, now + 32]
        self.raw(data)

    # --- registering and calling

    def register(self, credentials="", expires=3600):
        with self.lab.lock:
            return self._register(credentials, expires)

    def _register(self, credentials, expires):
        self.register_cseq += 1
        self.registered = None
        text = (f"REGISTER sip:{self.server[0]} SIP/2.0\r\nVia: SIP/2.0/UDP {self.host}:{self.port};rport;branch="
                f"z9hG4bK{token()}\r\nMax-Forwards: 70\r\nFrom: <{self.uri}>;tag={token()}\r\nTo: <{self.uri}>\r\n"
                f"Call-ID: {self.register_id}\r\nCSeq: {self.register_cseq} REGISTER\r\nContact: {self.contact}\r\n"
                f"Expires: {expires}\r\n{credentials}Content-Length: 0\r\n\r\n")
        self.transact(text.encode(), self.register_id, self.register_cseq, "REGISTER")
        return self

    def authorize(self, challenge, method, uri):
        lines = re.findall(rb"(?im)^WWW-Authenticate\s*:\s*(.*?)\r\n", challenge)
        line = next(x.decode() for x in lines if b"MD5" in x)
        realm = re.search(r'realm="([^"]*)"', line).group(1)
        nonce = re.search(r'nonce="([^"]*)"', line).group(1)
        cnonce = token()
        answer = md5(f"{md5(f'{self.user}:{realm}:{self.password}')}:{nonce}:00000001:{cnonce}:auth:{md5(f'{method}:{uri}')}")
        return (f'Authorization: Digest username="{self.user}", realm="{realm}", nonce="{nonce}", uri="{uri}", '
                f'response="{answer}", algorithm=MD5, qop=auth, nc=00000001, cnonce="{cnonce}"\r\n')

    def call(self, number, more=""):
        with self.lab.lock:
            return self._call(number, more)

    def _call(self, number, more):
        c = Call(self, token(), f"<{self.uri}>;tag={token(4)}", number)
        c.target, c.theirs = f"sip:{number}@{self.server[0]}", f"<sip:{number}@{self.server[0]}>"
        self.calls[c.id] = c
        self._invite(c, more)
        return c

    def _invite(self, c, more):
        body = c.sdp()
        text = c.head("INVITE", uri=f"sip:{c.number}@{self.server[0]}") + more + \
            f"Content-Type: application/sdp\r\nContent-Length: {len(body)}\r\n\r\n" + body
        c.invite = text
        self.transact(text.encode(), c.id, c.cseq, "INVITE")

    # --- what comes

    def on_message(self):
        while True:
            try:
                data = self.socket.recv(65536)
            except OSError:
                return
            if status_of(data):
                self._response(data)
            elif b" SIP/2.0\r\n" in data:
                self._request(data)

    def _response(self, m):
        status, call_id = status_of(m), header(m, "Call-ID")
        number, method = header(m, "CSeq").split()
        key = (call_id, int(number), method)
        if status == 100 and method == "INVITE" and key in self.pending:
            self.pending[key][1] = self.pending[key][3]
        if status >= 200 or (method == "INVITE" and status > 100):
            self.pending.pop(key, None)
        if status >= 200:
            self.seen.append((call_id, status, method))
        if method == "REGISTER":
            self._registered(m, status, int(number))
        elif call_id in self.calls:
            self._call_response(self.calls[call_id], m, status, method, int(number))

    def _registered(self, m, status, number):
        if number != self.register_cseq or self.registered:
            return
        if status == 401 and b"stale=true" not in m and self.register_cseq % 2 == 0:
            self.registered = status
        elif status == 401:
            self.register(self.authorize(m, "REGISTER", f"sip:{self.server[0]}"))
        else:
            self.registered = status

    def _call_response(self, c, m, status, method, number):
        if method != "INVITE":
            if status >= 200:
                c.in_dialog[(method, number)] = status
            return
        if status >= 300:
            ack = c.head("ACK", number, f"sip:{c.number}@{self.server[0]}" if not c.up else None)
            via = re.search(rb"(?im)^Via:.*\r\n", m).group(0).decode()
            to = header(m, "To")
            ack = re.sub(r"Via:.*\r\n", lambda _: via, ack, count=1)
            ack = re.sub(r"To:.*\r\n", lambda _: f"To: {to}\r\n", ack, count=1)
            self.raw((ack + "Content-Length: 0\r\n\r\n").encode())
            c.in_dialog[(method, number)] = status
            if status == 401 and not c.up and c.cseq == 1:
                c.cseq = 2
                self._invite(c, self.authorize(m, "INVITE", f"sip:{c.number}@{self.server[0]}"))
            elif not c.up:
                c.status = status
                c.over = True
            return
        if status == 180 or (status >= 200 and c.ringing_s is None):
            c.ringing_s = time.monotonic() - c.begun
        if status < 200:
            return
        c.theirs, c.target = header(m, "To"), re.search(r"<([^>]*)>", header(m, "Contact")).group(1)
        c.take_sdp(m)
        self.raw((c.head("ACK", number) + "Content-Length: 0\r\n\r\n").encode())
        c.status, c.up = 200, True
        c.in_dialog[(method, number)] = status

    def _reply(self, m, status, reason, more="", body=""):
        kept = re.findall(rb"(?im)^(?:Via|From|Call-ID|CSeq):.*?\r\n", m)
        to = header(m, "To")
        if ";tag=" not in to:
            to += f";tag={self.user}{header(m, 'Call-ID')[:6]}"
        text = f"SIP/2.0 {status} {reason}\r\n" + b"".join(kept).decode() + f"To: {to}\r\nContact: {self.contact}\r\n{more}"
        data = (text + f"Content-Length: {len(body)}\r\n\r\n{body}").encode()
        if body:  # a 2xx to INVITE is repeated until its ACK (RFC 3261 13.3.1.4)
            self.transact(data, header(m, "Call-ID"), 0, "2xx")
        else:
            self.raw(data)
        return to

    def _request(self, m):
        method, call_id = m.split(b" ", 1)[0].decode(), header(m, "Call-ID")
        c = self.calls.get(call_id)
        self.requests.append((method, call_id, m))
        if method == "INVITE":
            self._invited(m, call_id, c)
        elif method == "ACK":
            self.pending.pop((call_id, 0, "2xx"), None)
            if c:
                c.up = True
        elif method == "BYE":
            self._reply(m, 200, "OK")
            if c:
                c.end()
        elif method == "CANCEL":
            self._reply(m, 200, "OK")
        else:
            self._reply(m, 200, "OK")

    def _invited(self, m, call_id, c):
        if not self.answers:
            self._reply(m, 486, "Busy Here")
            return
        if not c:
            c = self.calls[call_id] = Call(self, call_id, "", "")
            self._reply(m, 180, "Ringing")
        c.theirs = header(m, "From")
        c.target = re.search(r"<([^>]*)>", header(m, "Contact")).group(1)
        c.take_sdp(m)
        c.ours = self._reply(m, 200, "OK", "Content-Type: application/sdp\r\n", c.sdp())

    # --- time

    def tick(self, now):
        for key, p in list(self.pending.items()):
            if now >= p[3]:
                self.pending.pop(key, None)
                if key[2] == "INVITE" and key[0] in self.calls and not self.calls[key[0]].up:
                    self.calls[key[0]].over, self.calls[key[0]].status = True, 408
            elif now >= p[1]:
                self.raw(p[0])
                p[2] = min(p[2] * 2, 4)
                p[1] = now + p[2]
        for c in list(self.calls.values()):
            if c.up and not c.over:
                c.sound.send()

    def close(self):
        for c in self.calls.values():
            if not c.over:
                c.end()
        self.lab.forget(self.socket)
        self.socket.close()


class Lab:
    """The thread in which all phones live."""

    def __init__(self):
        self.selector = selectors.DefaultSelector()
        self.phones = []
        self.lock = threading.RLock()
        self.quit = False
        self.late = 0.0  # the worst delay of a tick: what the machine, not the daemon, did to the sound
        self.fault = None
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def watch(self, sock, look):
        with self.lock:
            self.selector.register(sock, selectors.EVENT_READ, look)

    def forget(self, sock):
        with self.lock:
            try:
                self.selector.unregister(sock)
            except (KeyError, ValueError):
                pass

    def _run(self):
        due = time.monotonic() + TICK_S
        while not self.quit:
            for key, _ in self.selector.select(max(due - time.monotonic(), 0)):
                with self.lock:
                    try:
                        key.data()
                    except Exception as e:  # a phone must not end the others
                        self.fault = self.fault or repr(e)
            now = time.monotonic()
            while now >= due:
                self.late = max(self.late, now - due)
                with self.lock:
                    for phone in list(self.phones):
                        phone.tick(now)
                due += TICK_S

    def close(self):
        self.quit = True
        self.thread.join(2)
        for phone in self.phones:
            phone.close()
