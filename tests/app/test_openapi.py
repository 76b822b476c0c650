"""The OpenAPI document: current, whole, with errors, examples and verbs, found in the code."""

import copy
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from fastapi.routing import APIRoute
from jsonschema_rs import Draft202012Validator
from tests.conftest import MakeApp

from meeting_system.app.openapi import all_plugs, describe_api, openapi_routes
from meeting_system.contracts.webhook import HOOK_DATA
from meeting_system.kit.openapi import operations
from meeting_system.kit.plug import Plug

ROOT = Path(__file__).parents[2]
DOCUMENT = describe_api()
EVERY = [
    pytest.param(path, method, operation, id=operation["operationId"])
    for path, method, operation in operations(DOCUMENT)
]


def codes(operation_id: str) -> dict[str, list[str]]:
    """Return the codes of an operation by status."""
    operation = next(each for _, _, each in operations(DOCUMENT) if each["operationId"] == operation_id)
    return {
        status: response["content"]["application/problem+json"]["schema"]["allOf"][1]["properties"]["code"][
            "enum"
        ]
        for status, response in operation["responses"].items()
        if "application/problem+json" in response.get("content", {}) and int(status) >= 400
    }


def test_the_written_document_is_what_the_code_says() -> None:
    script = ROOT / "scripts" / "openapi.py"
    done = subprocess.run([sys.executable, script, "--check"], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_operation_is_a_verb_of_its_own() -> None:
    ids = [operation["operationId"] for _, _, operation in operations(DOCUMENT)]
    assert len(ids) == len(set(ids))
    routes = {route.name for plug in all_plugs() for route in plug.routes if isinstance(route, APIRoute)}
    assert routes <= set(ids)


@pytest.mark.parametrize(("path", "method", "operation"), EVERY)
def test_every_json_body_has_an_example_that_is_valid(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for content in (content for body in bodies for content in body.get("content", {}).items()):
        kind, described = content
        if "json" not in kind or "schema" not in described:
            continue
        schema = described["schema"] | {"components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(described["example"])


@pytest.mark.parametrize(("path", "method", "operation"), EVERY)
def test_every_operation_has_a_tag_that_is_described(
    path: str, method: str, operation: dict[str, Any]
) -> None:
    described = {tag["name"] for tag in DOCUMENT["tags"] if tag.get("description")}
    assert set(operation["tags"]) <= described


def test_errors_are_found_however_deep_they_are_raised() -> None:
    assert set(codes("join_meeting")["409"]) == {
        "idempotency_in_progress",
        "meeting_ended",
        "meeting_full",
        "meeting_locked",
        "meeting_not_open",
    }
    assert codes("log_in")["401"] == ["credentials_wrong"]
    assert codes("log_in")["429"] == ["too_many"]
    assert set(codes("get_my_profile")["401"]) == {"token_expired", "token_invalid", "unauthenticated"}
    assert "participant_not_found" in codes("mute_participant")["404"]
    assert codes("create_meeting")["400"] == ["json_invalid"]
    assert codes("update_meeting")["412"] == ["precondition_failed"]


def test_nothing_is_said_that_can_not_be() -> None:
    assert "401" not in codes("get_config")
    assert "429" not in codes("get_my_profile")
    assert "412" not in codes("get_my_profile")


def test_who_has_to_sign_in_is_told() -> None:
    security = {each["operationId"]: each.get("security") for _, _, each in operations(DOCUMENT)}
    assert security["create_meeting"] == [{"token": []}]
    assert security["join_meeting"] == [{}, {"token": []}]
    assert security["get_config"] is None


def test_every_event_of_a_webhook_is_described_with_an_example() -> None:
    assert set(DOCUMENT["webhooks"]) == set(HOOK_DATA)
    for kind, item in DOCUMENT["webhooks"].items():
        described = item["post"]["requestBody"]["content"]["application/json"]
        schema = described["schema"] | {"components": DOCUMENT["components"]}
        Draft202012Validator(schema).validate(described["example"])
        HOOK_DATA[kind].model_validate(described["example"]["data"])


def test_the_document_is_openapi_3_1() -> None:
    schemathesis.openapi.from_dict(copy.deepcopy(DOCUMENT)).validate()


async def test_every_process_shows_the_whole_document(make_app: MakeApp) -> None:
    async with make_app([Plug(name="alone", routes=openapi_routes())]) as client:
        shown = (await client.get("/openapi.json")).json()
    assert shown == json.loads((ROOT / "docs/protocol/openapi.json").read_text(encoding="utf-8"))
