"""Notices that leave as mail, in each round of the worker."""

from __future__ import annotations

from app.services import mails
from app.worker.workshop import Workshop


def send_mail(workshop: Workshop) -> int:
    """Make messages of new notices and send what is due; how many were tried."""
    if workshop.send is None:
        return 0
    mails.collect(workshop.database, workshop.address)
    return mails.send_due(workshop.database, workshop.send)
