"""A directory finds the route that a list of them would have found, however many addresses are asked for."""

from itertools import product

import pytest
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Match, Route
from starlette.types import Scope

from meeting_system.kit.directory import FOUND, Directory, members_of


async def answer(_request: Request) -> Response:
    return Response()


PATHS = [
    "/health",
    "/",
    "/api/v1/meetings",
    "/api/v1/meetings/preview/{reference}",
    "/api/v1/meetings/{reference}/join",
    "/api/v1/meetings/{meeting_id}",
    "/api/v1/meetings/{meeting_id}/actions/lock",
    "/api/v1/meetings/{meeting_id}/participants/{participant_id}/remove",
    "/api/v1/rooms/mine",
    "/api/v1/rooms/{room_id}",
    "/api/v1/{anything}/join",
    "/bigbluebutton/api",
    "/bigbluebutton/api/{call:path}",
    "/avatars/{name}.webp",
]
ROUTES: list[BaseRoute] = [
    Route(path, answer, methods=methods)
    for path, methods in product(PATHS, (["GET"], ["POST", "PATCH"]))
    if (path, methods) != ("/api/v1/rooms/mine", ["POST", "PATCH"])
]
WORDS = ["", "api", "v1", "meetings", "rooms", "mine", "join", "preview", "lock", "actions", "x", "x.webp"]


def scope_of(path: str, method: str) -> Scope:
    return {"type": "http", "path": path, "method": method, "root_path": ""}


def found_in_list(path: str, method: str) -> tuple[Match, BaseRoute | None]:
    """Look as Starlette does."""
    judged = [(route.matches(scope_of(path, method))[0], route) for route in ROUTES]
    for wanted in (Match.FULL, Match.PARTIAL):
        for match, route in judged:
            if match is wanted:
                return match, route
    return Match.NONE, None


def addresses() -> list[str]:
    """Some thousand addresses: those of the routes, and others of the same words."""
    heads = (
        [["", "api", "v1", word] for word in WORDS] + [["", word] for word in WORDS] + [["", "bigbluebutton"]]
    )
    tails = [list(tail) for length in range(3) for tail in product(WORDS, repeat=length)]
    return ["/".join([*head, *tail]) for head in heads for tail in tails]


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "DELETE"])
def test_it_finds_what_a_list_finds(method: str) -> None:
    directory = Directory(ROUTES)
    kinds = set()
    for path in addresses():
        match, child = directory.matches(scope_of(path, method))
        assert (match, child.get(FOUND)) == found_in_list(path, method), path
        kinds.add(match)
    assert Match.NONE in kinds
    assert len(kinds) >= 2


def test_its_memory_does_not_grow_with_what_is_asked_for() -> None:
    directory = Directory(ROUTES)
    for number in range(5000):
        directory.matches(scope_of(f"/api/v1/{number}/{number}", "GET"))
        directory.matches(scope_of("/x" * number, "GET"))
    assert len(directory._known) < 10


def test_the_routes_in_it_can_be_listed() -> None:
    outside = Route("/outside", answer)
    assert list(members_of([outside, Directory(ROUTES)])) == [outside, *ROUTES]
