# SPDX-License-Identifier: Apache-2.0
"""A phone by hand: one call at a time, each message as the test wants it. It answers pings by itself."""
import time

from .link import Tcp, Tls, Udp, Wss
from .message import Message, authorization, challenges, make_sdp, token
from .process import Failure
from .rtp import Rtp


class Call:
    """A dialog as one side sees it."""

    def __init__(self, phone, call_id, local, remote, target):
        self.phone, self.call_id, self.local, self.remote, self.target = phone, call_id, local, remote, target
        self.cseq, self.invite = 1, None

    def request(self, method, body="", extra="", kind="application/sdp", cseq=None):
        if cseq is None and method != "ACK":
            self.cseq += 1
        number = self.cseq if cseq is None else cseq
        return self.phone.send_request(method, self.target, self.local, self.remote, self.call_id, number, body, extra,
                                       kind)

    def ack(self):
        self.request("ACK", cseq=self.invite.cseq()[0] if self.invite and self.invite.status else self.cseq)

    def reinvite(self, body, seconds=3):
        """Offers anew; the final answer, acknowledged."""
        self.request("INVITE", body)
        answer = self.phone.final("INVITE", seconds)
        self.request("ACK", cseq=self.cseq)
        return answer

    def bye(self):
        self.request("BYE")
        return self.phone.final("BYE")


