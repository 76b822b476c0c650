"""A file holds one idea and a function does one thing: both have a size at which they end.

TypeScript's sizes are measured by eslint (`max-lines`), with the same aim.
"""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from .repository import read, tracked_files

MAX_FILE_LINES = {".py": 500, ".pyi": 500, ".rs": 500}
CODE_SUFFIXES = {*MAX_FILE_LINES, ".ts", ".tsx"}
MAX_FUNCTION_LINES = 40
CODE_FOLDERS = ("src", "scripts", "benchmarks", "clients")

Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_generated(path: Path) -> bool:
    """Tell whether a program wrote the file: its first lines say so."""
    return "generated" in "\n".join(read(path).splitlines()[:3]).lower()


def body_lines(function: Function) -> int:
    """Count the lines of a function's own statements: no docstring, no functions inside, no blank lines."""
    inner = [node for node in ast.walk(function) if isinstance(node, Function) and node is not function]
    elsewhere = {line for node in inner for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    body = function.body[1:] if ast.get_docstring(function) is not None else function.body
    own = {line for node in body for line in range(node.lineno, (node.end_lineno or node.lineno) + 1)}
    return len(own - elsewhere)


def functions(source: str) -> Iterator[Function]:
    """Yield every function and method of a module."""
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def test_no_file_is_longer_than_one_idea() -> None:
    too_long = {
        str(path): count
        for path in tracked_files()
        if path.suffix in MAX_FILE_LINES
        and (count := len(read(path).splitlines())) > MAX_FILE_LINES[path.suffix]
        and not is_generated(path)
    }
    assert not too_long, f"Split these by what they decide: {too_long}"


def test_no_function_is_longer_than_forty_lines() -> None:
    too_long = [
        f"{path}:{function.lineno} {function.name}: {body_lines(function)}"
        for path in tracked_files()
        if path.suffix == ".py" and path.parts[0] in CODE_FOLDERS
        for function in functions(read(path))
        if body_lines(function) > MAX_FUNCTION_LINES
    ]
    assert not too_long, "\n".join(too_long)


@pytest.mark.parametrize("name", ["utils", "helper", "helpers", "manager", "common", "misc", "base"])
def test_no_file_is_named_after_nothing(name: str) -> None:
    assert not [str(path) for path in tracked_files() if path.suffix in CODE_SUFFIXES and path.stem == name]


def test_a_function_of_41_lines_would_be_found() -> None:
    source = "def f():\n    '''Docstring.'''\n    def g():\n        b = 1\n" + "    a = 1\n" * 41
    assert [body_lines(function) for function in functions(source)] == [41, 1]
