# SPDX-License-Identifier: Apache-2.0
"""Who is not let in: guessing (F1), finding accounts (F2), acting without or with another's identity (F3)."""
import math
import re
import socket
import time

from bed import Failure, free_socket, request, wait_for
from phones import header, md5, status_of


def challenge(s, server, seconds=2.0):
    """(realm, nonce) for this source."""
    s.settimeout(seconds)
    s.sendto(request("REGISTER", server, s.getsockname()), server)
    m = s.recv(65536).decode()
    return re.search(r'realm="([^"]*)"', m).group(1), re.search(r'nonce="([^"]*)"', m).group(1)


def credentials(user, password, realm, nonce, method, uri, count=1):
    answer = md5(f"{md5(f'{user}:{realm}:{password}')}:{nonce}:{count:08x}:c:auth:{md5(f'{method}:{uri}')}")
    return (f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{answer}", '
            f'algorithm=MD5, qop=auth, nc={count:08x}, cnonce="c"\r\n')


def guess(s, server, user, password, nonce, count):
    uri = f"sip:{server[0]}"
    return request("REGISTER", server, s.getsockname(), uri, user,
                   credentials(user, password, *nonce, "REGISTER", uri, count))


def sign_in(world, host, user, password):
    s = free_socket(host)
    server = ("127.0.0.1", world.sip)
    nonce = challenge(s, server)
    s.sendto(guess(s, server, user, password, nonce, 1), server)
    answer = status_of(s.recv(65536))
    s.close()
    return answer


def guesses(world, host, users, n):
    """Sends so many wrong words, a few hundred a second; what the daemon really tried."""
    server, s = ("127.0.0.1", world.sip), free_socket(host)
    before = world.counts()["auth_failures"]
    nonce = challenge(s, server)
    s.setblocking(False)
    answered = 0
    for i in range(n):
        s.sendto(guess(s, server, users[i % len(users)], f"word{i}", nonce, i + 1), server)
        if i % 20 == 19:
            time.sleep(0.022)
        try:
            while True:
                answered += status_of(s.recv(65536)) == 401
        except OSError:
            pass
    tried = world.counts()["auth_failures"] - before
    s.close()
    return tried, answered


def attack_guessing(world):
    """F1: words tried against one account, against many, and the real user meanwhile."""
    n = 1500 if world.quick else 10000
    world.start()
    tried, answered = guesses(world, "127.50.0.1", ["100"], n)
    world.report.check("F1", f"of {n} words for one account from one address really tried", f"{tried} ({answered} got 401)",
                       "<= 10", tried <= 10)
    users = [str(u) for u in range(100, 300)]  # a few exist, most do not
    tried, answered = guesses(world, "127.50.0.2", users, n)
    world.report.check("F1", f"of {n} words over 200 accounts from one address really tried",
                       f"{tried} ({answered} got 401)", "<= 50", tried <= 50)
    status = sign_in(world, "127.50.0.2", "101", world.passwords["101"])
    world.report.check("F1", "the right word from the blocked address", status, "401", status == 401)
    status = sign_in(world, "127.0.0.1", "100", world.passwords["100"])
    world.report.check("F1", "the real user from another address", status, "200", status == 200)


def timing(samples_a, samples_b):
    """z of Mann-Whitney's U test: above 2.58 the two differ (p < 0.01)."""
    both = sorted([(t, 0) for t in samples_a] + [(t, 1) for t in samples_b])
    ranks = sum(rank for rank, (_, which) in enumerate(both, 1) if which == 0)
    a, b = len(samples_a), len(samples_b)
    u = ranks - a * (a + 1) / 2
    return (u - a * b / 2) / math.sqrt(a * b * (a + b + 1) / 12)


def shape_of(message, user):
    """All that an answer shows but what is new each time."""
    text = message.decode()
    text = re.sub(r'nonce="[^"]*"|tag=\w+|branch=\w+|Call-ID: \w+', "*", text)
    return text.replace(user, "USER")


