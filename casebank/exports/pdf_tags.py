"""What WeasyPrint leaves undone of PDF/UA-1: done between its drawing and its writing of a PDF.

ISO 14289-1 wants running footers to be artifacts (7.8), so that nobody hears them again on every
page, header cells to say which way they head (7.5), and a change of language to be told (7.2).
WeasyPrint tags the first as content that hangs in no tree, names headers in their data cells alone,
which leaves out a header above other headers, and knows one language a document.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import pydyf
from weasyprint.formatting_structure.boxes import ReplacedBox, TextBox
from weasyprint.layout.absolute import AbsolutePlaceholder

_FOOTER: Final = pydyf.Dictionary({"Type": "/Pagination", "Subtype": "/Footer"})


def complete_tags(document: Any, pdf: pydyf.PDF) -> None:
    """Scopes of header cells, languages of texts, footers as artifacts: WeasyPrint's finisher."""
    tree = _Tree(pdf)
    for drawn, reference in zip(document.pages, pdf.page_references, strict=True):
        _tell_languages(drawn, tree.marked_on(reference), pdf.catalog["Lang"].string)
    for header in tree.elements("/TH"):
        row_group = tree.parent(tree.parent(header))
        header["A"]["Scope"] = "/Column" if row_group["S"] == "/THead" else "/Row"
    for page, content, owners in tree.pages():
        loose = {mcid for mcid, owner in enumerate(owners) if not tree.hangs(owner)}
        _make_artifacts(content, loose)
        for mcid in loose:
            owners[mcid] = b"null"
        for link in tree.links(page):
            # Otherwise what is on the screen is not what is printed.
            link["F"] = 4
    tree.drop_loose()


class _Tree:
    """The structure tree of a PDF that is not written yet."""

    def __init__(self, pdf: pydyf.PDF) -> None:
        self.objects: dict[bytes, Any] = {one.reference: one for one in pdf.objects}
        self.pdf = pdf
        self.root = self.objects[pdf.catalog["StructTreeRoot"]]
        self.reached = set(self._below(self.root))

    def _below(self, element: Any) -> Iterator[bytes]:
        waiting = [element]
        while waiting:
            for kid in waiting.pop().get("K", ()):
                if kid in self.objects:
                    yield kid
                    waiting.append(self.objects[kid])

    def hangs(self, reference: bytes) -> bool:
        """Whether an element is in the tree."""
        return reference in self.reached

    def elements(self, kind: str) -> Iterator[Any]:
        """The tree's elements of a type."""
        for reference in self.reached:
            if self.objects[reference].get("S") == kind:
                yield self.objects[reference]

    def marked_on(self, page: bytes) -> list[Any]:
        """The element of each piece of a page's content, in the order in which they were made."""
        return [
            one
            for one in self.objects.values()
            if isinstance(one, pydyf.Dictionary) and one.get("Type") == "/StructElem"
            if one.get("Pg") == page
            for kid in one["K"]
            if isinstance(kid, int)
        ]

    def parent(self, element: Any) -> Any:
        """The element above."""
        return self.objects[element["P"]]

    def pages(self) -> Iterator[tuple[Any, Any, Any]]:
        """Each page, its content, and by number of marked content the element that it is of."""
        numbers = self.objects[self.root["ParentTree"]]["Nums"]
        owners = dict(zip(numbers[::2], numbers[1::2], strict=True))
        for reference in self.pdf.page_references:
            page = self.objects[reference]
            yield page, self.objects[page["Contents"]], owners[page["StructParents"]]

    def links(self, page: Any) -> Iterator[Any]:
        """The page's links."""
        for reference in page.get("Annots", ()):
            if self.objects[reference]["Subtype"] == "/Link":
                yield self.objects[reference]

    def drop_loose(self) -> None:
        """Leave the elements that hang in no tree out of the file."""
        for reference, one in self.objects.items():
            kind = one.get("Type") if isinstance(one, pydyf.Dictionary) else None
            if kind == "/StructElem" and reference not in self.reached:
                one.free = "f"


def _tell_languages(drawn: Any, elements: list[Any], language: str) -> None:
    """Elements of text that is in another language than the document say so.

    WeasyPrint makes an element for each text and picture of a page, in the order of their boxes.
    """
    for box, element in zip(_contents(drawn._page_box), elements, strict=True):
        if isinstance(box, TextBox) and box.style["lang"] not in (None, language):
            element["Lang"] = pydyf.String(box.style["lang"])


def _contents(box: Any) -> Iterator[Any]:
    """Texts and pictures below a box; what stands in its place elsewhere is looked into."""
    if isinstance(box, AbsolutePlaceholder):
        box = box._box
    if isinstance(box, TextBox | ReplacedBox):
        yield box
    for child in box.children:
        yield from _contents(child)


def _make_artifacts(content: Any, mcids: set[int]) -> None:
    """Marked content with those numbers becomes a footer's; ``BDC`` follows tag and properties."""
    for place, part in enumerate(content.stream):
        if isinstance(part, pydyf.Dictionary) and part.get("MCID") in mcids:
            content.stream[place - 1 : place + 1] = ["/Artifact", _FOOTER]
