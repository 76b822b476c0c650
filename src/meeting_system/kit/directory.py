"""Finding a request's route: by the shape of its address, instead of one pattern after the other.

Starlette tries its routes in their order, each with its pattern; with a hundred of them that took longer than
reading and checking the request. Here only those are tried that have as many segments as the address, and its
area and last word.
"""

from collections.abc import Iterator, Sequence

from starlette.routing import BaseRoute, Match, Route
from starlette.types import Receive, Scope, Send

FOUND = "meeting_system.route"
"""Key of a scope: the route that was found."""

Shape = tuple[int, str, str]
"""How many segments, the one that tells areas apart, and the last; empty: a parameter, or whatever."""
NO_SHAPE: Shape = (0, "", "")
AREA = 3
"""`/api/v1/meetings/…`: counted with the empty one before the first slash."""


class Directory(BaseRoute):
    """All routes of an application as one; answers as a list of them would."""

    def __init__(self, routes: Sequence[BaseRoute]) -> None:
        self.members = tuple(routes)
        self._shapes = [_shape_of(route) for route in routes]
        known = [shape for shape in self._shapes if shape is not None]
        self._lengths = {shape[0] for shape in known}
        self._areas = {shape[1] for shape in known}
        self._lasts = {shape[2] for shape in known}
        self._known: dict[Shape, tuple[BaseRoute, ...]] = {}

    def matches(self, scope: Scope) -> tuple[Match, Scope]:
        """Return the first route that takes path and method, else the first that takes the path."""
        partial: tuple[Match, Scope] = (Match.NONE, {})
        for route in self._candidates(scope["path"]):
            match, child = route.matches(scope)
            if match is Match.FULL:
                return match, {**child, FOUND: route}
            if match is Match.PARTIAL and partial[0] is Match.NONE:
                partial = (match, {**child, FOUND: route})
        return partial

    async def handle(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Have the route that was found answer."""
        await scope[FOUND].handle(scope, receive, send)

    def _candidates(self, path: str) -> Sequence[BaseRoute]:
        """Return what may match, in order. As many lists are kept as there are shapes of routes, however many
        addresses are asked for."""
        parts = path.split("/")
        area = parts[AREA] if len(parts) > AREA and parts[AREA] in self._areas else ""
        last = parts[-1] if parts[-1] in self._lasts else ""
        shape = (len(parts), area, last) if len(parts) in self._lengths else NO_SHAPE
        found = self._known.get(shape)
        if found is None:
            pairs = zip(self.members, self._shapes, strict=True)
            found = tuple(route for route, known in pairs if known is None or _may_be(known, shape))
            self._known[shape] = found
        return found


def members_of(routes: Sequence[BaseRoute]) -> Iterator[BaseRoute]:
    """Yield routes, and in the place of a directory those in it."""
    for route in routes:
        yield from route.members if isinstance(route, Directory) else (route,)


def _shape_of(route: BaseRoute) -> Shape | None:
    """Return the shape of a route's paths; None where they may have any."""
    if not isinstance(route, Route) or ":path}" in route.path:
        return None
    parts = ["" if "{" in part else part for part in route.path.split("/")]
    return len(parts), parts[AREA] if len(parts) > AREA else "", parts[-1]


def _may_be(known: Shape, asked: Shape) -> bool:
    """Tell whether an address of one shape may be of a route: its words are there, whatever else is free."""
    return known[0] == asked[0] and all(
        word in ("", found) for word, found in zip(known[1:], asked[1:], strict=True)
    )
