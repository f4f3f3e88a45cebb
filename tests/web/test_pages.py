"""Every page, read as a visitor without JavaScript reads it."""

from __future__ import annotations

import json
import shutil
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from tests.client import TestClient
from tests.web.conftest import BASE_URL, FIXTURES, client
from tests.web.crawl import walk
from tests.web.document import Document

ATOM = "{http://www.w3.org/2005/Atom}"
SITEMAP = "{http://www.sitemaps.org/schemas/sitemap/0.9}"

MARBLE_PAGES = [
    "/",
    "/?exchange=glassmarket",
    "/issues/address-not-allowed",
    "/issues/address-not-allowed?exchange=claybourse",
    "/exchanges",
    "/exchanges/glassmarket",
    "/errors/glassmarket/-7007",
    "/errors/glassmarket/-7009",
    "/errors/glassmarket/EMARBLE:Rolled%20away",
    "/search",
    "/search?q=marble",
    "/diagnose",
    "/diagnose?exchange=glassmarket&error=-7007",
    "/whitelist",
    "/report?exchange=glassmarket&error=-7007",
]
ADDRESSES = ["192.0.2.7", "198.51.100.23", "2001:db8::7"]


def read(client: TestClient, url: str) -> Document:
    response = client.get(url)
    assert response.status_code == 200, url
    return Document(response.text)


def in_order(text: str, parts: list[str]) -> bool:
    """Tell whether all `parts` stand in `text`, one after the other."""
    position = 0
    for part in parts:
        position = text.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return True


# --- The frame --------------------------------------------------------------------------------


@pytest.mark.parametrize("url", MARBLE_PAGES)
def test_every_page_has_one_frame(marbles: TestClient, url: str) -> None:
    page = read(marbles, url)
    assert page.one("html")["lang"] == "en"
    assert page.heading
    assert page.title.endswith(" · Marble Robot Help")
    assert page.meta("description")
    assert page.meta("og:title") in page.title
    assert page.meta("og:description") == page.meta("description")
    assert page.meta("og:url") == page.one("link", rel="canonical")["href"]
    assert page.meta("og:url").startswith(f"{BASE_URL}/")
    assert page.meta("viewport") == "width=device-width, initial-scale=1"
    assert page.one("main")["id"] == "main"
    assert page.link("Skip to content") == "#main"


@pytest.mark.parametrize("url", MARBLE_PAGES)
def test_ids_are_there_once_and_everything_that_names_one_finds_it(
    marbles: TestClient, url: str
) -> None:
    page = read(marbles, url)
    ids = [element["id"] for element in page.all() if "id" in element]
    assert len(ids) == len(set(ids))
    for element in page.all():
        for name in ("for", "aria-labelledby", "aria-describedby", "form"):
            if name in element:
                assert set(element[name].split()) <= set(ids), f"{element.tag} {name}"
        if element.tag == "use":
            assert element["href"].removeprefix("#") in ids


@pytest.mark.parametrize("url", MARBLE_PAGES)
def test_headings_skip_no_level(marbles: TestClient, url: str) -> None:
    levels = [int(element.tag[1]) for element in read(marbles, url).all("h1", "h2", "h3", "h4")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))


@pytest.mark.parametrize("url", MARBLE_PAGES)
def test_pages_load_only_from_here_and_hold_no_inline_script_or_style(
    marbles: TestClient, url: str
) -> None:
    page = read(marbles, url)
    loaded = [element["src"] for element in page.all() if "src" in element]
    loaded += [link["href"] for link in page.all("link") if link["rel"] in {"stylesheet", "icon"}]
    assert len(loaded) >= 4
    own = ("/static/", "/images/", "/theme.css")
    assert all(address.startswith(own) for address in loaded)
    for script in page.all("script"):
        assert "src" in script or script["type"] == "application/ld+json"
    assert not page.all("style")
    for element in page.all():
        assert not [name for name in element.attributes if name.startswith(("on", "style", "hx-"))]


