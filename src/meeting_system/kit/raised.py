"""What a function may raise, by reading its code: so that every route documents its errors without a list.

From a route's function everything of ours that it names is followed: functions, methods (found by the types
of parameters and fields), closures. What makes an AppError on the way may come out, over the bus as well.
That is sometimes more than does come out. What the code doesn't show a function says by `raises`.
"""

import ast
import inspect
import types
import typing
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from meeting_system.kernel.errors import AppError

OURS = "meeting_system"

FunctionT = TypeVar("FunctionT", bound=Callable[..., Any])


def raises(*errors: type[AppError]) -> Callable[[FunctionT], FunctionT]:
    """Declare errors of a function that its code doesn't show, such as those of another service."""

    def declare(function: FunctionT) -> FunctionT:
        function.__raises__ = errors  # type: ignore[attr-defined]
        return function

    return declare


@dataclass(frozen=True)
class Instance:
    """An object of which only the class is known."""

    kind: type


@dataclass
class Reach:
    """What a function leads to."""

    handlers: Mapping[Any, Callable[..., Any]]
    errors: set[type[AppError]] = field(default_factory=set)
    functions: set[Callable[..., Any]] = field(default_factory=set)


def find_reach(function: Callable[..., Any], handlers: Mapping[Any, Callable[..., Any]]) -> Reach:
    """Return the errors that `function` may raise and the functions of ours that it may call.

    `handlers`: who answers each request of the bus.
    """
    reach = Reach(handlers)
    _follow(function, None, reach, set())
    return reach


def _follow(function: Any, owner: Any, reach: Reach, seen: set[tuple[Any, Any]]) -> None:
    function = inspect.unwrap(function)
    if not isinstance(function, types.FunctionType) or not function.__module__.startswith(OURS):
        return
    mark = (function, owner if isinstance(owner, Instance) else id(owner))
    if mark in seen:
        return
    seen.add(mark)
    reach.functions.add(function)
    reach.errors.update(getattr(function, "__raises__", ()))
    tree = _tree(function)
    if tree is None:
        return
    names = _Names(function, owner, tree)
    asks = any(isinstance(node, ast.Attribute) and node.attr == "call" for node in ast.walk(tree))
    for node in ast.walk(tree):
        if isinstance(node, ast.Raise | ast.Call):
            made = names.find(node.exc if isinstance(node, ast.Raise) else node.func)
            if isinstance(made, type) and issubclass(made, AppError):
                reach.errors.add(made)
            # A request that is made where the bus is asked is asked; elsewhere it goes into the outbox.
            if asks and isinstance(made, type) and made in reach.handlers:
                _follow(reach.handlers[made], None, reach, seen)
        if isinstance(node, ast.Name | ast.Attribute):
            _follow(*names.find_function(node), reach, seen)


def _tree(function: types.FunctionType) -> ast.AST | None:
    return _functions_of(function.__code__.co_filename).get(function.__code__.co_firstlineno)


@cache
def _functions_of(file: str) -> Mapping[int, ast.AST]:
    """Return the functions of a file by the line they begin at, their decorators included."""
    try:
        source = Path(file).read_text(encoding="utf-8")
    except OSError:  # not from a file
        return {}
    return {
        min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]): node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


class _Names:
    """What the names in a function's code stand for."""

    def __init__(self, function: types.FunctionType, owner: Any, tree: ast.AST) -> None:
        self._values: dict[str, Any] = dict(_locals(tree, function.__globals__))
        self._values |= dict(_closure(function))
        self._globals = function.__globals__
        parameters = list(inspect.signature(function).parameters)
        if owner is not None and parameters[:1] in (["self"], ["cls"]):
            self._values[parameters[0]] = owner

    def find(self, node: ast.AST | None) -> Any:
        """Return what an expression stands for, None where that is not known."""
        return self.find_with_holder(node)[1]

    def find_function(self, node: ast.AST) -> tuple[Any, Any]:
        """Return (what an expression stands for, what it is a method of)."""
        holder, found = self.find_with_holder(node)
        if isinstance(found, types.MethodType):
            return found.__func__, found.__self__
        return found, holder

    def find_with_holder(self, node: ast.AST | None) -> tuple[Any, Any]:
        """Return (what it was found on, what an expression stands for)."""
        if isinstance(node, ast.Name):
            return None, self._values.get(node.id, self._globals.get(node.id))
        if isinstance(node, ast.Attribute):
            holder = self.find(node.value)
            return holder, None if holder is None else _attribute(holder, node.attr)
        return None, None


def _attribute(holder: Any, name: str) -> Any:
    if isinstance(holder, types.ModuleType | type | types.FunctionType):
        return getattr(holder, name, None)
    kind = holder.kind if isinstance(holder, Instance) else type(holder)
    # Not asked of the object: that might do something.
    method = inspect.getattr_static(kind, name, None)
    if isinstance(method, types.FunctionType):
        return method
    if isinstance(method, property) and method.fget is not None:
        return _instance(_hints(method.fget).get("return"))
    # What is there says more than what was promised of it.
    value = getattr(holder, "__dict__", {}).get(name)
    if value is not None and type(value).__module__.startswith(OURS):
        return value
    return _instance(_hints(kind).get(name)) or _kept(kind).get(name) or value


@cache
def _kept(kind: type) -> Mapping[str, Any]:
    """Return the attributes that a class makes of the annotated parameters of its `__init__`."""
    function = vars(kind).get("__init__")
    if not isinstance(function, types.FunctionType) or (tree := _tree(function)) is None:
        return {}
    known = dict(_locals(tree, function.__globals__))
    return {
        target.attr: known[node.value.id]
        for node in ast.walk(tree)
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Name) and node.value.id in known
        for target in node.targets
        if isinstance(target, ast.Attribute)
    }


def _instance(annotation: Any) -> Any:
    """Return the object that an annotation promises, None where it is none of our classes."""
    options = typing.get_args(annotation) if typing.get_origin(annotation) is not None else (annotation,)
    for option in options:
        if isinstance(option, type) and option.__module__.startswith(OURS):
            return Instance(option)
    return None


@cache
def _hints(thing: Any) -> Mapping[str, Any]:
    try:
        return typing.get_type_hints(thing)
    except (NameError, TypeError):
        return {}


def _closure(function: types.FunctionType) -> Iterator[tuple[str, Any]]:
    for name, cell in zip(function.__code__.co_freevars, function.__closure__ or (), strict=True):
        try:
            yield name, cell.cell_contents
        except ValueError:  # not filled yet
            continue


def _locals(tree: ast.AST, scope: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what parameters and annotated variables of the code are, inner functions included."""
    for node in ast.walk(tree):
        if isinstance(node, ast.arg | ast.AnnAssign) and node.annotation is not None:
            target = node.arg if isinstance(node, ast.arg) else getattr(node.target, "id", "")
            found = _annotated(node.annotation, scope)
            if target and found is not None:
                yield target, found


def _annotated(annotation: ast.AST, scope: Mapping[str, Any]) -> Any:
    for node in ast.walk(annotation):
        if isinstance(node, ast.Name):
            found = _instance(scope.get(node.id))
            if found is not None:
                return found
    return None
