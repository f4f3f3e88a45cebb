"""The files that many articles are measured with."""

from __future__ import annotations

from pathlib import Path

from app.checks import check
from app.content.loader import load
from bench.scale import write


def test_the_synthetic_articles_are_content_without_mistakes(tmp_path: Path) -> None:
    articles = write(tmp_path / "content", 30)
    content = load(tmp_path / "content")
    assert check(content) == ()
    assert [issue.title.casefold() for issue in content.issues[:1]] == [articles[0].title]
    assert len(content.issues) == 30
    sizes = [len(source.text) for source in content.sources if source.kind == "issue"]
    assert 2_200 < sum(sizes) / len(sizes) < 3_000