@pytest.mark.parametrize("url", MARBLE_PAGES)
def test_the_address_to_allow_is_reachable_from_every_page(marbles: TestClient, url: str) -> None:
    page = read(marbles, url)
    assert ADDRESSES[0] in page.one("header", class_="top").text
    assert "/whitelist" in page.links()


@pytest.mark.parametrize("url", MARBLE_PAGES)
def test_every_page_has_search_and_the_exchange_menu(marbles: TestClient, url: str) -> None:
    page = read(marbles, url)
    search = page.one("form", role="search")
    assert search["action"] == "/search"
    assert page.control("Search")["name"] == "q"
    # One choice a page: where there is a diagnose box, it is there.
    nobody, *options = [option.text for option in page.control("Your exchange").all("option")]
    assert nobody in {"All exchanges", "Find it in the text"}
    assert options == ["Glass Market", "Clay Bourse"]


def test_codes_addresses_and_pastes_are_not_for_translators(marbles: TestClient) -> None:
    page = read(marbles, "/errors/glassmarket/-7007")
    for element in page.all("code") + page.all("textarea"):
        assert element.attributes.get("translate") == "no", element.text
    assert page.one("h1").one("span", translate="no").text == "-7007"


# --- The home page ----------------------------------------------------------------------------


def test_home_has_everything_in_one_place(teapots: TestClient) -> None:
    page = read(teapots, "/")
    assert page.heading == "When Your Teapot Won't Sing"
    assert in_order(
        page.text,
        [
            "When Your Teapot Won't Sing",
            "Common reasons why a teapot keeps silent in the Teapot Choir.",
            "Paste the error message",
            "Quick Listen",
            "Before You Pour",
            "The water boils",
            "The lid is closed",
            "Test Your Voice",
            "Try these, one kettle at a time:",
            "Let the teapot sing alone",
            "What silences a teapot",
            "Cold Water",
            "The teapot is full but makes no sound",
            "Common causes",
            "The kettle was never switched on",
            "The water cooled down during the conductor's speech",
            "Solutions",
            "Boil the water until Teapot Choir members nod",
            "Wait for the whistle",
            "Stage Fright",
            "Rattling Lid",
            "Before the next rehearsal",
            "Descale Monthly",
            "Chalk makes every Teapot Choir member hoarse.",
            "Warm Up",
            "Still Silent?",
            "a human answers within two brews",
            "Tip: hum the note that you expected.",
        ],
    )
    assert page.link("Contact support") == "https://teapots.example/choir"
    assert page.link("choir@teapots.example") == "mailto:choir@teapots.example"
    assert page.link("Rehearsal calendar") == "https://teapots.example/rehearsals"


def test_each_issue_on_the_home_page_opens_in_place_and_has_its_own_address(
    teapots: TestClient,
) -> None:
    issue = read(teapots, "/").one("details", id="cold-water")
    assert issue.one("summary").one("h3").text == "Cold Water"
    assert [step["id"] for step in issue.all("li") if "id" in step] == [
        "cold-water--boil-the-water-until-product-members-nod",
        "cold-water--wait-for-the-whistle",
    ]
    assert [link["href"] for link in issue.all("a")] == ["/issues/cold-water"]


def test_a_draft_is_nowhere(teapots: TestClient) -> None:
    for document in walk(teapots).pages.values():
        assert "Moonlight" not in document.text
    assert teapots.get("/issues/moonlight-serenade").status_code == 404
    assert "Moonlight" not in teapots.get("/search?q=moonlight").text.replace("“moonlight”", "")
    assert "moonlight" not in teapots.get("/sitemap.xml").text


def test_the_diagnose_box_comes_first_and_the_addresses_second(marbles: TestClient) -> None:
    page = read(marbles, "/")
    order = [element["id"] for element in page.one("main").walk() if "id" in element]
    assert order.index("diagnose-form") < order.index("whitelist") < order.index("diagnostic")
    assert order.index("diagnostic") < order.index("issues") < order.index("tips")


