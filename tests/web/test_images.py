"""Images of the content: those that are there, and nothing else of its folder."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from app.content.folder import MAX_IMAGE_BYTES
from app.content.loader import load
from app.settings import Settings
from app.web.application import create_app
from tests.client import TestClient
from tests.conftest import MakeContent
from tests.web.conftest import until

PNG = b"\x89PNG\r\n\x1a\n"
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
        "images/lid.png": PNG,
        "images/lid.svg": b"<svg/>",
    }
    with TestClient(create_app(Settings(content=make_content(files), watch=0))) as client:
        assert '<img src="/images/lid.png" alt="the lid"' in client.get("/issues/a").text
        image = client.get("/images/lid.png")
        assert (image.status_code, image.content) == (200, PNG)
        assert image.headers["content-type"] == "image/png"
        assert "max-age" in image.headers["cache-control"]
        assert image.headers["x-content-type-options"] == "nosniff"
        for name in ("lid.svg", "lidd.png", "..%2fsite.yml", "../site.yml", ""):
            assert client.get(f"/images/{name}").status_code == 404, name


def test_a_large_image_is_not_sent_again(make_content: MakeContent) -> None:
    large = PNG + b"x" * 300_000
    folder = make_content({"issues/a.md": ISSUE, "images/lid.png": large})
    with TestClient(create_app(Settings(content=folder, watch=0))) as client:
        image = client.get("/images/lid.png")
        assert image.content == large
        known = {"If-None-Match": image.headers["etag"]}
        unchanged = client.get("/images/lid.png", headers=known)
        assert (unchanged.status_code, unchanged.content) == (304, b"")
        head = client.head("/images/lid.png")
        assert (head.headers["content-length"], head.content) == (str(len(large)), b"")


def serving(content: Path) -> TestClient:
    return TestClient(create_app(Settings(content=content, watch=0.02)))


@pytest.mark.slow
def test_an_image_that_is_swapped_for_a_link_shows_nothing_from_elsewhere(
    make_content: MakeContent, tmp_path: Path
) -> None:
    """The update is refused, and the edition before shows the image as it was."""
    (tmp_path / "secret").write_bytes(b"the store")
    folder = make_content({"issues/a.md": ISSUE, "images/lid.png": PNG})
    with serving(folder) as client:
        (folder / "images" / "next.png").symlink_to(tmp_path / "secret")
        (folder / "images" / "next.png").replace(folder / "images" / "lid.png")
        for _ in range(3):
            assert client.get("/images/lid.png").content == PNG
        until(lambda: client.get("/readyz").json()["errors"] != [])
        finding = client.get("/readyz").json()["errors"][0]
        assert finding["path"] == "images/lid.png"
        assert "link out of the content folder" in finding["message"]
        assert client.get("/images/lid.png").content == PNG


@pytest.mark.slow
def test_a_folder_of_images_that_is_swapped_for_a_link_shows_nothing_from_elsewhere(
    make_content: MakeContent, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "lid.png").write_bytes(b"the store")
    folder = make_content({"issues/a.md": ISSUE, "images/lid.png": PNG})
    with serving(folder) as client:
        (folder / "images").rename(folder / "away")
        (folder / "images").symlink_to(elsewhere)
        until(lambda: client.get("/readyz").json()["errors"] != [])
        assert client.get("/images/lid.png").content == PNG


@pytest.mark.slow
def test_a_changed_image_is_live_as_any_other_file(make_content: MakeContent) -> None:
    folder = make_content({"issues/a.md": ISSUE, "images/lid.png": PNG})
    with serving(folder) as client:
        before = client.get("/images/lid.png").headers["etag"]
        (folder / "images" / "lid.png").write_bytes(PNG + b"another")
        until(lambda: client.get("/images/lid.png").content == PNG + b"another")
        assert client.get("/images/lid.png").headers["etag"] != before


def test_images_that_are_no_files_are_findings(make_content: MakeContent) -> None:
    root = make_content({"images/lid.png": PNG})
    (root / "images" / "folder.png").mkdir()
    os.mkfifo(root / "images" / "pipe.png")
    (root / "images" / "nowhere.png").symlink_to("nothing")
    (root / "images" / "huge.png").write_bytes(b"x" * (MAX_IMAGE_BYTES + 1))
    content = load(root)
    names = [Path(finding.path).name for finding in content.findings]
    assert names == ["folder.png", "huge.png", "nowhere.png", "pipe.png"]
    assert set(content.images) == {"lid.png"}


def test_a_product_without_images(make_content: MakeContent) -> None:
    with TestClient(create_app(Settings(content=make_content({}), watch=0))) as client:
        assert client.get("/images/lid.png").status_code == 404
