"""The scripts behind `make` are no package: they are loaded from their files."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

import pytest

SCRIPTS = Path(__file__).resolve().parents[2] / "scripts"


def load(name: str) -> ModuleType:
    """Load a script under a name of its own, with `scripts/` importable while it loads."""
    spec = importlib.util.spec_from_file_location(f"house_{name}", SCRIPTS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    sys.path.insert(0, str(SCRIPTS))
    try:
        spec.loader.exec_module(module)
    finally:
        sys.path[:] = [path for path in sys.path if path != str(SCRIPTS)]
    return module


@pytest.fixture(scope="session")
def setup_script() -> ModuleType:
    return load("setup")


@pytest.fixture(scope="session")
def test_script() -> ModuleType:
    return load("test")


@pytest.fixture(scope="session")
def fuzz_script() -> ModuleType:
    return load("fuzz")