def test_without_exchanges_and_whitelist_no_page_speaks_of_them(teapots: TestClient) -> None:
    pages = [teapots.get(url).text for url in walk(teapots).pages]
    pages.append(teapots.get("/search?q=water").text)
    pages.append(teapots.get("/search?q=nonsuch").text)
    pages.append(teapots.get("/diagnose?missing=water-boils&test-solo=fail").text)
    pages.append(teapots.post("/diagnose", data={"text": "E-COLD"}).text)
    pages.append(teapots.post("/diagnose", data={"text": "brown fox"}).text)
    pages.append(teapots.get("/nonsuch").text)
    pages += [teapots.get(f"/{name}").text for name in ("llms.txt", "sitemap.xml", "feed.xml")]
    assert len(pages) >= 12
    for text in pages:
        for word in ("exchange", "trading", "whitelist"):
            assert word not in text.lower()
    for url in ("/whitelist", "/exchanges", "/exchanges/glassmarket", "/errors/glassmarket/-7007"):
        assert teapots.get(url).status_code == 404


# --- Issues -----------------------------------------------------------------------------------


def test_an_issue_has_symptom_causes_solutions_background_and_relatives(
    teapots: TestClient,
) -> None:
    page = read(teapots, "/issues/cold-water")
    assert page.heading == "Cold Water"
    assert in_order(
        page.text,
        [
            "The teapot is full but makes no sound",
            "Common causes",
            "The kettle was never switched on",
            "Solutions",
            "Boil the water until Teapot Choir members nod",
            "Wait for the whistle",
            "How hot is hot",
            "Water sings at ninety degrees.",
            "black 95",
            "On a mountain",
            "Facts checked on 20 November 2026",
            "Related",
            "Stage Fright",
        ],
    )
    assert page.link("Stage Fright") == "/issues/stage-fright"
    assert page.link("stage fright") == "/issues/stage-fright#sing-to-the-cat"


def test_every_step_has_an_anchor_and_a_link_to_it(teapots: TestClient) -> None:
    page = read(teapots, "/issues/cold-water")
    step = page.one("li", id="wait-for-the-whistle")
    link, reply = step.all("a")
    assert link["href"] == "/issues/cold-water#wait-for-the-whistle"
    assert link.text == "Copy link to step 2"
    assert reply["href"] == "/issues/cold-water.txt?step=wait-for-the-whistle"
    assert reply.text == "Copy answer (step 2)"


def test_an_issue_can_be_had_as_markdown(teapots: TestClient) -> None:
    response = teapots.get("/issues/cold-water.md")
    assert response.headers["content-type"] == "text/markdown; charset=utf-8"
    assert in_order(response.text, ["Cold Water", "The teapot is full but makes no sound"])
    assert "1. Boil the water until Teapot Choir members nod\n2. Wait for" in response.text
    assert "{{" not in response.text
    assert f"{BASE_URL}/i/cold-water" in response.text


def test_an_issue_says_what_it_is_to_machines(teapots: TestClient) -> None:
    page = read(teapots, "/issues/cold-water")
    data, crumbs = (
        json.loads(script.raw_text) for script in page.all("script", type="application/ld+json")
    )
    assert [item["item"] for item in crumbs["itemListElement"]] == [
        f"{BASE_URL}/#issues",
        f"{BASE_URL}/issues/cold-water",
    ]
    assert data["@type"] == "TechArticle"
    assert data["headline"] == "Cold Water"
    assert data["url"] == f"{BASE_URL}/issues/cold-water"
    assert data["dateModified"] == "2026-11-20"
    assert page.meta("og:type") == "article"
    assert not read(teapots, "/").all("script", type="application/ld+json")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/issues/lukewarm-water", "/issues/cold-water"),
        ("/issues/lukewarm-water.md", "/issues/cold-water.md"),
        ("/issues/lukewarm-water?exchange=x&a=%20b", "/issues/cold-water?exchange=x&a=%20b"),
        ("/issues/Cold-Water", "/issues/cold-water"),
        ("/i/cold-water", "/issues/cold-water"),
        ("/i/cold-water?a=1", "/issues/cold-water?a=1"),
    ],
)
def test_old_and_short_addresses_of_issues_lead_on_for_good(
    teapots: TestClient, old: str, new: str
) -> None:
    response = teapots.get(old)
    assert response.status_code == 301
    assert response.headers["location"] == new
    assert teapots.get(old, follow_redirects=True).status_code == 200


