# SPDX-License-Identifier: GPL-2.0
"""Runs one machine in QEMU to its end and keeps all that it said."""

import os
import time

import pexpect

from classify import ERROR, Classifier

# Seconds after the end: the hypervisor still prints registers and a stack.
LINGER = 2.0

# Seconds of silence after an Oops that mean that Linux has not outlived it.
AFTER_OOPS = 30.0


class Run:
    """A machine, its log and what the log means.

    directory: where the files are that the arguments name; serial.log goes
               there, too
    arguments: QEMU's
    timeout:   seconds until the outcome must be known
    """

    def __init__(self, directory, arguments, timeout, progress=None, classifier=None):
        self.directory = directory
        self.arguments = arguments
        self.timeout = timeout
        self.progress = progress
        self.classifier = classifier or Classifier()
        self.log = os.path.join(directory, "serial.log")
        self.lines = []
        self.stamps = []        # of each line: the seconds at which it had come
        self.seconds = 0.0
        self.init_seconds = None

    def execute(self):
        """Boot, read, stop; returns (word, reason) as classify has them."""
        with open(self.log, "wb") as log:
            try:
                child = pexpect.spawn(
                    self.arguments[0], self.arguments[1:], cwd=self.directory,
                    maxread=65536, echo=False)
            except pexpect.ExceptionPexpect as error:
                return ERROR, str(error).splitlines()[0]
            child.logfile_read = log
            try:
                return self._read(child)
            finally:
                child.close(force=True)

    def _feed(self, raw):
        line = raw.decode("utf-8", "replace").rstrip("\r\n")
        self.lines.append(line)
        self.stamps.append(self.seconds)
        self.classifier.feed(line)
        if self.init_seconds is None and self.classifier.init_reached:
            self.init_seconds = self.seconds

    def heard(self, child):
        """A line has come.  Whoever has to answer it, by child.send(), overrides this."""

    def _read(self, child):
        seen = self.classifier
        start = heard = time.monotonic()
        end = start + self.timeout
        gone = over = False
        while not gone:
            left = end - time.monotonic()
            if left <= 0:
                break
            which = child.expect([b"\n", pexpect.EOF, pexpect.TIMEOUT],
                                 timeout=min(1.0, left))
            now = time.monotonic()
            self.seconds = now - start
            if which == 0:
                heard = now
            gone = which == 1
            if which == 0 or (gone and child.before):
                self._feed(child.before)
                self.heard(child)
            if self.progress:
                self.progress.tick(seen.last)
            if seen.crash is not None and now - heard > AFTER_OOPS:
                break
            if seen.over() and not over:
                over = True
                if not seen.dead:
                    break
                end = min(end, now + LINGER)
        now = time.monotonic()
        if gone and not seen.xen and not seen.linux:
            return ERROR, f"QEMU did not start: {seen.last}"
        return seen.outcome(gone, now - start, now - heard)
