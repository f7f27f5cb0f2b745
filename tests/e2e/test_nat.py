# SPDX-License-Identifier: Apache-2.0
"""A phone behind a NAT calls and is called, also after a long silence (SIP-5). The NAT forgets a silent flow after 26 s;
the system's keep-alive comes every 24 s."""
import time

from kit.baresip import Baresip, register_all
from kit.netns import PRIVATE, PUBLIC, internet
from test_calls import LEFT, RIGHT, hang_up, talk

FORGETS_S = 26
QUIET_S = 31


def behind(world, *masquerade):
    system, phone, router = internet(world, masquerade)
    for name in ("nf_conntrack_udp_timeout", "nf_conntrack_udp_timeout_stream"):
        router.run("sysctl", "-q", "-w", f"net.netfilter.{name}={FORGETS_S}")
    world.start()
    server = f"{PUBLIC}:{world.sip}"
    a = Baresip(world, "100", LEFT, space=phone, address=PRIVATE, server=server)
    b = Baresip(world, "101", RIGHT, space=system, address=PUBLIC, server=server)
    register_all(a, b)
    return a, b


def both_ways(a, b):
    talk(a, b, "101")
    hang_up(a, b)
    talk(b, a, "100")
    hang_up(a, b)


def quiet(world, *masquerade):
    a, b = behind(world, *masquerade)
    both_ways(a, b)
    registrations = a.log().count("200 OK (")
    time.sleep(QUIET_S)  # the silence itself is what is tested
    talk(b, a, "100")
    hang_up(b, a)
    talk(a, b, "101")
    hang_up(b, a)
    assert a.log().count("200 OK (") == registrations, "the phone registered meanwhile: nothing is proven"


def test_nat_port_restricted(world):
    """SIP-5, SIP-25, SIP-40: behind a port-restricted NAT: calls both ways, again after a silence."""
    quiet(world)


def test_nat_symmetric(world):
    """SIP-5, SIP-25, SIP-40: the same behind a symmetric one, which shows every peer another port."""
    quiet(world, "--random-fully")


test_nat_port_restricted.weight = test_nat_symmetric.weight = 40
