# SPDX-License-Identifier: GPL-2.0
"""A scratch repository, and the user's name."""

import os
import re
import subprocess
import sys

from overlaylib.common import Refusal, first_line

# What tells git where the user's configuration is may come through.
USER = ("GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM", "GIT_CONFIG_NOSYSTEM")


def _environment(keep=()):
    return {name: value for name, value in os.environ.items()
            if not name.startswith("GIT_") or name in keep}


def identity(where):
    """(name, email) of the user's git configuration."""
    found = []
    for key in ("user.name", "user.email"):
        done = subprocess.run(["git", "-C", str(where), "config", "--get", key], check=False,
                              env=_environment(USER), capture_output=True, text=True)
        if done.returncode or not done.stdout.strip():
            raise Refusal(f"git does not know who signs the series off: git config --global {key}"
                          " ... sets it")
        found.append(done.stdout.strip())
    if re.search(r"noreply|\.(example|invalid|localdomain)$", found[1]):
        print(f"note: nobody can answer to {found[1]}", file=sys.stderr)
    return tuple(found)


class Repository:
    """A repository that no configuration of the user's or the system's reaches."""

    def __init__(self, root, who, date=None):
        self.root = root
        self.environment = _environment() | {
            "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C",
            "GIT_CEILING_DIRECTORIES": str(root.parent),
            "GIT_AUTHOR_NAME": who[0], "GIT_AUTHOR_EMAIL": who[1],
            "GIT_COMMITTER_NAME": who[0], "GIT_COMMITTER_EMAIL": who[1]}
        if date:
            self.environment |= {"GIT_AUTHOR_DATE": date, "GIT_COMMITTER_DATE": date}
        root.mkdir(exist_ok=True)
        self.run("init", "-q", "-b", "base", "--template=")
        for key, value in (("core.abbrev", "12"), ("core.autocrlf", "false"), ("gc.auto", "0"),
                           ("core.excludesFile", "/dev/null"), ("core.fileMode", "true"),
                           ("core.attributesFile", "/dev/null")):
            self.run("config", key, value)

    def run(self, *args, text=None):
        """git's output; a git that fails is an error in one line."""
        done = self.ask(*args, text=text)
        if done.returncode:
            raise Refusal(f"git {args[0]}: {first_line(done.stderr + done.stdout, 'failed')}")
        return done.stdout.decode(errors="replace")

    def ask(self, *args, text=None):
        """git's result, whatever it is."""
        return subprocess.run(["git", "-C", str(self.root), *map(str, args)], check=False,
                              env=self.environment, capture_output=True,
                              input=text.encode() if text is not None else b"")

    def commit(self, message):
        """Everything as it is now, as one commit; False where nothing changed."""
        self.run("add", "-A", "-f", ".")
        if self.ask("rev-parse", "-q", "--verify", "HEAD").returncode == 0 and \
                self.ask("diff", "--cached", "--quiet").returncode == 0:
            return False
        self.run("commit", "-q", "--cleanup=verbatim", "-F", "-", text=message)
        return True
