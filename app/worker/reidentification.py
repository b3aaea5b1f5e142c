"""Traces a pseudonym back to the vault, through the extract and the release that it is from."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from app.services.projects import PROJECT_CODE
from app.services.reidentification import Target
from cohorts.extract_files import EXTRACTS, MANIFEST_FILE, ExtractManifest, check_folder_name
from deid.build.reidentifying import Identified, identify, release_pseudonym
from deid.errors import ReleaseNotFound
from deid.keys import Keyring
from deid.release import open_release


def trace(
    target: Target, release_root: Path, project_root: Path, vault_url: str, keyring: Keyring
) -> Identified:
    """Who the person is.

    Raises:
        KeyDestroyed: if the key of the release or the extract was destroyed.
        ManifestMismatch: if there is no such person.
        ReleaseNotFound: if there is no such release or extract.
    """
    if target.release:
        release = open_release(release_root, target.release)
        return identify(release, target.person, vault_url, keyring)
    manifest = _extract(project_root, target)
    release = open_release(release_root, manifest.release)
    # An extract from before keys had generations names none: its release's key was the only one.
    own = keyring.of(manifest.key_id or release.manifest.key_id)
    key = own.derive("project", manifest.project, manifest.pseudonym_series, "pseudonyms")
    known = release.read("person")["person_id"].to_numpy().astype(np.int64)
    person = release_pseudonym(known, key, target.person)
    return identify(release, person, vault_url, keyring)


def _extract(project_root: Path, target: Target) -> ExtractManifest:
    if not PROJECT_CODE.fullmatch(target.project):
        raise ReleaseNotFound("a project's code has small letters, digits and hyphens")
    name = check_folder_name("extract", target.extract)
    path = project_root / target.project / EXTRACTS / name / MANIFEST_FILE
    try:
        manifest = ExtractManifest.from_json(path.read_bytes())
    except OSError:
        raise ReleaseNotFound(f"there is no {target.words} here") from None
    if (manifest.project, manifest.extract) != (target.project, target.extract):
        raise ReleaseNotFound(f"the manifest there is of another extract than {target.words}")
    return manifest
