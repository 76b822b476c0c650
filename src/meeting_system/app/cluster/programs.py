"""Programs of Debian's packages: where they are, and what to install where they are not."""

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from meeting_system.adapters.embedded_place import Owner, Place
from meeting_system.adapters.embedded_process import ServerNotStarted
from meeting_system.kit.tokens import load_or_make_secret

HOST = "127.0.0.1"
"""Where everything listens that others must not reach."""

ENVIRONMENT = {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True)
class Program:
    """A program, its Debian package, and the folder that Debian keeps off the PATH."""

    name: str
    package: str
    folder: str | None = None

    def find(self) -> Path | None:
        """Return its path, None where the package is missing."""
        if self.folder is not None:
            path = Path(self.folder) / self.name
            return path if path.exists() else None
        found = shutil.which(self.name, path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        return Path(found) if found else None

    @property
    def path(self) -> str:
        """Its path; raises ServerNotStarted where the package is missing."""
        path = self.find()
        if path is None:
            raise ServerNotStarted(f"no {self.name}: sudo apt install {self.package}")
        return str(path)


# Version 15 and no other one: the path keeps the wheel's newer PostgreSQL and one on the PATH apart from it.
POSTGRES = Program("postgres", "postgresql-15", "/usr/lib/postgresql/15/bin")
INITDB = Program("initdb", "postgresql-15", "/usr/lib/postgresql/15/bin")
REDIS = Program("redis-server", "redis-server")
ETCD = Program("etcd", "etcd-server")
NGINX = Program("nginx", "nginx-light")


def find_missing(programs: Iterable[Program]) -> list[str]:
    """Return the packages to install, each once."""
    return list(dict.fromkeys(program.package for program in programs if program.find() is None))


def load_or_make_password(place: Place, name: str) -> str:
    """Return the password of a server: made once, kept in the data folder."""
    file = place.data / "secrets" / name
    file.parent.mkdir(mode=0o700, exist_ok=True)
    return load_or_make_secret(file)


def write_private(file: Path, text: str, owner: Owner | None = None) -> None:
    """Write a file that only `owner` (None: we) may read, whole or not at all."""
    draft = file.with_suffix(".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(text)
        if owner is not None:
            os.fchown(stream.fileno(), owner.uid, owner.gid)
    draft.replace(file)
