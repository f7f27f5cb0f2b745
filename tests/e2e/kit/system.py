# SPDX-License-Identifier: Apache-2.0
"""One test's own world: a folder, a daemon with a company of its own, phones; all ended when the test is."""
import json
import os
import re
import shutil
import signal
import subprocess
import tempfile

from . import ports
from .process import Failure, Process, wait_for

READY_S = 5.0
END_S = 2.0  # SIGTERM to the end


class Daemon(Process):
    def __init__(self, world, name="carillon"):
        command = [*world.prefix, world.program, "serve", "--data", world.data, "--listen", ",".join(world.listen),
                   "--sip-port", str(world.sip), "--sips-port", str(world.sips), "--https-port", str(world.https),
                   "--rtp-ports", f"{world.rtp}-{world.rtp + world.rtp_count - 1}", "--log-level", "info"]
        super().__init__(name, command, world.folder)
        self.ended_well = False

    def ready(self):
        self.wait_log(r"notice app: ready", READY_S)
        return self

    def end(self):
        """As the service manager does it; raises unless it ends cleanly and in time."""
        self.signal(signal.SIGTERM)
        code = self.wait_end(END_S)
        if code:
            raise Failure(f"the daemon ended with {code}")


class World:
    """Handed to each test. `answers` changes the company before `start`."""

    def __init__(self, program, name):
        self.program = program
        self.name = name
        self.folder = tempfile.mkdtemp(prefix=f"carillon-{name}-")
        self.data = os.path.join(self.folder, "data")
        self.listen = ["127.0.0.1", "127.0.0.2", "::1"]
        self.prefix = []
        self.rtp_count = 200
        self.processes = []
        self.closers = []
        self.passwords = {}
        self.daemon = None
        self.answers = {
            "version": 1, "language": "en", "time_zone": "UTC", "country": "FR", "company": {"name": "Test"},
            "owner": {"number": "100", "last_name": "Owner"},
            "users": [{"number": str(n), "last_name": f"User {n}"} for n in range(101, 106)],
        }

    # --- the system

    def take_ports(self):
        self.sip = ports.take(4)
        self.sips, self.https = self.sip + 1, self.sip + 2
        self.rtp = ports.take(self.rtp_count)

    def setup(self):
        path = os.path.join(self.folder, "answers.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(self.answers, f)
        self._read_accounts(self.command("setup", "--data", self.data, "--answers", path))

    def setup_demo(self):
        self._read_accounts(self.command("demo", "--data", self.data))

    def _read_accounts(self, text):
        self.passwords = {found[1]: found[2] for found in re.finditer(r"^\d+ .*?(\S+) +(\S{26,})$", text, re.M)}
        if not self.passwords:
            raise Failure("no accounts were printed:\n" + text)

    def start(self):
        """Sets up what was not and starts the daemon."""
        if not hasattr(self, "sip"):
            self.take_ports()
        if not self.passwords:
            self.setup()
        self.daemon = self.add(Daemon(self)).ready()
        return self.daemon

    def command(self, *arguments):
        done = subprocess.run([self.program, *arguments], capture_output=True, text=True, timeout=20, check=False)
        if done.returncode:
            raise Failure(f"carillon {' '.join(arguments)}: {done.returncode} {done.stdout}{done.stderr}")
        return done.stdout

    def calls(self, *more):
        return json.loads(self.command("calls", "list", "--data", self.data, "--json", *more))

    def wait_calls(self, what, look, seconds=3.0):
        """Waits until the list of call records satisfies; the list."""
        return wait_for(what, seconds, lambda: (lambda found: found if look(found) else None)(self.calls()), every=0.1)

    def authority(self):
        """What a phone is to trust."""
        return os.path.join(self.data, "authority.pem")

    # --- what is ended with the test

    def add(self, process):
        self.processes.append(process)
        return process

    def later(self, close):
        self.closers.append(close)

    def close(self, failed):
        """Ends everything; a daemon that does not end cleanly fails the test. What to show of a failed test."""
        problem = None
        if self.daemon and self.daemon.runs():
            try:
                self.daemon.end()
            except Failure as e:
                problem = e
        for process in reversed(self.processes):
            process.kill()
        for close in reversed(self.closers):
            close()
        tails = "\n".join(p.tail() for p in self.processes) if failed or problem else ""
        if failed or problem:
            tails += f"\n--- all of it is in {self.folder}"
        else:
            shutil.rmtree(self.folder, ignore_errors=True)
        return problem, tails
