# SPDX-License-Identifier: Apache-2.0
"""A test that this machine does not permit says so."""


class Skip(Exception):
    """The message says what is missing."""
