"""An account is read from the cache, and every write of it is seen at once."""

import ast
import inspect
import re

import httpx2
from tests.user.conftest import Register, bearer

from meeting_system.kit.metrics import REGISTRY
from meeting_system.user.repository import accounts

ME = "/api/v1/users/me"


def statements() -> float:
    return REGISTRY.get_sample_value("meeting_sql_statements_total") or 0


async def test_who_i_am_costs_no_statement_the_second_time(
    register: Register, client: httpx2.AsyncClient
) -> None:
    ada = await register()
    first = await client.get(ME, headers=bearer(ada))
    before = statements()
    again = [await client.get(ME, headers=bearer(ada)) for _ in range(20)]
    # What looks after things in the background may ask something meanwhile.
    assert statements() - before < 10
    assert [each.json() for each in again] == [first.json()] * 20 == [ada["user"]] * 20
    assert {each.headers["etag"] for each in again} == {first.headers["etag"]}


async def test_a_change_and_its_etag_are_in_the_very_next_answer(
    register: Register, client: httpx2.AsyncClient
) -> None:
    ada, bob = await register(), await register(email="bob@example.org")
    for number in range(5):
        await client.get(ME, headers=bearer(ada))
        name = f"Ada {number}"
        changed = await client.patch(ME, json={"display_name": name}, headers=bearer(ada))
        assert changed.status_code == 200
        read = await client.get(ME, headers=bearer(ada))
        assert (read.json()["display_name"], read.headers["etag"]) == (name, changed.headers["etag"])
    assert (await client.get(ME, headers=bearer(bob))).json() == bob["user"]


def test_every_statement_that_writes_an_account_says_so_before() -> None:
    writing = [
        node
        for node in ast.walk(ast.parse(inspect.getsource(accounts)))
        if isinstance(node, ast.AsyncFunctionDef)
        and re.search(r"(update|delete)\(accounts\)", ast.unparse(node))
    ]
    assert {node.name for node in writing} >= {"update_profile", "change_account", "delete_account"}
    for node in writing:
        source = ast.unparse(node)
        marked = source.find("await mark_change(connection, KIND, user_id)")
        assert 0 < marked < re.search(r"(update|delete)\(accounts\)", source).start(), node.name  # type: ignore[union-attr]
