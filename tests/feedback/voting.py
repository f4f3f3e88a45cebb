"""A program for the tests, told what to do on stdin: `python -m tests.feedback.voting URL`.

Each line is a command; its answer ends with a line `status ...`.
"""

from __future__ import annotations

import asyncio
import os
import resource
import sys
from collections.abc import Callable
from pathlib import Path

from app.feedback import store as store_module
from app.feedback.records import StoreUnavailableError
from app.feedback.store import Store
from tests.feedback.examples import LONG_AGO, a_vote


def say(line: str) -> None:
    """Write a line at once, past all buffers of this process."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


class Voting:
    """The commands, by name."""

    def __init__(self, url: str) -> None:
        # What a busy machine has no time for is neither refused nor stored for sure.
        store_module.DEADLINE_SECONDS = 60
        self._url = url
        self._store = Store.open(url)
        self._filler = Path(url.removeprefix("sqlite:///")).with_name("filler")

    def run(self) -> None:
        """Obey until stdin ends."""
        commands: dict[str, Callable[..., None]] = {
            "vote": self.vote,
            "votes": self.votes,
            "limit": self.limit,
            "fill": self.fill,
            "free": self._filler.unlink,
            "reopen": self.reopen,
            "status": lambda: None,
        }
        for line in sys.stdin:
            name, *arguments = line.split()
            commands[name](*arguments)
            say(f"status {self._store.status()}")
        self._store.close()

    def vote(self, first: str, count: str) -> None:
        """Cast votes at the same time; say of each what became of it."""

        async def cast(visitor: str) -> None:
            try:
                await self._store.vote(a_vote(visitor))
            except StoreUnavailableError as error:
                say(f"refused {error}")
            else:
                say(f"acknowledged {visitor}")

        async def cast_all() -> None:
            await asyncio.gather(*(cast(f"visitor-{int(first) + n}") for n in range(int(count))))

        asyncio.run(cast_all())

    def votes(self) -> None:
        """Say how many votes there are."""
        say(f"votes {sum(page.helpful for page in self._store.votes_by_page(LONG_AGO))}")

    def limit(self, size: str) -> None:
        """Let no file grow beyond so many bytes; -1 for any."""
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(size), resource.RLIM_INFINITY))

    def fill(self) -> None:
        """Fill the disk."""
        with self._filler.open("wb", buffering=0) as file:
            try:
                while file.write(bytes(4096)):
                    pass
            except OSError as error:
                say(f"full {error.errno}")

    def reopen(self) -> None:
        """Start again."""
        self._store.close()
        self._store = Store.open(self._url)


if __name__ == "__main__":
    Voting(sys.argv[1]).run()
