"""Papers of the demonstration: certificates and an ethics approval, each saying that it is one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

from sqlalchemy.orm import Session

from app.permissions import Actor
from app.services.training import add_certificate, decide_certificate

_ISSUED_BEFORE = timedelta(days=200)
_VALID_FOR = timedelta(days=700)


def seed_training(session: Session, people: Mapping[str, Actor], today: date) -> None:
    """The researcher's training, verified; and a second certificate that waits for the steward."""
    researcher, steward = people["researcher"], people["steward"]
    for kind, about in (("privacy", "privacy of health records"), ("disclosure", "disclosure")):
        given = add_certificate(
            session,
            researcher,
            kind,
            "Demonstration University",
            today - _ISSUED_BEFORE,
            today + _VALID_FOR,
            paper(f"Certificate of training: {about}. Made up for a demonstration."),
            today,
        )
        if kind == "privacy":
            decide_certificate(session, steward, given.id, True, "")


def paper(line: str) -> bytes:
    """A PDF of one page with one line of ASCII in it (ISO 32000-2, 7.5)."""
    words = line.replace("\\", "").replace("(", "").replace(")", "")
    drawing = f"BT /F1 14 Tf 60 760 Td ({words}) Tj ET".encode("ascii")
    objects = (
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents 4 0 R "
        b"/Resources << /Font << /F1 5 0 R >> >> >>",
        b"<< /Length %d >>\nstream\n%s\nendstream" % (len(drawing), drawing),
        b"<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>",
    )
    written, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(written))
        written += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    return written + (
        b"xref\n0 %d\n0000000000 65535 f \n%strailer\n<< /Size %d /Root 1 0 R >>\n"
        b"startxref\n%d\n%%%%EOF\n" % (len(objects) + 1, table, len(objects) + 1, len(written))
    )
