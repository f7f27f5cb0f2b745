# SPDX-License-Identifier: Apache-2.0
"""A system behind a router of its own: who is outside is told the public address that was set up (NET-4)."""
from kit.hand import Hand
from kit.netns import PUBLIC, ROUTER, internet
from test_calls import LEFT, RIGHT

SHOWN = "198.51.100.9"


def test_public_address(world):
    """NET-4, SIP-5: Contact and SDP toward an outside phone name the public address, not the system's own."""
    _, _, router = internet(world)
    world.answers["network"] = {"public_ip": SHOWN}
    world.start()
    with router.entered():
        a = Hand(world, "100", LEFT, host=PUBLIC, local=ROUTER)
        b = Hand(world, "101", RIGHT, host=PUBLIC, local=ROUTER)
        a.register()
        b.register()
        a.invite("101")
        request = b.ringing()
        assert f"@{SHOWN}:" in request.get("contact"), request
        assert request.sdp().host == SHOWN, request
        b.answer(request)
        answer = a.final("INVITE")
        assert f"@{SHOWN}:" in answer.get("contact"), answer
        assert answer.sdp().host == SHOWN, answer
