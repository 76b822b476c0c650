"""What is committed works on any machine: no path, no registry, no address of the one it was written on."""

import re
from pathlib import Path

import pytest

from .repository import ROOT, read, tracked_files

LOCK_FILES = ("requirements.lock", "package-lock.json", "Cargo.lock")
# Where cargo writes its registry's canonical name: an identity, not an address that is asked.
CARGO_REGISTRY = "registry+https://github.com/rust-lang/crates.io-index"
# Written apart, so that this file does not find itself.
REGISTRY_HOSTS = (
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "registry.npmjs" + ".org",
    "proxy.golang" + ".org",
)
MACHINE_PATH = re.compile(r"(?<![\w.~/-])/(?:home|root|work|Users)/[a-zA-Z.]")
BINARY = {".png", ".ico", ".woff2", ".webm", ".jpg", ".y4m", ".wav"}


def texts() -> list[Path]:
    """Return the tracked text files, without the locks, which have a test of their own."""
    return [path for path in tracked_files() if path.suffix not in BINARY and path.name not in LOCK_FILES]


def test_no_file_names_a_path_of_one_machine() -> None:
    found = [
        f"{path}:{number}: {line.strip()[:80]}"
        for path in texts()
        for number, line in enumerate(read(path).splitlines(), 1)
        if MACHINE_PATH.search(line)
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize("host", REGISTRY_HOSTS)
def test_no_file_names_a_package_registry(host: str) -> None:
    assert not [str(path) for path in texts() if host in read(path)]


@pytest.mark.parametrize("name", LOCK_FILES)
def test_a_lock_file_names_packages_and_hashes_but_no_address(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8").replace(CARGO_REGISTRY, "")
    # npm copies in where a package asks for money; what it would be fetched from is in `resolved`.
    addresses = re.findall(r'"resolved": "\w+://.*' if name == "package-lock.json" else r"\w+://.*", text)
    assert not addresses, "\n".join(addresses[:10])


def test_every_locked_python_package_has_a_hash() -> None:
    packages = re.split(r"\n(?=\S)", (ROOT / "requirements.lock").read_text(encoding="utf-8").strip())
    assert len(packages) > 50
    assert not [package for package in packages if "--hash=sha256:" not in package]
