"""Variables in texts: where their values come from, and what stays as it is."""

from __future__ import annotations

import pytest

from app.content.variables import fill, fill_entity, variables
from app.knowledge import KnowledgeBase
from app.model import Site, Solution, Support, Tip

TEA = {"product": "Teapot Choir", "tea": "Darjeeling"}


@pytest.mark.parametrize(
    ("text", "filled"),
    [
        ("{{ product }} sings", "Teapot Choir sings"),
        ("{{product}} and {{  tea  }}", "Teapot Choir and Darjeeling"),
        ("no variable", "no variable"),
        ("{{ unknown }}", "{{ unknown }}"),
        ("{{ cup | the cup }}", "the cup"),
        ("{{ tea | coffee }}", "Darjeeling"),
        ("{{ cup |  a cup of\ttea  }}", "a cup of\ttea"),
        ("{{ cup | x }}{{cup|y}}", "xy"),
        ("{{ cup | }}", "{{ cup | }}"),
        ("{{ exchange }}", "your exchange"),
        ("{{ exchange | Glass Market }}", "Glass Market"),
        ("{{ whitelist_field }}", "the IP whitelist"),
        ("{ product } {{ }} {{ 1x }} {{ a.b }}", "{ product } {{ }} {{ 1x }} {{ a.b }}"),
        ("{{ product", "{{ product"),
        ("{{{ product }}}", "{Teapot Choir}"),
    ],
)
def test_fill(text: str, filled: str) -> None:
    assert fill(text, TEA) == filled


@pytest.mark.parametrize("evil", [" ", "a", "{", "{{", "{{ a |", "{{ a | b "])
def test_long_texts_take_linear_time(evil: str) -> None:
    text = "{{ a |" + evil * 200_000
    assert fill(text, TEA) == text


def test_values_are_not_filled_again() -> None:
    assert fill("{{ a }}", {"a": "{{ b }}", "b": "no"}) == "{{ b }}"


def test_a_site_without_whitelist_has_no_address_to_name(teapots: KnowledgeBase) -> None:
    assert variables(teapots.content.site or teapots.site) == {
        "product": "Teapot Choir",
        "answer_time": "two brews",
    }


def test_addresses_are_named_first_and_all(marbles: KnowledgeBase) -> None:
    values = variables(marbles.site)
    assert values["whitelist_ip"] == "192.0.2.7"
    assert values["whitelist_ips"] == "192.0.2.7, 198.51.100.23, 2001:db8::7"


def test_an_exchange_gives_its_own_names(marbles: KnowledgeBase) -> None:
    glass, clay = marbles.exchanges
    of_glass, of_clay = variables(marbles.site, glass), variables(marbles.site, clay)
    assert of_glass["exchange"] == "Glass Market"
    assert of_glass["whitelist_field"] == "**Friends of this key**"
    assert of_glass["passphrase_name"] == "Secret Word"
    assert of_clay["exchange"] == "Clay Bourse"
    assert not {"whitelist_field", "passphrase_name"} & set(of_clay)


def test_entities_are_filled_at_any_depth() -> None:
    site = Site(
        product="Teapot Choir",
        title="{{ product }}",
        intro="x",
        support=Support(title="{{ product }}", text="{{ tea }}"),
        variables={"tea": "Darjeeling"},
    )
    filled = fill_entity(site, variables(site))
    assert filled.title == "Teapot Choir"
    assert (filled.support.title, filled.support.text) == ("Teapot Choir", "Darjeeling")
    assert site.title == "{{ product }}", "the raw entity stays as it was written"


def test_what_has_no_variable_is_the_same_object() -> None:
    tip = Tip(id="a", title="b", text="c")
    step = Solution(text="{{ tea }}", id="a")
    assert fill_entity(tip, TEA) is tip
    assert fill_entity(step, TEA).text == "Darjeeling"
