# SPDX-License-Identifier: GPL-2.0
"""Runs one machine in QEMU to its end and keeps all that it said."""

import os
import time

import pexpect

from classify import Classifier

# After a crash the hypervisor still prints registers and a stack.
AFTERWORDS = 2.0


class Run:
    """A machine, its log and what the log means.

    directory: where the linked files are and serial.log is written
    arguments: QEMU's
    timeout:   seconds until the outcome must be known
    until:     pattern to wait for after the verdict (a shutdown, say)
    """

    def __init__(self, directory, arguments, timeout, progress=None, until=None,
                 log="serial.log"):
        self.directory = directory
        self.arguments = arguments
        self.timeout = timeout
        self.progress = progress
        self.until = until
        self.log = os.path.join(directory, log)
        self.classifier = Classifier()
        self.seconds = 0.0
        self.init_seconds = None
        self.lines = []

    def execute(self):
        """Boot, read, stop; returns (word, reason) as classify has them."""
        with open(self.log, "wb") as log:
            child = pexpect.spawn(
                self.arguments[0], self.arguments[1:], cwd=self.directory,
                timeout=1, logfile=None, maxread=65536, echo=False)
            child.logfile_read = log
            try:
                return self._read(child)
            finally:
                child.close(force=True)

    def _feed(self, raw):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        self.lines.append(line)
        self.classifier.feed(line)
        if self.init_seconds is None and self.classifier.init_reached:
            self.init_seconds = self.seconds

    def _read(self, child):
        start = heard = time.monotonic()
        end = start + self.timeout
        ended = False
        over = False
        while time.monotonic() < end:
            which = child.expect([b"\n", pexpect.EOF, pexpect.TIMEOUT],
                                 timeout=min(1.0, max(0.01, end - time.monotonic())))
            now = time.monotonic()
            self.seconds = now - start
            if which == 0:
                heard = now
                self._feed(child.before)
                if self.until is not None and self.until.search(self.lines[-1]):
                    break
            elif which == 1:
                if child.before:
                    self._feed(child.before)
                ended = True
                break
            if self.progress:
                self.progress.tick(self.classifier.last)
            if self.classifier.over() and not over:
                over = True
                if self.classifier.crash is not None:
                    end = min(end, now + AFTERWORDS)
                elif self.until is None:
                    break
        return self.classifier.outcome(ended, time.monotonic() - start,
                                       time.monotonic() - heard)
