# SPDX-License-Identifier: Apache-2.0
"""SIPp as a peer by address: one call of a scenario of sipp/."""
import os

from . import ports
from .process import Failure, Process

SCENARIOS = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "sipp")


def peer(world, name="Carrier", prefix="9", transport="udp"):
    """A peer for the answers file; its port."""
    port = ports.take(1)
    world.answers.setdefault("peers", []).append(
        {"name": name, "host": "127.0.0.1", "port": port, "transport": transport, "prefix": prefix})
    return port


class Sipp(Process):
    def __init__(self, world, scenario, port, number="101", more=()):
        self.media = ports.take(8)
        folder = os.path.join(world.folder, f"{scenario}-{len(world.processes)}")
        os.mkdir(folder)
        super().__init__(f"sipp-{scenario}-{len(world.processes)}", [
            "sipp", f"127.0.0.1:{world.sip}", "-sf", os.path.join(SCENARIOS, scenario + ".xml"), "-m", "1", "-s", number,
            "-i", "127.0.0.1", "-p", str(port), "-mi", "127.0.0.1", "-mp", str(self.media), "-rtp_echo", "-nostdin", "-timeout", "20", "-timeout_error",
            "-trace_err", "-error_file", "errors", "-trace_msg", "-message_file", "messages", *more], folder)
        self.folder = folder
        world.add(self)

    def tail(self):
        """The screens of SIPp say little: what went wrong and the last messages."""
        text = ""
        for name in ("errors", "messages"):
            path = os.path.join(self.folder, name)
            if os.path.exists(path):
                with open(path, encoding="utf-8", errors="replace") as f:
                    text += "".join(f"    {line}\n" for line in f.read().splitlines()[-40:] if line.strip())
        return f"--- {self.name}\n{text}"

    def done(self, seconds=8.0):
        code = self.wait_end(seconds)
        if code:
            raise Failure(f"{self.name} ended with {code}")
