# SPDX-License-Identifier: Apache-2.0
"""What the end-to-end tests are written with: processes, the daemon, phones, ears. Python's own library alone."""