# --- Exchanges and errors -----------------------------------------------------------------------


def test_a_chosen_exchange_tailors_an_issue(marbles: TestClient) -> None:
    plain = read(marbles, "/issues/address-not-allowed")
    glass = read(marbles, "/issues/address-not-allowed?exchange=glassmarket")
    clay = read(marbles, "/issues/address-not-allowed?exchange=claybourse")

    def steps(page: Document) -> list[str]:
        return [element["id"] for element in page.all("ol", class_="steps")[0].all("li")]

    assert steps(glass)[0] == "press-twice"
    assert steps(clay)[0] == "clay-frog"
    assert len(steps(glass)) == len(steps(clay)) == len(steps(plain)) + 1
    assert "Friends of this key" in glass.text
    assert "Friends of this key" not in plain.text
    assert "Why Glass Market asks" in glass.text
    assert glass.control("Your exchange").one("option", selected="").text == "Glass Market"
    # The choice goes with the visitor; the page stays one page for search engines.
    assert "/issues/wrong-key?exchange=glassmarket" in glass.links()
    assert glass.one("link", rel="canonical")["href"].endswith("/issues/address-not-allowed")


def test_an_issue_of_another_exchange_is_gone_from_a_tailored_home_page(
    marbles: TestClient,
) -> None:
    assert "forgotten-word" in read(marbles, "/").ids
    assert "forgotten-word" in read(marbles, "/?exchange=glassmarket").ids
    assert "forgotten-word" not in read(marbles, "/?exchange=claybourse").ids


def test_an_exchange_that_nobody_knows_changes_nothing(marbles: TestClient) -> None:
    assert marbles.get("/?exchange=moonbourse").text == marbles.get("/").text


def test_an_exchange_page_has_its_facts_and_codes(marbles: TestClient) -> None:
    page = read(marbles, "/exchanges/glassmarket")
    assert page.heading == "Connect Glass Market to Marble Robot"
    assert in_order(page.text, ["Add the address", "Enter 192.0.2.7 under", "Friends of this key"])
    assert "Secret Word" in page.text
    assert "One word, no spaces" in page.text
    assert "5 s" in page.text
    for code in ("-7007", "-7009", "EMARBLE:Rolled away"):
        assert page.link(code).startswith("/errors/glassmarket/")
    assert page.link("Website") == "https://glassmarket.example"


def test_an_unverified_fact_is_marked(marbles: TestClient) -> None:
    """Only `whitelist.path` of Glass Market is unverified."""
    page = read(marbles, "/exchanges/glassmarket")
    marked = [row for row in page.one("dl").all("div") if "Not confirmed" in row.text]
    assert len(marked) == 1
    assert "(your key)" in marked[0].text


def test_an_error_page_gives_causes_in_order_and_asks(marbles: TestClient) -> None:
    page = read(marbles, "/errors/glassmarket/-7007")
    assert page.heading == "Glass Market error -7007"
    assert in_order(
        page.text,
        [
            "Friend unknown",
            "Sent with HTTP 403",
            "Most likely cause",
            "Address Not Allowed",
            "If this isn’t the cause",
            "Wrong Key",
        ],
    )
    assert page.link("192.0.2.7") == ("/diagnose?exchange=glassmarket&error=-7007&issue=wrong-key")


