"""The Model Context Protocol at `/mcp` and over stdio, for assistants.

Each tool is a request to the application itself, so limits, redaction, languages and metrics are
those of `/api/v1`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from http.client import NOT_FOUND
from typing import Any

from httpx2 import ASGITransport, AsyncClient, Response
from mcp.server import MCPServer
from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ResourceError, ResourceNotFoundError, ToolError
from mcp.server.transport_security import TransportSecuritySettings
from mcp_types import Resource
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from app import addresses
from app.knowledge import KnowledgeBase
from app.web.api.description import API_PATH
from app.web.http.origins import is_cross_origin

SCHEME = "help:"
"""The scheme of pages as resources: `help:/issues/<slug>`."""

INSTRUCTIONS = """\
Help for people whose exchange API key does not connect to {product}. Call `diagnose` with the error
message as it was shown. Tell the steps of its first match, in their order, and ask its `question`
if there is one. With the verdict `unsure` ask its `question` first, and call `diagnose` again with
`chosen`. With the verdict `unknown` there is no match: don't guess a cause."""


class HelpServer(MCPServer):
    """The tools and resources of one application; `knowledge` returns what it serves now."""

    def __init__(self, app: ASGIApp, knowledge: Callable[[], KnowledgeBase]) -> None:
        """Prepare the tools; `app` answers their requests."""
        product = knowledge().site.product
        super().__init__(name=f"{product} help", instructions=INSTRUCTIONS.format(product=product))
        self._app = app
        self._knowledge = knowledge
        for tool in (self.diagnose, self.search, self.read_page, self.exchange_status):
            self.tool()(tool)
        self.resource(f"{SCHEME}/{{+path}}", name="page", mime_type="text/markdown")(self.page)

    async def diagnose(
        self,
        text: str,
        context: Context,
        exchange: str | None = None,
        chosen: str | None = None,
        language: str = "en",
    ) -> dict[str, Any]:
        """Say what an error message of an exchange means and what to do about it.

        `text` is the message as it was shown; secrets are removed from it. `exchange` is an id such
        as `okx`, if it is known. `chosen` is the `issue` of the option of `question` that the user
        chose. `language` is a tag such as `es`.
        """
        body = {"text": text, "exchange": exchange, "chosen": chosen}
        answer = await self._ask(context, "POST", f"{API_PATH}/diagnose", language, json=body)
        found: dict[str, Any] = _successful(answer).json()
        return found

    async def search(
        self, query: str, context: Context, exchange: str | None = None, language: str = "en"
    ) -> list[dict[str, Any]]:
        """Search the help pages by words or an error code; best first.

        Each result has the `url` of a page, for `read_page`.
        """
        asked = {"q": query, "exchange": exchange}
        answer = await self._ask(context, "GET", f"{API_PATH}/search", language, params=asked)
        found: list[dict[str, Any]] = _successful(answer).json()
        return found

    async def read_page(self, url: str, context: Context) -> str:
        """Read a page as Markdown; `url` is the path of an issue, question, exchange or error."""
        return _successful(await self._read(url, context)).text

    async def exchange_status(self, context: Context, language: str = "en") -> list[dict[str, Any]]:
        """Tell whether each exchange operates, is under maintenance, or doesn't answer us."""
        answer = await self._ask(context, "GET", f"{API_PATH}/status", language)
        found: list[dict[str, Any]] = _successful(answer).json()
        return found

    async def page(self, path: str, context: Context) -> str:
        """Read a page of the help center as Markdown."""
        answer = await self._read(f"/{path}", context)
        if answer.is_error:
            kind = ResourceNotFoundError if answer.status_code == NOT_FOUND else ResourceError
            raise kind(_detail(answer))
        return answer.text

    async def list_resources(self) -> list[Resource]:
        """List every page that can be read as Markdown."""
        return [
            Resource(uri=SCHEME + url, name=url, title=title, mime_type="text/markdown")
            for url, title in _pages(self._knowledge())
        ]

    async def _read(self, url: str, context: Context) -> Response:
        languages = self._knowledge().content.translations
        address = addresses.parse(addresses.split_language(url, languages)[1])
        if address is None or address.kind not in addresses.MARKDOWN:
            return Response(NOT_FOUND)
        page = url if address.ending else addresses.reply(url, "md")
        return await self._ask(context, "GET", page)

    async def _ask(
        self, context: Context, method: str, url: str, language: str = "", **content: Any
    ) -> Response:
        """Send a request to the application, from the address that this request came from."""
        request = context.request_context.request
        asking = request if isinstance(request, Request) else None
        client = (asking.client.host, asking.client.port) if asking and asking.client else None
        transport = ASGITransport(self._app, client=client or ("127.0.0.1", 0))
        host = asking.headers.get("host", "localhost") if asking else "localhost"
        params = {**content.pop("params", {}), "lang": language or None}
        url = addresses.with_query(url, params)
        async with AsyncClient(
            transport=transport, base_url=f"http://{host}", follow_redirects=True
        ) as application:
            return await application.request(method, url, **content)


class HttpTransport:
    """A server as it is mounted at `/mcp`: without sessions, an answer to each request.

    Pages of other sites are refused unless they are of `origins`. The SDK's own check of the host
    is off: it would need every name that the help center is reached by.
    """

    def __init__(self, server: HelpServer, base_url: str, origins: Collection[str]) -> None:
        self._base_url = base_url
        self._origins = origins
        self._transport = server.streamable_http_app(
            streamable_http_path=addresses.PATHS["mcp"],
            stateless_http=True,
            json_response=True,
            transport_security=TransportSecuritySettings(enable_dns_rebinding_protection=False),
        )

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        request = Request(scope)
        is_ours = request.headers.get("origin") in self._origins
        if is_ours or not is_cross_origin(request, self._base_url):
            await self._transport(scope, receive, send)
        else:
            refusal = JSONResponse({"detail": "pages of this origin may not ask"}, 403)
            await refusal(scope, receive, send)


def _pages(knowledge: KnowledgeBase) -> Iterable[tuple[str, str]]:
    """Yield the address and title of every page that can be read as Markdown."""
    for issue in knowledge.issues:
        yield issue.url, issue.title
    for question in knowledge.questions:
        yield question.url, question.title
    for exchange in knowledge.exchanges:
        yield exchange.url, exchange.name
        for code in knowledge.errors_of(exchange.id):
            yield addresses.error(exchange.id, code), f"{exchange.name} {code}"


def _successful(answer: Response) -> Response:
    """Return a successful response; raise a `ToolError` for another: the assistant is told."""
    if answer.is_error:
        raise ToolError(_detail(answer))
    return answer


def _detail(answer: Response) -> str:
    """Return the reason of an error: the interface gives a sentence, a page gives HTML."""
    is_json = answer.headers.get("content-type", "").startswith("application/json")
    told: Mapping[str, Any] = answer.json() if is_json else {}
    return str(told.get("detail") or f"there is no such page (status {answer.status_code})")
