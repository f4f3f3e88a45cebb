"""Partials are macros: what they show are their arguments."""

from __future__ import annotations

from pathlib import Path

import pytest
from jinja2 import Environment
from jinja2.meta import find_undeclared_variables

from app.settings import TEMPLATES

PARTIALS = sorted((TEMPLATES / "partials").glob("*.html"))
EVERYWHERE = {"_", "gettext", "ngettext", "dev", "keeps_unanswered", "link", "reply", "static"}
"""What every template can use: functions, and what the operator has set."""
JINJA = {"_trans"}
"""What Jinja calls the number of things in a text with a plural."""
FILTERS = ("block", "date", "inline", "number", "plain")


@pytest.mark.parametrize("path", PARTIALS, ids=lambda path: path.name)
def test_a_partial_shows_only_its_arguments(path: Path) -> None:
    environment = Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.filters |= dict.fromkeys(FILTERS, str)
    tree = environment.parse(path.read_text("utf-8"))
    assert find_undeclared_variables(tree) <= EVERYWHERE | JINJA