def test_a_code_with_several_messages_shows_each_meaning(marbles: TestClient) -> None:
    page = read(marbles, "/errors/glassmarket/-7009")
    assert in_order(
        page.text,
        ["“word”", "The word is wrong", "“key”", "The key is wrong", "If it says anything else"],
    )
    assert "Glass Market gives no reason here." in page.text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("/e/glassmarket/-7007", "/errors/glassmarket/-7007"),
        ("/e/glassmarket/-7007?a=1", "/errors/glassmarket/-7007?a=1"),
        ("/e/glassmarket/EMARBLE:Rolled%20away", "/errors/glassmarket/EMARBLE:Rolled%20away"),
        ("/errors/glassmarket/emarble:rolled%20AWAY", "/errors/glassmarket/EMARBLE:Rolled%20away"),
        ("/errors/glassmarket/EMARBLE:Rolled+away", "/errors/glassmarket/EMARBLE:Rolled%20away"),
    ],
)
def test_short_links_and_other_spellings_of_codes_lead_to_their_page(
    marbles: TestClient, old: str, new: str
) -> None:
    response = marbles.get(old)
    assert (response.status_code, response.headers["location"]) == (301, new)
    assert marbles.get(new).status_code == 200


# --- The whitelist ------------------------------------------------------------------------------


def test_all_addresses_can_be_copied_one_by_one_and_together(marbles: TestClient) -> None:
    for url in ("/", "/whitelist", "/exchanges/glassmarket", "/issues/wrong-key", "/diagnose"):
        page = read(marbles, url)
        shown = [element.text for element in page.one("main").all("code")]
        copied = [element["data-copy"] for element in page.one("main").all("button", type="button")]
        for address in ADDRESSES:
            assert address in shown
            assert address in copied
        assert ", ".join(ADDRESSES) in copied


