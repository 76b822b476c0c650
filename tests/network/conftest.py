"""One server, one link and a browser at either end of it for all tests; a fresh call for each."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from tests.e2e import conftest as e2e
from tests.network import namespaces
from tests.network.call import Call, Site, open_call, open_site


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def site(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Site]:
    """All that calls need."""
    if (missing := e2e.find_missing() or namespaces.find_missing()) is not None:
        pytest.skip(missing)
    async with open_site(tmp_path_factory.mktemp("site")) as opened:
        yield opened


@pytest_asyncio.fixture(loop_scope="session")
async def call(site: Site) -> AsyncIterator[Call]:
    """Alice and Bob in a meeting, over a link that is clean before and after."""
    async with open_call(site) as opened:
        yield opened
