"""A wheel works without a clone: built, installed into a fresh environment, and used as told."""

from __future__ import annotations

import re
from collections.abc import Iterator

import httpx2 as httpx
import pytest

from tests.operating.wheel import Installed, install

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Installed:
    """Build the wheel and install it."""
    return install(tmp_path_factory.mktemp("wheel"))


@pytest.fixture(scope="module")
def copied(installed: Installed) -> str:
    """Copy the default content, as README says, and return the name of the folder."""
    done = installed.run("init", "my-help")
    assert done.returncode == 0, done.stderr
    assert "my-help/site.yml" in done.stdout
    return "my-help"


@pytest.fixture(scope="module")
def own(installed: Installed, copied: str) -> Iterator[str]:
    """Serve the copy with another product's name and colour, and with a template laid over ours."""
    site = installed.folder / copied / "site.yml"
    renamed = site.read_text("utf-8").replace("product: Trading Bot", "product: Boat Robot")
    site.write_text(f'{renamed}\naccent: "#8a2be2"\n')
    templates = installed.folder / "my-templates" / "partials"
    templates.mkdir(parents=True)
    (templates / "_support.html").write_text(
        '{% macro support_section(support, fields) %}<h2 id="support">Ring</h2>{% endmacro %}'
    )
    yield from installed.served("--content", copied, "--templates", "my-templates")


def test_the_copy_is_without_a_mistake_and_without_our_promises(
    installed: Installed, copied: str
) -> None:
    done = installed.run("check", "--content", copied)
    assert done.returncode == 0
    assert re.findall(r":\d+: ([a-z-]+): ", done.stdout) == ["no-support-address"], "theirs to add"
    assert len(list((installed.folder / copied / "issues").glob("*.md"))) >= 10
    assert not (installed.folder / copied / "permalinks.txt").exists()


def test_own_content_is_served_with_its_style_and_a_diagnosis(own: str) -> None:
    with httpx.Client(base_url=own, timeout=60) as visitor:
        page = visitor.get("/")
        assert page.status_code == 200
        assert "Boat Robot IP Address for Whitelisting" in page.text
        assert ">Ring</h2>" in page.text
        assert "#8a2be2" in visitor.get("/theme.css").text
        for path in re.findall(r'(?:href|src)="(/static/[^"]+)"', page.text):
            assert visitor.get(path).status_code == 200, path
        pasted = {"text": "-2015 Invalid API-key, IP, or permissions for action."}
        assert "-2015" in visitor.post("/diagnose", data=pasted).text


def test_visitors_votes_stay_in_the_working_directory(installed: Installed, own: str) -> None:
    vote = {"page": "/issues/ip-whitelist-not-configured", "helpful": "yes"}
    assert httpx.post(f"{own}/feedback", data=vote, timeout=60).status_code == 200
    assert (installed.folder / "data" / "helpcenter.sqlite3").is_file()


def test_without_content_of_ones_own_the_default_is_served_but_not_changed(
    installed: Installed,
) -> None:
    for address in installed.served("--data", "other"):
        assert "Trading Bot" in httpx.get(address, timeout=60).text
    refused = installed.run("new", "issue", "Key Has Expired")
    assert refused.returncode == 2
    assert "belongs to the program; copy it first: helpcenter init FOLDER" in refused.stderr
