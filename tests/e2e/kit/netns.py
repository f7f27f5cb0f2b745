# SPDX-License-Identifier: Apache-2.0
"""A small internet of network namespaces: the system in public, a router that hides a phone behind its address.

    system 203.0.113.1 ---- 203.0.113.2 router 192.168.77.1 ---- 192.168.77.2 phone
"""
import contextlib
import ctypes
import os
import subprocess

from .skip import Skip

PUBLIC, ROUTER, GATEWAY, PRIVATE = "203.0.113.1", "203.0.113.2", "192.168.77.1", "192.168.77.2"
CLONE_NEWNET = 0x40000000
_libc = ctypes.CDLL(None, use_errno=True)


def _ip(*arguments):
    return subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)


class Space:
    """One namespace."""

    def __init__(self, name):
        self.name = name
        self.prefix = ["ip", "netns", "exec", name]

    def run(self, *command):
        done = subprocess.run([*self.prefix, *command], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Skip(f"{' '.join(command)}: {done.stderr.strip()}")

    @contextlib.contextmanager
    def entered(self):
        """Sockets made meanwhile by this thread live there."""
        home, there = os.open("/proc/self/ns/net", os.O_RDONLY), os.open(f"/run/netns/{self.name}", os.O_RDONLY)
        try:
            if _libc.setns(there, CLONE_NEWNET):
                raise Skip("setns is not permitted")
            yield
        finally:
            _libc.setns(home, CLONE_NEWNET)
            os.close(home)
            os.close(there)


def internet(world, masquerade=()):
    """(system, phone): the phone's datagrams come from the router, by the options of MASQUERADE."""
    if os.geteuid():
        raise Skip("network namespaces need root")
    spaces = [Space(f"c{os.getpid()}{part}") for part in ("sys", "rtr", "pho")]
    system, router, phone = spaces
    for space in spaces:
        done = _ip("netns", "add", space.name)
        if done.returncode:
            raise Skip(f"network namespaces are not permitted: {done.stderr.strip()}")
        world.later(lambda name=space.name: _ip("netns", "del", name))
        space.run("ip", "link", "set", "lo", "up")
    for (left, left_name, left_address), (right, right_name, right_address) in (
            ((system, "wan", PUBLIC), (router, "out", ROUTER)), ((router, "in", GATEWAY), (phone, "lan", PRIVATE))):
        left.run("ip", "link", "add", left_name, "type", "veth", "peer", "name", right_name, "netns", right.name)
        for space, name, address in ((left, left_name, left_address), (right, right_name, right_address)):
            space.run("ip", "address", "add", f"{address}/24", "dev", name)
            space.run("ip", "link", "set", name, "up")
    phone.run("ip", "route", "add", "default", "via", GATEWAY)
    router.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=1")
    router.run("iptables", "-t", "nat", "-A", "POSTROUTING", "-o", "out", "-j", "MASQUERADE", *masquerade)
    router.run("iptables", "-A", "FORWARD", "-i", "out", "-m", "state", "--state", "ESTABLISHED,RELATED", "-j", "ACCEPT")
    router.run("iptables", "-A", "FORWARD", "-i", "out", "-j", "DROP")
    world.prefix, world.listen = system.prefix, [PUBLIC]
    return system, phone, router
