"""What an assistant gets, asked with the SDK's own client: over HTTP, and over stdio."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import httpx2
import pytest
from mcp import Client, MCPError, StdioServerParameters

from tests.conftest import MARBLES
from tests.hardening.server import Running, running

pytestmark = pytest.mark.slow

PASTE = '{"code":-7007,"say":"Friend unknown"} apiKey=Zr8Kp2mQx7Lw4Vt9Yb3Nd6Hc1Jf5Gs0A'


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a server on loopback."""
    with running(tmp_path_factory.mktemp("mcp"), HELP_CORS_ORIGINS="https://app.example") as server:
        yield server


def address(server: Running) -> str:
    return f"http://127.0.0.1:{server.port}/mcp"


def asked(wanted: Callable[[Client], Awaitable[None]], source: str | StdioServerParameters) -> None:
    """Run `wanted` with a client that is connected."""

    async def ask() -> None:
        async with Client(source) as client:
            await wanted(client)

    asyncio.run(ask())


async def use_every_tool(client: Client) -> None:
    names = {tool.name for tool in (await client.list_tools()).tools}
    assert names == {"diagnose", "search", "read_page", "exchange_status"}

    diagnosis = (await client.call_tool("diagnose", {"text": PASTE})).structured_content
    assert diagnosis is not None
    assert diagnosis["error"]["url"] == "/errors/glassmarket/-7007"
    assert diagnosis["question"]["options"]
    assert "Zr8Kp2mQx7" not in str(diagnosis)

    found = await client.call_tool("search", {"query": "Friend unknown"})
    assert not found.is_error
    assert "/errors/glassmarket/-7007" in str(found.structured_content)

    status = await client.call_tool("exchange_status", {})
    assert not status.is_error

    page = await client.call_tool("read_page", {"url": "/errors/glassmarket/-7007"})
    assert "Friend unknown" in str(page.content)


async def read_every_page(client: Client) -> None:
    listed = (await client.list_resources()).resources
    addresses = {str(resource.uri) for resource in listed}
    assert {
        "help:/issues/wrong-key",
        "help:/questions/do-robots-juggle",
        "help:/exchanges/glassmarket",
        "help:/errors/glassmarket/-7007",
    } <= addresses
    for resource in listed:
        contents = (await client.read_resource(str(resource.uri))).contents
        assert getattr(contents[0], "text", "").startswith(("# ", "**")), resource.uri


async def read_what_was_found(client: Client) -> None:
    asked = {"text": PASTE, "language": "es"}
    diagnosis = (await client.call_tool("diagnose", asked)).structured_content
    assert diagnosis is not None
    step = diagnosis["matches"][0]["steps"][0]["url"]
    assert step.startswith("/es/issues/address-not-allowed?exchange=glassmarket#")
    page = await client.call_tool("read_page", {"url": step})
    assert "# Dirección no permitida" in str(page.content)
    assert "Pulsa dos veces el botón azul" in str(page.content)

    found = await client.call_tool("search", {"query": "clave", "language": "es"})
    assert found.structured_content is not None
    for result in found.structured_content["result"]:
        page = await client.call_tool("read_page", {"url": result["url"]})
        assert not page.is_error, result["url"]

    page = await client.call_tool("read_page", {"url": "/issues/ip-not-allowed"})
    assert "# Address Not Allowed" in str(page.content), "by an old name"


def test_what_is_found_can_be_read_in_its_language(server: Running) -> None:
    asked(read_what_was_found, address(server))


def test_an_assistant_asks_over_http(server: Running) -> None:
    asked(use_every_tool, address(server))


def test_every_page_is_a_resource(server: Running) -> None:
    asked(read_every_page, address(server))


def test_an_assistant_asks_over_stdio(tmp_path: Path) -> None:
    command = ["-m", "app", "mcp", "--content", str(MARBLES), "--data", str(tmp_path)]
    asked(use_every_tool, StdioServerParameters(command=sys.executable, args=command))


@pytest.mark.parametrize(
    ("tool", "arguments", "reason"),
    [
        ("diagnose", {"text": "x" * 17_000}, "longer than 16 KB"),
        ("search", {"query": "x" * 300}, "at most 200"),
        ("read_page", {"url": "/insights"}, "no such page"),
        ("read_page", {"url": "/issues/../../etc/passwd"}, "no such page"),
        ("read_page", {"url": "https://elsewhere.example/"}, "no such page"),
    ],
)
def test_a_refusal_is_told(
    server: Running, tool: str, arguments: dict[str, str], reason: str
) -> None:
    async def call(client: Client) -> None:
        answer = await client.call_tool(tool, arguments)
        assert answer.is_error
        assert reason in str(answer.content)

    asked(call, address(server))


def test_an_unknown_resource_is_an_error(server: Running) -> None:
    async def read(client: Client) -> None:
        with pytest.raises(MCPError, match="no such page"):
            await client.read_resource("help:/issues/nobody")

    asked(read, address(server))


def test_a_visitors_words_stand_in_no_log(server: Running) -> None:
    async def search(client: Client) -> None:
        await client.call_tool("search", {"query": "unrepeatable wanderlust"})
        await client.call_tool("read_page", {"url": "/issues/wanderlust"})

    asked(search, address(server))
    assert "wanderlust" not in server.log.read_text()


@pytest.mark.parametrize(
    ("origin", "status"),
    [("https://evil.example", 403), ("null", 403), ("https://app.example", 200), (None, 200)],
)
def test_only_known_origins_may_ask(server: Running, origin: str | None, status: int) -> None:
    hello = {
        "jsonrpc": "2.0",
        "id": 1,
        "method": "initialize",
        "params": {
            "protocolVersion": "2025-06-18",
            "capabilities": {},
            "clientInfo": {"name": "test", "version": "1"},
        },
    }
    headers = {"Accept": "application/json, text/event-stream"}
    if origin:
        headers["Origin"] = origin
    answer = httpx2.post(address(server), json=hello, headers=headers)
    assert answer.status_code == status
    assert "mcp-session-id" not in answer.headers


def test_what_is_no_request_is_refused(server: Running) -> None:
    for body in ("", "[]", '{"jsonrpc":"2.0"}', "x" * 600_000):
        answer = httpx2.post(
            address(server), content=body, headers={"Content-Type": "application/json"}
        )
        assert 400 <= answer.status_code < 500
    server.assert_healthy()
