"""Use cases of the community profile: safe figures by area and year of one release.

A profile is computed once for each release and kept in memory under the hash of its manifest.
"""

from __future__ import annotations

from pathlib import Path
from typing import Final

from app.audit import AuditEvent, record
from app.db.database import Database
from app.permissions import Actor, Permission, check_permission
from app.services.computations import Computations, Waiting
from cohorts.community.profile import CommunityProfile, community_profile
from cohorts.disclosure import DisclosureRule
from deid.errors import ReleaseError, ReleaseNotFound
from deid.release import Release, check_release_name, list_releases, open_release

PATIENCE_SECONDS: Final = 2.0


class CommunityProfiles:
    """Profiles of the releases under one folder."""

    def __init__(self, root: Path, rule: DisclosureRule) -> None:
        self._root = root
        self._rule = rule
        self._computations = Computations(kept=16, at_once=1)

    def releases(self, actor: Actor) -> list[Release]:
        """Releases that there is a profile of: those with people, by name.

        Raises:
            PermissionDenied: unless the actor may see profiles.
        """
        check_permission(actor, Permission.SEE_COMMUNITY_PROFILE)
        found = list_releases(self._root)
        return [one for one in found if {"person", "observation_period"} <= set(one.tables)]

    def get(self, actor: Actor, name: str) -> tuple[Release, CommunityProfile | Waiting]:
        """A release and its profile, or that it is being computed.

        Raises:
            PermissionDenied: unless the actor may see profiles.
            ReleaseNotFound: if there is no such release.
        """
        check_permission(actor, Permission.SEE_COMMUNITY_PROFILE)
        try:
            check_release_name(name)
        except ReleaseError:
            raise ReleaseNotFound("no release of that name") from None
        release = open_release(self._root, name)

        def work(_: object) -> CommunityProfile:
            found = community_profile(
                release, self._rule, by_day=release.manifest.date_resolution == "day"
            )
            found.prepare()
            return found

        key = (release.certificate.statement["manifest_sha256"], self._rule)
        return release, self._computations.ask(key, work, PATIENCE_SECONDS)


def record_export(database: Database, actor: Actor, release: Release, what: str) -> None:
    """Write into the audit log that a table of the profile was downloaded."""
    with database.writing() as session:
        event = AuditEvent("community.exported", "release", release.name, {"table": what})
        record(session, actor, event)
