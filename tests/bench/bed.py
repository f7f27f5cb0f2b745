# SPDX-License-Identifier: Apache-2.0
"""One daemon with 1,000 users on free loopback ports, the generator of load and the echo, and what they cost."""
import json
import os
import re
import socket
import subprocess
import time

USERS = 1000


def free_port():
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def cpu_us(pid):
    """CPU that the threads of a process have used; threads must not come and go meanwhile."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{task}/schedstat", encoding="ascii") as f:
            total += int(f.read().split()[0])
    return total / 1000


class Bed:
    def __init__(self, build, folder):
        self.build, self.folder, self.said, self.children = build, folder, None, []

    def program(self, path):
        return os.path.join(self.build, path)

    def __enter__(self):
        try:
            self.open()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_):
        self.close()

    def start(self, command, **options):
        child = subprocess.Popen(command, text=True, **options)
        self.children.append(child)
        return child

    def open(self):
        os.mkdir(self.folder)
        peer, sip = free_port(), free_port()
        accounts = self.set_up(peer)
        data = os.path.join(self.folder, "data")
        with open(os.path.join(self.folder, "log"), "w", encoding="utf-8") as log:
            self.daemon = self.start([self.program("src/app/carillon"), "serve", "--data", data, "--listen",
                                      "127.0.0.1", "--sip-port", str(sip), "--sips-port", "0", "--https-port", "0",
                                      "--rtp-ports", "10000-31998"], stderr=log)
        self.echo = self.start([self.program("tests/bench/bench_echo")], stdout=subprocess.PIPE)
        echo_port = self.echo.stdout.readline().strip()
        self.wait_ready()
        self.load = self.start([self.program("tests/bench/bench_load"), str(sip), echo_port, str(peer), accounts],
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.ask("register 1000 1 fresh")
        if self.said["done"] != self.said["started"]:
            raise RuntimeError(f"phones cannot register: {self.said}")
        self.rest()

    def set_up(self, peer):
        """A company; gives back the path of a file with number and password of each phone."""
        answers = {"version": 1, "company": {"name": "Bench"}, "owner": {"number": "1000", "last_name": "Owner"},
                   "numbering": {"extension_length": 4},
                   "users": [{"number": str(1000 + i), "last_name": f"User{i}", "max_calls": 20}
                             for i in range(1, USERS)],
                   "peers": [{"name": "peer", "host": "127.0.0.1", "port": peer, "prefix": "8"}]}
        path = os.path.join(self.folder, "answers.json")
        with open(path, "w", encoding="utf-8") as f:
            json.dump(answers, f)
        listed = subprocess.run([self.program("src/app/carillon"), "setup", "--data",
                                 os.path.join(self.folder, "data"), "--answers", path], capture_output=True, text=True,
                                check=True).stdout
        accounts = os.path.join(self.folder, "accounts")
        with open(accounts, "w", encoding="utf-8") as f:
            for line in listed.splitlines()[1:]:
                f.write(f"{line.split()[-2]} {line.split()[-1]}\n")
        return accounts

    def wait_ready(self):
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            with open(os.path.join(self.folder, "log"), encoding="utf-8") as log:
                text = log.read()
            if "ready:" in text:
                return
            if self.daemon.poll() is not None:
                break
            time.sleep(0.02)
        raise RuntimeError(f"the daemon does not start: {text}")

    def close(self):
        for child in reversed(self.children):
            if child.stdin:
                child.stdin.close()
            if child.poll() is None:
                child.terminate()
        for child in self.children:
            try:
                child.wait(5)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()

    def ask(self, command):
        """Gives the generator a command and waits for what it says."""
        self.load.stdin.write(command + "\n")
        self.load.stdin.flush()
        line = self.load.stdout.readline()
        if not line or self.daemon.poll() is not None:
            raise RuntimeError(f"{command}: {'the daemon' if line else 'the generator'} has ended")
        self.said = json.loads(line)
        return self.said

    def per_unit(self, who, command, unit="done"):
        """CPU in us that a process spent on each unit of a command."""
        pid = {"daemon": self.daemon, "echo": self.echo}[who].pid
        before = cpu_us(pid)
        self.ask(command)
        if who == "daemon":
            time.sleep(0.2)  # what the writers still do belongs to it
        return (cpu_us(pid) - before) / max(self.said[unit], 1)

    def busy_percent(self, seconds):
        before, start = cpu_us(self.daemon.pid), time.monotonic()
        time.sleep(seconds)
        return (cpu_us(self.daemon.pid) - before) / (time.monotonic() - start) / 1e4

    def memory(self, kind):
        """Rss or Pss of the daemon in kB (1,000 bytes)."""
        with open(f"/proc/{self.daemon.pid}/smaps_rollup", encoding="ascii") as f:
            kib = int(re.search(rf"^{kind}:\s+(\d+) kB", f.read(), re.M).group(1))
        return kib * 1024 / 1000

    @staticmethod
    def rest():
        time.sleep(0.5)

    def relay_floors(self, calls, seconds):
        """bench_relay's table: the machine's floors for one packet and its delay, same pattern of packets."""
        text = subprocess.run([self.program("tests/bench/bench_relay"), str(calls), str(seconds)], capture_output=True,
                              text=True, check=True).stdout
        row = {name: re.search(rf"{re.escape(label)}\s+(.*)", text).group(1).split()
               for name, label in (("pair", "recv + send a packet"), ("batched", "batched echo"))}
        return {"recv + send": float(row["pair"][1]), "batched": float(row["batched"][1]),
                "p50_ms": float(row["pair"][3]) / 1000, "p99_ms": float(row["pair"][4]) / 1000}
