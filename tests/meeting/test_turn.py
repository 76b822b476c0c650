"""TURN servers in the answer to a join."""

import pytest
from tests.meeting.conftest import MakePerson

from meeting_system.kit.turn import TurnSettings


class TestWithTurn:
    """An installation with a TURN server."""

    @pytest.fixture
    def turn(self) -> TurnSettings:
        return TurnSettings.model_validate({"urls": "turn:turn.example.org:3478", "secret": "north"})

    async def test_who_joins_gets_credentials_for_themselves(self, account: MakePerson) -> None:
        host = account()
        joined = await host.join((await host.create())["meeting_id"])
        (server,) = joined["ice_servers"]
        assert server["urls"] == ["turn:turn.example.org:3478"]
        assert server["username"].endswith(f":{joined['participant_id']}")
        assert server["credential"]


async def test_without_a_turn_server_there_is_none(account: MakePerson) -> None:
    host = account()
    assert (await host.join((await host.create())["meeting_id"]))["ice_servers"] == []
