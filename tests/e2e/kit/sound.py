# SPDX-License-Identifier: Apache-2.0
"""Ears: reads what a phone heard while it is still being written, and tells tones apart (Goertzel 1958)."""
import math
import os
import struct
from functools import lru_cache
from operator import mul

from .process import Failure, wait_for

WINDOW_S = 0.2  # whole periods of every multiple of 5 Hz
PURE = 0.93  # of the energy is the tone; G.711 leaves 1 % of noise, Opus and G.722 a little more
ABSENT = 0.002  # 27 dB below all that sounds
SILENT_RMS = 60.0
HEADER = 44


@lru_cache(maxsize=64)
def _waves(hz, rate, n):
    step = 2 * math.pi * hz / rate
    return [math.cos(step * i) for i in range(n)], [math.sin(step * i) for i in range(n)]


def rms(samples):
    return math.sqrt(sum(map(mul, samples, samples)) / len(samples)) if samples else 0.0


def share(samples, rate, hz):
    """How much of the energy is this tone: 0 to 1."""
    energy = sum(map(mul, samples, samples))
    if not energy:
        return 0.0
    cosine, sine = _waves(hz, rate, len(samples))
    return 2 * (sum(map(mul, samples, cosine)) ** 2 + sum(map(mul, samples, sine)) ** 2) / (len(samples) * energy)


class Recording:
    """A WAV of 16 bits that grows; of several channels the first."""

    def __init__(self, path, shape=None):
        self.path = path
        if shape:  # (channels, rate) of one who writes the head last
            self.channels, self.rate = shape
            return
        with open(path, "rb") as f:
            head = f.read(HEADER)
        if len(head) < HEADER or head[:4] != b"RIFF" or head[36:40] != b"data":
            raise Failure(f"{path} is no plain WAV")
        self.channels, self.rate = struct.unpack_from("<HI", head, 22)

    def now(self):
        """How many samples there are: a mark for `since`."""
        return (os.path.getsize(self.path) - HEADER) // (2 * self.channels)

    def read(self, first, n):
        with open(self.path, "rb") as f:
            f.seek(HEADER + first * 2 * self.channels)
            raw = f.read(n * 2 * self.channels)
        raw = raw[: len(raw) // (2 * self.channels) * 2 * self.channels]
        return struct.unpack(f"<{len(raw) // 2}h", raw)[:: self.channels]

    def window(self, end=None, seconds=WINDOW_S):
        end = self.now() if end is None else end
        n = int(self.rate * seconds)
        return self.read(end - n, n) if end >= n else ()

    def wait_more(self, seconds, within=None):
        """Lets so much sound come in; the place where it began."""
        first = self.now()
        wait_for(f"{seconds} s of sound in {self.path}", within or seconds + 3,
                 lambda: self.now() - first >= seconds * self.rate)
        return first

    def hears(self, hz, others=(), end=None):
        """Exactly this tone, loud enough, and nothing of the others, in the window that ends there."""
        samples = self.window(end)
        return bool(samples and rms(samples) > 500 and share(samples, self.rate, hz) > PURE and
                    all(share(samples, self.rate, other) < ABSENT for other in others))

    def describe(self, tones):
        samples = self.window()
        shares = " ".join(f"{hz}:{share(samples, self.rate, hz):.3f}" for hz in tones)
        return f"rms {rms(samples):.0f} {shares} of {self.now() / self.rate:.1f} s at {self.rate}"

    def wait_tone(self, hz, others=(), within=3.0):
        first = self.now()

        def look():
            return self.now() - first >= WINDOW_S * self.rate and self.hears(hz, others)

        try:
            wait_for(f"{hz} Hz", within, look, every=0.01)
        except Failure as e:
            raise Failure(f"{e}, but: {self.describe((hz, *others))}") from None

    def check_steady(self, hz, first, others=(), worst_gap_s=0.0):
        """From `first` to the end every window holds the tone and nothing else; so many seconds of faults forgiven."""
        n, faults, windows = int(self.rate * WINDOW_S), 0, 0
        for end in range(first + n, self.now() + 1, n):
            windows += 1
            faults += not self.hears(hz, others, end)
        if not windows:
            raise Failure(f"no sound since sample {first}: {self.describe((hz, *others))}")
        if faults * WINDOW_S > worst_gap_s:
            raise Failure(f"{faults} of {windows} windows are not {hz} Hz alone: {self.describe((hz, *others))}")

    def wait_steady(self, hz, others=(), seconds=1.0, within=8.0):
        """Until so many seconds in a row held the tone and nothing else: for ears whose jitter buffer settles first."""
        n, windows = int(self.rate * WINDOW_S), round(seconds / WINDOW_S)

        def look():
            end = self.now()
            return end >= windows * n and all(self.hears(hz, others, end - i * n) for i in range(windows))

        try:
            wait_for(f"{seconds} s of {hz} Hz without a break", within, look, every=0.05)
        except Failure as e:
            raise Failure(f"{e}, but: {self.describe((hz, *others))}") from None

    def wait_music(self, tones, within=2.0):
        """Sound that is none of the tones."""

        def look():
            samples = self.window()
            return samples and rms(samples) > SILENT_RMS and all(share(samples, self.rate, t) < 0.05 for t in tones)

        try:
            wait_for("music", within, look)
        except Failure as e:
            raise Failure(f"{e}, but: {self.describe(tones)}") from None
