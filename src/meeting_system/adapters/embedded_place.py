"""Where embedded servers live: their folders, their socket folder, and the user that they run as.

PostgreSQL refuses to run as root. Started as root, both servers run as a system user of their own, and the
folders above their data and programs get the permission to be passed through (not to be read) by others.
"""

import hashlib
import os
import pwd
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

SYSTEM_USER = "meeting-system"
FALLBACK_USER = "nobody"

LONGEST_SOCKET_FOLDER = 80
"""A Unix socket's path ends at 107 bytes on Linux and 103 on macOS; `/.s.PGSQL.5432` comes behind it."""


@dataclass(frozen=True)
class Owner:
    """The user that the servers run as, when it is another than ours."""

    name: str
    uid: int
    gid: int


@dataclass(frozen=True)
class Place:
    """The folders of one installation."""

    data: Path
    sockets: Path
    owner: Owner | None

    def folder(self, name: str) -> Path:
        """Return a folder in the data folder that only the servers' user may enter; made when missing."""
        folder = self.data / name
        make_private(folder, self.owner)
        return folder

    @property
    def logs(self) -> Path:
        return self.data / "log"


def open_place(data: Path) -> Place:
    """Make the folders of `data` (a folder that may not exist yet)."""
    data = data.expanduser().resolve()
    data.mkdir(parents=True, exist_ok=True)
    (data / "log").mkdir(exist_ok=True)
    owner = find_owner()
    if owner is not None:
        allow_passing(data)
    place = Place(data, socket_folder(data), owner)
    make_private(place.sockets, owner)
    return place


def socket_folder(data: Path) -> Path:
    """Return `run` in the data folder, or a temporary folder where its path is too long for a socket.

    It depends on `data` alone, so that the next start finds what the last one left.
    """
    folder = data / "run"
    if len(os.fsencode(folder)) <= LONGEST_SOCKET_FOLDER:
        return folder
    digest = hashlib.sha256(os.fsencode(data)).hexdigest()[:16]
    return Path(tempfile.gettempdir()) / f"meeting-{digest}"


def find_owner() -> Owner | None:
    """Return the user for the servers when we are root (made when missing), else None: ours."""
    if os.geteuid() != 0:
        return None
    for name in (SYSTEM_USER, FALLBACK_USER):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            if name != SYSTEM_USER or not _add_system_user():
                continue
            entry = pwd.getpwnam(name)
        return Owner(name, entry.pw_uid, entry.pw_gid)
    raise RuntimeError(
        f"PostgreSQL can't run as root, and there is no user to run it as: add a user {SYSTEM_USER}, "
        "or start as another user than root"
    )


def _add_system_user() -> bool:
    program = shutil.which("useradd", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
    if program is None:
        return False
    command = [program, "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", SYSTEM_USER]
    return subprocess.run(command, check=False, capture_output=True, timeout=20).returncode == 0  # noqa: S603


def make_private(folder: Path, owner: Owner | None) -> None:
    """Make `folder` one that only its user may enter, and give it to `owner`."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    status = folder.stat()
    if owner is not None and (status.st_uid, status.st_gid) != (owner.uid, owner.gid):
        _give(folder, owner)
    elif status.st_uid != os.geteuid() and os.geteuid() != 0:
        raise PermissionError(f"{folder} belongs to another user: start as that user or remove it")
    if status.st_mode & 0o777 != 0o700:
        folder.chmod(0o700)


def _give(folder: Path, owner: Owner) -> None:
    """Give the whole tree to `owner`: a data folder may come from a start as another user."""
    for parent, folders, files in os.walk(folder):
        for name in (*folders, *files):
            os.chown(Path(parent) / name, owner.uid, owner.gid, follow_symlinks=False)
    os.chown(folder, owner.uid, owner.gid)


def allow_passing(path: Path) -> None:
    """Let other users pass through (not list) the folders above `path`, and `path` itself."""
    for folder in (path, *path.parents):
        mode = folder.stat().st_mode
        if not mode & 0o001:
            folder.chmod(mode & 0o7777 | 0o001)
