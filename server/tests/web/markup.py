"""A page taken apart: its elements with their attributes, its links, its text."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser


class Markup(HTMLParser):
    """`elements` lists (tag, attributes) in the order of the page."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self._texts: list[str] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_data(self, data):
        self._texts.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self._texts).split())

    @property
    def shape(self) -> Counter[tuple[str, tuple[str, ...]]]:
        """How often each element comes with which attributes; what they say is left out."""
        return Counter((tag, tuple(sorted(attributes))) for tag, attributes in self.elements)

    def links(self, **wanted: str) -> list[str]:
        """The addresses of links whose attributes are as wanted, e.g. `links(class_="row-link")`."""
        asked = {name.strip("_").replace("_", "-"): value for name, value in wanted.items()}
        return [
            attributes["href"]
            for tag, attributes in self.elements
            if tag == "a" and asked.items() <= attributes.items()
        ]
