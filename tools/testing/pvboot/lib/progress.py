# SPDX-License-Identifier: GPL-2.0
"""How far a long step is: one live line on a terminal, else a line each 30 s."""

import sys
import time

EVERY = 30


def clock(seconds):
    """75.2 as 1:15."""
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


class Progress:
    """Call tick() as often as you like; it prints when there is a reason to."""

    def __init__(self, head, out=sys.stdout):
        self.head = head
        self.out = out
        self.live = out.isatty()
        self.start = time.monotonic()
        self.said = self.start

    def elapsed(self):
        return time.monotonic() - self.start

    def tick(self, detail):
        now = time.monotonic()
        if now - self.said < (0.2 if self.live else EVERY):
            return
        self.said = now
        line = f"{self.head} {clock(now - self.start)}  {detail.strip()[:48]}"
        print(f"\r\033[K{line}" if self.live else line,
              end="" if self.live else "\n", file=self.out, flush=True)

    def done(self, summary):
        if self.live:
            print("\r\033[K", end="", file=self.out)
        print(f"{self.head} {summary} ({clock(self.elapsed())})",
              file=self.out, flush=True)