def attack_finding_accounts(world):
    """F2: answers to an account that exists and to one that does not, in form and in time."""
    n = 200 if world.quick else 2000
    world.answers["numbering"] = {"extension_length": 3}
    world.start()
    server = ("127.0.0.1", world.sip)
    taken = {"101": [], "901": []}
    shapes = {"101": set(), "901": set()}
    for i in range(n):
        s = free_socket(f"127.{60 + i // 20000}.{i // 200 % 200}.{1 + i % 200}")
        nonce = challenge(s, server)
        order = ("101", "901") if i % 2 else ("901", "101")
        for count, user in enumerate(order, 1):
            data = guess(s, server, user, "wrong", nonce, count)
            began = time.perf_counter()
            s.sendto(data, server)
            answer = s.recv(65536)
            taken[user].append(time.perf_counter() - began)
            shapes[user].add(shape_of(re.sub(rb"127\.\d+\.\d+\.\d+(:\d+)?|rport=\d+", b"A", answer), user))
        s.close()
    same = shapes["101"] == shapes["901"] and len(shapes["101"]) == 1
    world.report.check("F2", "answers differ in form", "no" if same else str(shapes)[:300], "no", same)
    z = timing(taken["101"], taken["901"])
    middle = [sorted(taken[u])[n // 2] * 1e6 for u in taken]
    world.report.check("F2", f"time, {n} each: exists {middle[0]:.1f} us, does not {middle[1]:.1f} us (medians), z",
                       f"{z:.2f}", "|z| < 2.58 (p > 0.01)", abs(z) < 2.58)


METHODS = {"INVITE": 401, "ACK": None, "BYE": 481, "CANCEL": 481, "REGISTER": 401, "OPTIONS": 200, "PRACK": 481,
           "UPDATE": 481, "INFO": 481, "REFER": 401, "NOTIFY": 401, "SUBSCRIBE": 401, "MESSAGE": 401, "PUBLISH": 401,
           "FOO": 401}


def ask(s, server, data):
    s.sendto(data, server)
    end = time.monotonic() + 0.4
    while time.monotonic() < end:
        s.settimeout(max(end - time.monotonic(), 0.01))
        try:
            m = s.recv(65536)
        except socket.timeout:
            return None
        if status_of(m) and status_of(m) >= 200 and header(m, "Call-ID").encode() in data:
            return status_of(m)
    return None


def attack_without_sign_in(world):
    """F3: every method without sign-in, with a wrong one, and with an account that does not exist."""
    world.start()
    server, wrong, cells = ("127.0.0.1", world.sip), [], 0
    for i, (method, wanted) in enumerate(METHODS.items()):
        for row, user in enumerate((None, "100", "nobody")):
            s = free_socket(f"127.70.{row}.{i + 1}")
            more = ""
            if user:
                more = credentials(user, "wrong", *challenge(s, server), method, "sip:101@127.0.0.1")
            got = ask(s, server, request(method, server, s.getsockname(), "sip:101@127.0.0.1", user or "100", more))
            cells += 1
            if got != wanted:
                wrong.append(f"{method} {user or 'without'}: {got} instead of {wanted}")
            s.close()
    world.report.check("F3", "methods x sign-ins judged rightly", f"{cells - len(wrong)} of {cells} {'; '.join(wrong)}",
                       "all", not wrong)


def signed_request(phone, method, uri, more, claimed):
    """A request with the phone's own right credentials and somebody else's name."""
    server = phone.server
    s = free_socket("127.0.0.1")
    nonce = challenge(s, server)
    data = request(method, server, s.getsockname(), uri, claimed,
                   credentials(phone.user, phone.password, *nonce, method, uri) + more)
    got = ask(s, server, data)
    s.close()
    return got


def attack_false_identity(world):
    """F3: a signed-in phone that says it is another: never believed."""
    world.start()
    liar, victim, callee = (world.phone(u) for u in (100, 101, 102))
    for phone in (victim, callee):
        phone.register()
    wait_for("sign-ins", 5, lambda: victim.registered == callee.registered == 200)
    got = signed_request(liar, "REGISTER", "sip:127.0.0.1", "", "101")
    world.report.check("F3", "REGISTER of another's number", got, "403 or 404", got in (403, 404))
    wrong = {m: signed_request(liar, m, "sip:102@127.0.0.1", "P-Asserted-Identity: <sip:101@127.0.0.1>\r\n", "101")
             for m in ("SUBSCRIBE", "MESSAGE", "REFER", "NOTIFY", "PUBLISH", "FOO")}
    world.report.check("F3", "other requests in another's name", wrong, "each refused",
                       all(s and 400 <= s < 600 for s in wrong.values()) and not any(
                           m in wrong for m, _, _ in callee.requests))
    liar.uri = "sip:101@127.0.0.1"  # the sign-in stays that of 100
    call = liar.call("102", "P-Asserted-Identity: \"Boss\" <sip:101@127.0.0.1>\r\nP-Preferred-Identity: <sip:101@127.0.0.1>\r\n"
                     "Remote-Party-ID: <sip:101@127.0.0.1>\r\n")
    wait_for("the call or its refusal", 5, lambda: call.up or call.over)
    seen = [m for method, _, m in callee.requests if method == "INVITE"]
    shown = " ".join(f"{name}: {header(seen[0], name)}" for name in ("From", "P-Asserted-Identity", "Remote-Party-ID")) \
        if seen else f"refused with {call.status}"
    world.report.check("F3", "what the called phone is shown of a call in another's name", shown, "100, or refused",
                       "101@" not in shown and "Boss" not in shown)
    if call.up:
        call.hang_up()
    time.sleep(0.3)
    if not seen and call.status is None:
        raise Failure("no answer at all")


for each in (attack_guessing, attack_without_sign_in, attack_false_identity):
    each.quick = True
