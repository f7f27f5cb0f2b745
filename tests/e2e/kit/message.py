# SPDX-License-Identifier: Apache-2.0
"""SIP messages as text: what a test needs of RFC 3261 to speak by hand, and digest answers (RFC 8760)."""
import hashlib
import os
import re


def token(n=8):
    return os.urandom(n).hex()


class Message:
    def __init__(self, data):
        head, _, self.body = data.partition(b"\r\n\r\n")
        lines = re.sub(r"\r\n[ \t]+", " ", head.decode("utf-8", "replace")).split("\r\n")
        self.start, self.headers = lines[0], []
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers.append((name.strip().lower(), value.strip()))
        words = self.start.split(" ", 2)
        self.status = int(words[1]) if words[0] == "SIP/2.0" else None
        self.method = self.cseq()[1] if self.status else words[0]

    def all(self, name):
        return [value for key, value in self.headers if key == name.lower()]

    def get(self, name):
        return (self.all(name) or [""])[0]

    def cseq(self):
        number, _, method = self.get("cseq").partition(" ")
        return int(number or 0), method.strip()

    def tag(self, name):
        found = re.search(r";tag=([^;>\s]+)", self.get(name))
        return found.group(1) if found else ""

    def sdp(self):
        return Sdp(self.body.decode()) if self.body else None

    def __repr__(self):
        return self.start


class Sdp:
    """The first audio line of a description."""

    def __init__(self, text):
        self.text = text
        media = re.search(r"^m=audio (\d+) \S+ ([\d ]+)", text, re.M)
        self.port = int(media.group(1)) if media else 0
        self.formats = [int(f) for f in media.group(2).split()] if media else []
        address = re.findall(r"^c=IN IP[46] (\S+)", text, re.M)
        self.host = address[-1] if address else ""
        direction = re.findall(r"^a=(sendrecv|sendonly|recvonly|inactive)", text, re.M)
        self.direction = direction[-1] if direction else "sendrecv"


def make_sdp(host, port, direction="sendrecv", formats=(8, 101), version=1, connection=None):
    names = {0: "PCMU/8000", 8: "PCMA/8000", 9: "G722/8000", 101: "telephone-event/8000"}
    family = "IP6" if ":" in host else "IP4"
    lines = ["v=0", f"o=- 77 {version} IN {family} {host}", "s=-", f"c=IN {family} {connection or host}", "t=0 0",
             f"m=audio {port} RTP/AVP {' '.join(map(str, formats))}"]
    lines += [f"a=rtpmap:{f} {names[f]}" for f in formats]
    if 101 in formats:
        lines.append("a=fmtp:101 0-16")
    return "\r\n".join([*lines, f"a={direction}", ""])


def challenges(message):
    for value in message.all("www-authenticate") + message.all("proxy-authenticate"):
        yield {k.lower(): v.strip('"') for k, v in re.findall(r'(\w+)=("[^"]*"|[^,\s]+)', value)}


def authorization(challenge, user, password, method, uri, count=1):
    """The value of an Authorization header for this challenge."""
    digest = hashlib.sha256 if challenge.get("algorithm", "MD5").upper() == "SHA-256" else hashlib.md5

    def h(text):
        return digest(text.encode()).hexdigest()

    nc, cnonce = f"{count:08x}", token(4)
    response = h(":".join((h(f"{user}:{challenge['realm']}:{password}"), challenge["nonce"], nc, cnonce, "auth",
                           h(f"{method}:{uri}"))))
    return (f'Digest username="{user}", realm="{challenge["realm"]}", nonce="{challenge["nonce"]}", uri="{uri}", '
            f'response="{response}", algorithm={challenge.get("algorithm", "MD5")}, qop=auth, nc={nc}, '
            f'cnonce="{cnonce}"')
