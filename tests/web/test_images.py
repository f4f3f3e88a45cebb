"""Images of the content: those that are there, and nothing else of its folder."""

from __future__ import annotations

from starlette.testclient import TestClient

from app.settings import Settings
from app.web.application import create_app
from tests.conftest import MakeContent

ISSUE = """\
---
title: A
symptom: B
causes: [C]
solutions: [D]
---

![the lid](/images/lid.png)
"""


def test_images(make_content: MakeContent) -> None:
    files: dict[str, str | bytes] = {
        "issues/a.md": ISSUE,
        "images/lid.png": b"PNG",
        "images/lid.svg": b"<svg/>",
    }
    with TestClient(create_app(Settings(content=make_content(files), watch=0))) as client:
        assert '<img src="/images/lid.png" alt="the lid"' in client.get("/issues/a").text
        image = client.get("/images/lid.png")
        assert (image.status_code, image.content) == (200, b"PNG")
        assert image.headers["content-type"] == "image/png"
        assert "max-age" in image.headers["cache-control"]
        assert image.headers["x-content-type-options"] == "nosniff"
        for name in ("lid.svg", "lidd.png", "..%2fsite.yml", "../site.yml", ""):
            assert client.get(f"/images/{name}").status_code == 404, name


def test_a_large_image_is_not_sent_again(make_content: MakeContent) -> None:
    large = b"PNG" * 100_000
    folder = make_content({"issues/a.md": ISSUE, "images/lid.png": large})
    with TestClient(create_app(Settings(content=folder, watch=0))) as client:
        image = client.get("/images/lid.png")
        assert image.content == large
        known = {"If-None-Match": image.headers["etag"]}
        unchanged = client.get("/images/lid.png", headers=known)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        head = client.head("/images/lid.png")
        assert (head.headers["content-length"], head.content) == (str(len(large)), b"")


def test_a_product_without_images(make_content: MakeContent) -> None:
    with TestClient(create_app(Settings(content=make_content({}), watch=0))) as client:
        assert client.get("/images/lid.png").status_code == 404
