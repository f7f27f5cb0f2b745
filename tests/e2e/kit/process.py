# SPDX-License-Identifier: Apache-2.0
"""Programs under test: each writes into its own log and is ended by its own process id."""
import os
import re
import signal
import subprocess
import time

LOG_TAIL_LINES = 25


class Failure(AssertionError):
    """What was expected did not happen; the message says what."""


def wait_for(what, seconds, look, every=0.02):
    """Looks until it sees something true and returns it; raises after so many seconds."""
    end = time.monotonic() + seconds
    while True:
        seen = look()
        if seen:
            return seen
        if time.monotonic() > end:
            raise Failure(f"waited {seconds} s for {what}")
        time.sleep(every)


class Process:
    def __init__(self, name, command, folder, env=None, stdin=subprocess.DEVNULL):
        self.name = name
        self.log_path = os.path.join(folder, name + ".log")
        with open(self.log_path, "ab") as log:
            self.child = subprocess.Popen(command, cwd=folder, env={**os.environ, **(env or {})}, stdin=stdin,
                                          stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def log(self):
        with open(self.log_path, encoding="utf-8", errors="replace") as log:
            return log.read()

    def wait_log(self, pattern, seconds=5.0):
        def look():
            found = re.search(pattern, self.log())
            if not found and self.child.poll() is not None and not re.search(pattern, self.log()):
                raise Failure(f"{self.name} ended with {self.child.returncode} before /{pattern}/")
            return found

        return wait_for(f"/{pattern}/ of {self.name}", seconds, look)

    def wait_end(self, seconds):
        """Its exit code."""
        try:
            return self.child.wait(seconds)
        except subprocess.TimeoutExpired:
            raise Failure(f"{self.name} still runs after {seconds} s") from None

    def runs(self):
        return self.child.poll() is None

    def signal(self, number):
        if self.runs():
            self.child.send_signal(number)

    def kill(self):
        self.signal(signal.SIGKILL)
        self.child.wait()

    def resident_kb(self):
        with open(f"/proc/{self.child.pid}/status", encoding="ascii", errors="replace") as status:
            return int(re.search(r"VmRSS:\s+(\d+)", status.read()).group(1))

    def tail(self):
        lines = self.log().replace("\r", "\n").splitlines()
        lines = [line for line in lines if line.strip(" \x1b[;m") and "(bit/s)" not in line][-LOG_TAIL_LINES:]
        return f"--- {self.name}\n" + "\n".join("    " + line[:300] for line in lines)
