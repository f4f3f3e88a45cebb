"""Which site a request comes from, by the headers of its browser."""

from __future__ import annotations

from starlette.requests import Request


def is_cross_origin(request: Request, base_url: str) -> bool:
    """Tell whether a page of another origin made the browser send the request.

    Such a request may write nothing. Browsers say so in `Sec-Fetch-Site` (over https) and in
    `Origin`. A client that sends neither is no browser, and acts for itself.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site not in {"same-origin", "none"}
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    host = request.headers.get("Host", "").lower()
    own = (f"http://{host}", f"https://{host}", base_url.lower())
    return not origin or origin.lower() not in own