def test_what_changes_in_a_message_is_left_open(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(FIXTURES / "exchange_content", content)
    errors = content / "errors" / "glassmarket.yml"
    text = errors.read_text(encoding="utf-8")
    errors.write_text(
        text.replace("Friend unknown", "Marble {n} of {} is lost", 1), encoding="utf-8"
    )
    market_client = client(content)
    for url in ("/errors/glassmarket/-7007", "/issues/address-not-allowed"):
        page = read(market_client, url)
        assert "Marble … of … is lost" in page.text, url


@pytest.mark.slow
def test_product_and_addresses_stand_once(tmp_path: Path) -> None:
    content = tmp_path / "content"
    shutil.copytree(FIXTURES / "exchange_content", content)
    site = content / "site.yml"
    text = site.read_text(encoding="utf-8")
    site.write_text(
        text.replace("Marble Robot", "Pebble Golem")
        .replace("192.0.2.7", "203.0.113.99")
        .replace("198.51.100.23", "203.0.113.100")
        .replace("2001:db8::7", "2001:db8::abba"),
        encoding="utf-8",
    )
    site_client = client(content, base_url=BASE_URL)
    urls = [*MARBLE_PAGES, "/issues/address-not-allowed.md", "/llms.txt", "/nonsuch"]
    for url in urls:
        page = site_client.get(url).text
        for old in ("Marble Robot", *ADDRESSES):
            assert old not in page, url
        assert "203.0.113.99" in page, url
        if not url.endswith(".md"):
            assert "Pebble Golem" in page, url


def test_an_issue_that_the_chosen_exchange_cannot_have_says_so(marbles: TestClient) -> None:
    url = "/issues/forgotten-word"
    assert "It only happens on Glass Market" in read(marbles, f"{url}?exchange=claybourse").text
    for other in (url, f"{url}?exchange=glassmarket"):
        assert "It only happens" not in read(marbles, other).text


@pytest.mark.parametrize("url", ["/", "/diagnose", "/search?q=key", "/whitelist", "/report"])
def test_the_chosen_exchange_stays_chosen(marbles: TestClient, url: str) -> None:
    page = read(marbles, f"{url}{'&' if '?' in url else '?'}exchange=claybourse")
    options = page.control("Your exchange").all("option")
    chosen = [option["value"] for option in options if "selected" in option]
    assert chosen == ["claybourse"]
    assert page.one("a", class_="brand")["href"] == "/?exchange=claybourse"


def test_choosing_an_exchange_on_the_page_of_another_leads_to_its_page(
    marbles: TestClient,
) -> None:
    page = read(marbles, "/exchanges/glassmarket")
    assert page.one("form", class_="menu")["action"] == "/exchanges"
    chosen = marbles.get("/exchanges?exchange=claybourse", follow_redirects=False)
    assert (chosen.status_code, chosen.headers["location"]) == (303, "/exchanges/claybourse")


def test_an_exchange_alone_tailors_the_first_page_without_javascript(marbles: TestClient) -> None:
    answer = marbles.post("/diagnose", data={"exchange": "claybourse"}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/?exchange=claybourse")


def test_the_banner_tells_what_is_true_on_an_exchange(marbles: TestClient) -> None:
    for path, exchange in (("/", ""), ("/exchanges/claybourse", "Clay Bourse")):
        banner = read(marbles, path).one("section", class_="banner").text
        assert ("Needed by every market" in banner) is (not exchange)
        assert exchange in banner


# --- For machines -------------------------------------------------------------------------------


def test_the_sitemap_names_every_page_once_and_all_are_there(marbles: TestClient) -> None:
    response = marbles.get("/sitemap.xml")
    assert response.headers["content-type"] == "application/xml; charset=utf-8"
    places = [element.text or "" for element in ET.fromstring(response.text).iter(f"{SITEMAP}loc")]
    assert len(places) == len(set(places)) == 2 * 14  # languages
    for place in places:
        assert place.startswith(f"{BASE_URL}/")
        page = read(marbles, place.removeprefix(BASE_URL))
        assert page.one("link", rel="canonical")["href"] == place
        assert not page.all("meta", name="robots")


def test_the_feed_is_atom_with_dated_entries(teapots: TestClient) -> None:
    response = teapots.get("/feed.xml")
    assert response.headers["content-type"] == "application/atom+xml; charset=utf-8"
    feed = ET.fromstring(response.text)
    assert feed.findtext(f"{ATOM}updated") == "2026-11-20T00:00:00Z"
    first, *undated = [entry.findtext(f"{ATOM}title") for entry in feed.iter(f"{ATOM}entry")]
    assert first == "Cold Water"
    assert undated == ["Stage Fright", "Rattling Lid"]
    entry_id = feed.findtext(f"{ATOM}entry/{ATOM}id")
    assert entry_id == f"{BASE_URL}/issues/cold-water"


def test_robots_leave_out_what_visitors_ask(teapots: TestClient) -> None:
    lines = teapots.get("/robots.txt").text.splitlines()
    assert "Disallow: /diagnose" in lines
    assert "Disallow: /search" in lines
    assert f"Sitemap: {BASE_URL}/sitemap.xml" in lines
    for url in ("/search?q=x", "/diagnose", "/diagnose?missing="):
        assert read(teapots, url).meta("robots") == "noindex"


def test_language_models_get_an_overview_of_markdown_pages(marbles: TestClient) -> None:
    lines = marbles.get("/llms.txt").text.splitlines()
    assert lines[0].startswith("# Connect Your Marble Market")
    assert "Marble Robot addresses: 192.0.2.7, 198.51.100.23, 2001:db8::7" in lines
    named = [line for line in lines if f"({BASE_URL}/issues/" in line]
    assert len(named) == 4
    for line in named:
        address = line.partition("](")[2].partition(")")[0].removeprefix(BASE_URL)
        assert marbles.get(address).headers["content-type"].startswith("text/markdown")


def test_the_server_says_that_it_is_well_and_what_it_serves(teapots: TestClient) -> None:
    assert teapots.get("/healthz").json() == {"status": "ok"}
    ready = teapots.get("/readyz").json()
    assert ready["status"] == "ok"
    assert ready["content"]
    for url in ("/healthz", "/readyz"):
        assert teapots.get(url).headers["cache-control"] == "no-store"


# --- Links --------------------------------------------------------------------------------------


@pytest.mark.slow
def test_every_link_and_anchor_of_every_page_leads_somewhere(
    marbles: TestClient, teapots: TestClient
) -> None:
    for visitor, least in ((marbles, 30), (teapots, 5)):
        result = walk(visitor)
        assert len(result.pages) >= least
        assert result.broken == []
