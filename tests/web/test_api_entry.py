"""The JSON interface is made when it is first asked for; whoever asks first must not notice."""

from __future__ import annotations

import asyncio

import httpx2 as httpx
import pytest

from app.settings import Settings
from app.web.application import create_app
from tests.conftest import MARBLES

PATHS = (
    "/api/v1/issues",
    "/api",
    "/api/v1/openapi.json",
    "/api/v1/issues/nonsuch",
    "/",
    "/api/v1/issues",
)


@pytest.mark.parametrize("first", range(len(PATHS)))
def test_the_first_questions_may_come_together_in_any_order(first: int) -> None:
    application = create_app(Settings(content=MARBLES, watch=0))

    async def ask() -> list[int]:
        transport = httpx.ASGITransport(application)
        async with httpx.AsyncClient(transport=transport, base_url="http://help.test") as client:
            paths = (*PATHS[first:], *PATHS[:first])
            answers = await asyncio.gather(*(client.get(path) for path in paths))
            return sorted(answer.status_code for answer in answers)

    assert asyncio.run(ask()) == [200, 200, 200, 200, 200, 404]