class Hand:
    LINKS = {"udp": Udp, "tcp": Tcp, "tls": Tls, "wss": Wss}

    def __init__(self, world, user, hz=0, transport="udp", host="127.0.0.1", local=None, formats=(8, 101),
                 password=None):
        self.world, self.user, self.transport, self.formats = world, user, transport, formats
        self.password = password or world.passwords.get(user)
        port = {"tls": world.sips, "wss": world.https}.get(transport, world.sip)
        here = "::1" if ":" in host else local or "127.0.0.1"
        self.connect = lambda: self.LINKS[transport]((host, port), (here, 0))
        self.domain, self.link, self.instance = "carillon", None, token(6)
        self.move()
        self.rtp = Rtp(hz, here) if hz else None
        self.hz, self.seen, self.nonce_count = hz, [], 0
        world.later(self.close)

    def close(self):
        if self.rtp:
            self.rtp.close()
        self.link.close()

    def move(self):
        """To another socket, the former one being closed: as a phone does whose network has changed."""
        if self.link:
            self.link.close()
        self.link, self.challenge = self.connect(), None
        host, port = self.link.local
        self.via_host = f"[{host}]" if ":" in host else host
        transport = self.transport.replace("wss", "ws")
        self.contact = (f"<sip:{self.user}@{self.via_host}:{port};transport={transport}>;"
                        f'+sip.instance="<urn:uuid:00000000-0000-4000-8000-{self.instance}>"')

    # --- messages

    def send_request(self, method, uri, local, remote, call_id, cseq, body="", extra="", kind="application/sdp",
                     branch=None):
        branch = branch or "z9hG4bK" + token()
        text = (f"{method} {uri} SIP/2.0\r\nVia: SIP/2.0/{self.link.name} {self.via_host}:{self.link.local[1]};rport;"
                f"branch={branch}\r\nMax-Forwards: 70\r\nFrom: {local}\r\nTo: {remote}\r\nCall-ID: {call_id}\r\n"
                f"CSeq: {cseq} {method}\r\nContact: {self.contact}\r\n"
                "Allow: INVITE, ACK, BYE, CANCEL, OPTIONS, INFO, UPDATE, REFER, NOTIFY, PRACK\r\n"
                f"{extra}" + (f"Content-Type: {kind}\r\n" if body else "") +
                f"Content-Length: {len(body.encode())}\r\n\r\n{body}")
        self.link.send(text.encode())
        self.branch = branch
        return text

    def respond(self, request, status, body="", extra="", tag="hand"):
        to = request.get("to") + ("" if ";tag=" in request.get("to") else f";tag={tag}")
        lines = [f"SIP/2.0 {status} Said"] + [f"Via: {v}" for v in request.all("via")]
        lines += [f"Record-Route: {v}" for v in request.all("record-route")]
        lines += [f"From: {request.get('from')}", f"To: {to}", f"Call-ID: {request.get('call-id')}",
                  f"CSeq: {request.get('cseq')}", f"Contact: {self.contact}"]
        if body:
            lines.append("Content-Type: application/sdp")
        self.link.send(("\r\n".join(lines) + f"\r\n{extra}Content-Length: {len(body.encode())}\r\n\r\n{body}").encode())

    def expect(self, what, look, seconds=3.0):
        """The first message that fits, of those kept and those to come; pings are answered on the way."""
        end = time.monotonic() + seconds
        while True:
            for i, message in enumerate(self.seen):
                if look(message):
                    return self.seen.pop(i)
            left = end - time.monotonic()
            data = self.link.receive(left) if left > 0 else None
            if not data:
                raise Failure(f"{self.user} waited {seconds} s for {what}; there was: {self.seen}")
            if not data.strip():
                continue
            message = Message(data)
            if message.status is None and message.method == "OPTIONS":
                self.respond(message, 200)
            else:
                self.seen.append(message)

    def final(self, method, seconds=3.0):
        return self.expect(f"the final answer to {method}",
                           lambda m: m.status and m.status >= 200 and m.method == method, seconds)

    def request(self, method, seconds=3.0):
        return self.expect(method, lambda m: m.status is None and m.method == method, seconds)

    # --- registration

    def register(self, expires=300, algorithm="MD5", expected=200):
        call_id, uri = token(), "sip:" + self.domain
        me = f"<sip:{self.user}@{self.domain}>"
        for cseq in (1, 2):
            self.send_request("REGISTER", uri, me + ";tag=r", me, call_id, cseq,
                              extra=self.credentials("REGISTER", uri) + f"Expires: {expires}\r\n")
            answer = self.final("REGISTER")
            if answer.status != 401 or cseq == 2:
                break
            self.challenge = [c for c in challenges(answer) if c.get("algorithm") == algorithm][0]
        if answer.status != expected:
            raise Failure(f"REGISTER of {self.user}: {answer}")
        return answer

    def credentials(self, method, uri):
        if not self.challenge:
            return ""
        self.nonce_count += 1
        return "Authorization: " + authorization(self.challenge, self.user, self.password, method, uri,
                                                 self.nonce_count) + "\r\n"

    # --- calls

    def sdp(self, direction="sendrecv", version=1, connection=None, formats=None):
        return make_sdp(self.rtp.host, self.rtp.port, direction, formats or self.formats, version, connection)

    def invite(self, number, extra="", body=None):
        """Sends it, with credentials when asked for them; the dialog to be."""
        uri, call_id, me = f"sip:{number}@{self.domain}", token(), f"<sip:{self.user}@{self.domain}>;tag={token(4)}"
        for cseq in (1, 2):
            self.send_request("INVITE", uri, me, f"<{uri}>", call_id, cseq, self.sdp() if body is None else body,
                              self.credentials("INVITE", uri) + extra)
            self.invite_branch = self.branch
            call = Call(self, call_id, me, f"<{uri}>", uri)
            call.cseq = cseq
            answer = self.expect("an answer to INVITE", lambda m: m.status and m.method == "INVITE")
            if answer.status != 401 or cseq == 2:
                self.seen.insert(0, answer)
                return call
            self.send_request("ACK", uri, me, answer.get("to"), call_id, cseq, branch=self.branch)
            self.challenge = next(challenges(answer))

    def established(self, call, seconds=4.0):
        """Waits for the 200, acknowledges it and speaks."""
        answer = self.final("INVITE", seconds)
        if answer.status != 200:
            raise Failure(f"the call of {self.user} got {answer}")
        self.join(call, answer)
        call.ack()
        return answer

    def join(self, call, answer):
        call.remote, call.invite = answer.get("to"), answer
        call.target = answer.get("contact").partition("<")[2].partition(">")[0]
        self.speak_to(answer.sdp())

    def speak_to(self, sdp):
        if sdp and sdp.port and self.rtp:
            self.rtp.to = (sdp.host, sdp.port)

    def call(self, number, **options):
        call = self.invite(number, **options)
        self.established(call)
        return call

    def ringing(self, seconds=3.0, status=180):
        """Waits for an INVITE and rings; the request."""
        request = self.request("INVITE", seconds)
        if status:
            self.respond(request, status)
        return request

    def answer(self, request, **options):
        """Takes the call; the dialog."""
        self.respond(request, 200, self.sdp(**options))
        self.speak_to(request.sdp())
        ack = self.request("ACK")
        self.speak_to(ack.sdp())
        call = Call(self, request.get("call-id"), request.get("to") + ";tag=hand", request.get("from"),
                    request.get("contact").partition("<")[2].partition(">")[0])
        call.invite, call.cseq = request, 100
        return call
