"""The application as a whole: how it ends."""

from __future__ import annotations

import asyncio

import pytest

from app.web.application import cancel


@pytest.mark.slow
def test_a_task_that_loses_a_cancellation_does_not_keep_the_server_from_ending() -> None:
    async def stubborn() -> None:
        try:
            await asyncio.sleep(60)
        except asyncio.CancelledError:
            await asyncio.sleep(60)

    async def serve() -> asyncio.Task[None]:
        task = asyncio.create_task(stubborn())
        await asyncio.sleep(0)
        await asyncio.wait_for(cancel([task]), timeout=30)
        return task

    assert asyncio.run(serve()).cancelled()
