# SPDX-License-Identifier: Apache-2.0
"""Free ports of the loopback, below those which the kernel gives to clients. Two tests at once take from two ranges."""
import os
import socket

FIRST, RANGE = 20000, 5900
_next = None


def use_range(slot):
    global _next
    _next = FIRST + slot * RANGE + os.getpid() % 500 * 10


def _free(port):
    for kind in (socket.SOCK_DGRAM, socket.SOCK_STREAM):
        with socket.socket(socket.AF_INET, kind) as s:
            if kind == socket.SOCK_STREAM:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                s.bind(("0.0.0.0", port))
            except OSError:
                return False
    return True


def take(n=1):
    """The first of n free ports in a row, even."""
    global _next
    while True:
        base, first = FIRST + (_next - FIRST) // RANGE * RANGE, _next + _next % 2
        if first + n > base + RANGE:
            _next = base
            continue
        _next = first + n
        if all(_free(p) for p in range(first, first + n)):
            return first
