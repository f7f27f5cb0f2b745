# SPDX-License-Identifier: Apache-2.0
"""The kinds of build: compiler and options of each, and how it is made in build/<kind>."""
import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
JOBS = str(min(os.cpu_count() or 1, 8))
SANITIZE = ["-Db_sanitize=address,undefined", "-Db_lundef=false"]
# kind -> compiler and options of meson
KINDS = {
    "release": ("gcc", ["--buildtype=release", "-Dtests=false"]),  # needs nothing that only tests need
    "bench": ("gcc", ["--buildtype=release"]),
    "debug": ("gcc", []),
    "clang": ("clang", ["-Dfuzzing=true", *SANITIZE]),
    "asan": ("gcc", SANITIZE),
    "tsan": ("gcc", ["-Db_sanitize=thread", "-Db_lundef=false"]),
}


class Failed(Exception):
    """A command failed; the message is the command."""


def run(command, **options):
    """Runs a command with its output as it comes; raises when it fails."""
    if subprocess.run(command, cwd=ROOT, check=False, **options).returncode:
        raise Failed(" ".join(command))


def configure(kind):
    """The folder of a kind of build, set up if it was not."""
    compiler, options = KINDS[kind]
    folder = os.path.join("build", kind)
    if not os.path.exists(os.path.join(ROOT, folder, "build.ninja")):
        cached = f"ccache {compiler}" if shutil.which("ccache") else compiler
        command = ["meson", "setup", folder, *options]
        done = subprocess.run(command, cwd=ROOT, env={**os.environ, "CC": cached}, capture_output=True, text=True,
                              check=False)
        if done.returncode:
            print(done.stdout + done.stderr)
            raise Failed(" ".join(command))
    return folder


def build(kind, *targets):
    folder = configure(kind)
    run(["ninja", "-C", folder, "-j", JOBS, "--quiet", *targets])
    return folder
