"""A page as a tree, to be asked for what a visitor sees: texts, links, fields by their labels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from html.parser import HTMLParser

VOID = {"br", "circle", "col", "hr", "img", "input", "link", "meta", "path", "rect", "use", "wbr"}
UNSEEN = {"noscript", "script", "style", "template", "title"}


@dataclass(eq=False)
class Element:
    """One element with its attributes and its children, elements and texts, in order."""

    tag: str
    attributes: dict[str, str] = field(default_factory=dict)
    parent: Element | None = None
    children: list[Element | str] = field(default_factory=list)

    def __getitem__(self, name: str) -> str:
        return self.attributes[name]

    def __contains__(self, name: str) -> bool:
        return name in self.attributes

    def walk(self) -> Iterator[Element]:
        """Give this element and all below, in the order of the page."""
        yield self
        for child in self.children:
            if isinstance(child, Element):
                yield from child.walk()

    def all(self, *tags: str, **attributes: str) -> list[Element]:
        """Return the elements below with one of `tags` (any without) and these attributes.

        An underscore in an attribute's name stands for a hyphen, one at the end for nothing.
        """
        wanted = {name.rstrip("_").replace("_", "-"): value for name, value in attributes.items()}
        return [
            element
            for element in self.walk()
            if (not tags or element.tag in tags)
            and all(element.attributes.get(name) == value for name, value in wanted.items())
        ]

    def one(self, *tags: str, **attributes: str) -> Element:
        """Return the only element that `all` finds."""
        found = self.all(*tags, **attributes)
        assert len(found) == 1, f"{len(found)} elements {tags} {attributes}"
        return found[0]

    def inside(self, tag: str) -> bool:
        """Tell whether this element stands in one of `tag`."""
        return self.parent is not None and (self.parent.tag == tag or self.parent.inside(tag))

    @property
    def raw_text(self) -> str:
        """All text below, as it is written."""
        return "".join(
            child.raw_text if isinstance(child, Element) else child for child in self.children
        )

    @property
    def text(self) -> str:
        """The text below that can be read, with its spaces collapsed."""
        return " ".join("".join(self._readable()).split())

    def _readable(self) -> Iterator[str]:
        for child in self.children:
            if isinstance(child, str):
                yield child
            elif child.tag not in UNSEEN:
                yield from child._readable()


class Document(HTMLParser):
    """A parsed page or fragment; unbalanced tags are an error."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.root = Element("")
        self._open = self.root
        self.feed(html)
        self.close()
        assert self._open is self.root, f"<{self._open.tag}> is not closed"

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs}, self._open)
        self._open.children.append(element)
        if tag not in VOID:
            self._open = element

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open.children.append(
            Element(tag, {name: value or "" for name, value in attrs}, self._open)
        )

    def handle_endtag(self, tag: str) -> None:
        assert self._open.tag == tag, f"</{tag}> closes <{self._open.tag}>"
        assert self._open.parent is not None
        self._open = self._open.parent

    def handle_data(self, data: str) -> None:
        self._open.children.append(data)

    def all(self, *tags: str, **attributes: str) -> list[Element]:
        return self.root.all(*tags, **attributes)

    def one(self, *tags: str, **attributes: str) -> Element:
        return self.root.one(*tags, **attributes)

    @property
    def text(self) -> str:
        """What can be read on the page."""
        return self.root.text

    @property
    def title(self) -> str:
        return self.one("title").raw_text.strip()

    @property
    def heading(self) -> str:
        return self.one("h1").text

    @property
    def ids(self) -> set[str]:
        return {element["id"] for element in self.all() if "id" in element}

    def links(self) -> list[str]:
        """Return where the links on the page lead, in order."""
        return [element["href"] for element in self.all("a") if "href" in element]

    def link(self, name: str) -> str:
        """Return where the links of this name lead, all of them to the same place."""
        found = {element["href"] for element in self.all("a") if element.text == name}
        assert len(found) == 1, f"links {name!r} lead to {sorted(found)}"
        return found.pop()

    def control(self, label: str) -> Element:
        """Return the form control with this label."""
        named = [element for element in self.all("label") if element.text == label]
        assert len(named) == 1, f"{len(named)} labels {label!r}"
        if "for" in named[0]:
            return self.one(id=named[0]["for"])
        return named[0].one("input", "select", "textarea")

    def meta(self, name: str) -> str:
        """Return the content of a `meta` element by its name or property."""
        found = self.all("meta", name=name) + self.all("meta", property=name)
        assert len(found) == 1, f"{len(found)} meta elements {name!r}"
        return found[0]["content"]

    def value(self, control: Element) -> str:
        """Return what stands in a text area, without the line break that HTML ignores."""
        return control.raw_text.removeprefix("\n")
