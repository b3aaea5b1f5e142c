"""The lab's client: opens a project's extract in a notebook, and nothing else of the machine.

from cohorts import open_project

project = open_project()
person = project.table("person")
project.sql("SELECT gender_concept_id, count(*) AS n FROM person GROUP BY ALL")
"""

from __future__ import annotations

import datetime
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import duckdb

from cohorts.errors import AccessExpired, ExtractChanged, ProjectError
from cohorts.extract_files import (
    COHORT_FILE,
    DICTIONARY_FILE,
    EXTRACTS,
    MANIFEST_FILE,
    ExtractManifest,
    canonical_json,
    check_folder_name,
    flush,
    sha256_of,
)
from deid.release import Dictionary

if TYPE_CHECKING:
    import pandas as pd

PROJECT_VARIABLE: Final = "CARECOMMONS_LAB_PROJECT"
ACCESS_FILE: Final = "access.json"
_OPEN, _REVOKED = "open", "revoked"


@dataclass(frozen=True)
class About:
    """What an extract is for, and until when it may be used. Dates are ISO dates or empty."""

    project: str
    extract: str
    title: str
    purpose: str
    ethics_number: str
    expires_on: str
    release: str
    persons: int
    cohort: str
    cohort_sha256: str

    def __str__(self) -> str:
        lines = [
            f"Project {self.project}, extract {self.extract}: {self.title or 'untitled'}",
            f"Purpose: {self.purpose or 'not stated'}",
            f"Ethics approval: {self.ethics_number or 'not stated'}",
            f"Access ends: {self.expires_on or 'not set'}",
            f"From release {self.release}; {self.persons:,} people",
            "",
            self.cohort,
        ]
        return "\n".join(lines).rstrip()


@dataclass(frozen=True)
class Project:
    """One extract of one project, opened and verified."""

    folder: Path
    path: Path
    manifest: ExtractManifest = field(repr=False)
    about: About = field(repr=False)

    @property
    def extracts(self) -> tuple[str, ...]:
        """All extracts of the project, by name."""
        return _extract_names(self.folder)

    @property
    def tables(self) -> tuple[str, ...]:
        """Names of the delivered tables, sorted."""
        return tuple(sorted(self.manifest.tables))

    @cached_property
    def dictionary(self) -> pd.DataFrame:
        """One row a column: table, name, type, meaning, treatment, unit and completeness."""
        import pandas as pd

        entries = Dictionary.from_json((self.path / DICTIONARY_FILE).read_bytes()).columns
        names = ("table", "name", "type", "meaning", "treatment", "rule", "unit", "completeness")
        rows = [[getattr(entry, name) for name in names] for entry in entries]
        return pd.DataFrame(rows, columns=list(names))

    @property
    def definition(self) -> dict[str, Any] | None:
        """The cohort definition (Circe JSON), if the extract was made from one."""
        return json.loads((self.path / COHORT_FILE).read_bytes())["definition"]

    def table(self, name: str) -> pd.DataFrame:
        """A delivered table as a data frame; ids are whole numbers, missing ones ``<NA>``.

        Raises:
            ProjectError: if the extract has no such table.
            AccessExpired: if access has ended since the project was opened.
        """
        if name not in self.manifest.tables:
            raise ProjectError(f"no table {name}; there are {', '.join(self.tables)}")
        return self.sql(f'SELECT * FROM "{name}"')

    def sql(self, query: str) -> pd.DataFrame:
        """The result of a DuckDB query over the extract's tables as a data frame.

        Raises:
            AccessExpired: if access has ended since the project was opened.
        """
        check_access(self.folder, self.manifest)
        with self._connect() as connection:
            rows = connection.sql(query)
            if rows is None:
                raise ProjectError("the query returned no table")
            return _to_frame(rows.to_arrow_table())

    @contextmanager
    def _connect(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """DuckDB over this extract's Parquet files, with no way to any other file."""
        with duckdb.connect() as connection:
            for name in self.tables:
                file = str(self.path / f"{name}.parquet").replace("'", "''")
                connection.execute(
                    f"CREATE VIEW \"{name}\" AS SELECT * FROM read_parquet('{file}')"
                )
            folder = str(self.path).replace("'", "''")
            connection.execute(f"SET allowed_directories = ['{folder}']")
            connection.execute("SET enable_external_access = false")
            connection.execute("SET lock_configuration = true")
            yield connection


def open_project(path: Path | str | None = None, extract: str | None = None) -> Project:
    """Open a project's extract, after checking that access is open and no file was changed.

    Without ``path`` the project is the folder named by ``CARECOMMONS_LAB_PROJECT``, or the nearest
    folder upwards from the working folder that holds ``extracts``. Without ``extract`` the last one
    by name is opened.

    Raises:
        ProjectError: if there is no project or no such extract.
        AccessExpired: if access has ended or was revoked.
        ExtractChanged: naming the first file that is missing or was changed.
    """
    folder = _find_project(path)
    names = _extract_names(folder)
    if not names:
        raise ProjectError(f"project {folder.name} has no extract yet")
    name = names[-1] if extract is None else extract
    if name not in names:
        raise ProjectError(f"project {folder.name} has no extract {name}; it has {_list(names)}")
    location = folder / EXTRACTS / name
    manifest = ExtractManifest.from_json((location / MANIFEST_FILE).read_bytes())
    if (manifest.project, manifest.extract) != (folder.name, name):
        raise ExtractChanged(f"the folder {folder.name}/{name} holds another project's extract")
    expires_on = check_access(folder, manifest)
    _check_files(location, manifest)
    cohort = json.loads((location / COHORT_FILE).read_bytes())
    return Project(
        folder=folder,
        path=location,
        manifest=manifest,
        about=About(
            project=manifest.project,
            extract=manifest.extract,
            title=manifest.title,
            purpose=manifest.purpose,
            ethics_number=manifest.ethics_number,
            expires_on=expires_on,
            release=manifest.release,
            persons=manifest.persons,
            cohort=str(cohort["description"]),
            cohort_sha256=manifest.cohort_sha256,
        ),
    )


def set_access(
    project_root: Path, project: str, *, expires_on: str = "", revoked: bool = False
) -> None:
    """Renew, shorten or revoke a project's access. It goes before what an extract's manifest says.

    Raises:
        ValueError: if ``expires_on`` is neither empty nor an ISO date.
    """
    if expires_on:
        datetime.date.fromisoformat(expires_on)
    folder = Path(project_root).absolute() / check_folder_name("project", project)
    folder.mkdir(parents=True, exist_ok=True)
    staged = folder / f".{ACCESS_FILE}"
    staged.write_bytes(
        canonical_json({"state": _REVOKED if revoked else _OPEN, "expires_on": expires_on})
    )
    flush(staged)
    staged.replace(folder / ACCESS_FILE)
    flush(folder)


def check_access(
    folder: Path, manifest: ExtractManifest, today: datetime.date | None = None
) -> str:
    """The day on which access ends, empty if none is set; the day itself is still open.

    Raises:
        AccessExpired: if that day is over or access was revoked, or the record is unreadable.
    """
    expires_on = manifest.expires_on
    try:
        record = json.loads((folder / ACCESS_FILE).read_bytes())
        state, expires_on = str(record["state"]), str(record["expires_on"])
    except FileNotFoundError:
        state = _OPEN
    except (OSError, ValueError, KeyError, TypeError):
        raise AccessExpired(f"project {folder.name}: its access record is unreadable") from None
    if state != _OPEN:
        raise AccessExpired(f"access to project {folder.name} was revoked")
    if expires_on:
        try:
            last = datetime.date.fromisoformat(expires_on)
        except ValueError:
            raise AccessExpired(f"project {folder.name}: its end of access is no date") from None
        if (today or datetime.date.today()) > last:  # noqa: DTZ011 -- the lab's own day counts
            raise AccessExpired(f"access to project {folder.name} ended on {expires_on}")
    return expires_on


def list_projects(root: Path) -> list[str]:
    """Names of the projects under ``root`` that have at least one extract."""
    if not Path(root).is_dir():
        return []
    return sorted(
        path.name
        for path in Path(root).iterdir()
        if not path.name.startswith(".") and path.is_dir() and _extract_names(path)
    )


def _find_project(path: Path | str | None) -> Path:
    if path is None:
        path = os.environ.get(PROJECT_VARIABLE) or None
    if path is not None:
        folder = Path(path).absolute()
        if not (folder / EXTRACTS).is_dir():
            raise ProjectError(f"{folder}: not a project folder, it holds no {EXTRACTS}")
        return folder
    here = Path.cwd().absolute()
    for folder in (here, *here.parents):
        if (folder / EXTRACTS).is_dir():
            return folder
    raise ProjectError(f"no project here or above; set {PROJECT_VARIABLE} or pass its folder")


def _extract_names(folder: Path) -> tuple[str, ...]:
    extracts = folder / EXTRACTS
    if not extracts.is_dir():
        return ()
    return tuple(
        sorted(
            path.name
            for path in extracts.iterdir()
            if not path.name.startswith(".") and (path / MANIFEST_FILE).is_file()
        )
    )


def _check_files(location: Path, manifest: ExtractManifest) -> None:
    expected = {entry.path: entry for entry in manifest.files}
    found = {
        str(path.relative_to(location))
        for path in location.rglob("*")
        if path.is_file() and path.name != MANIFEST_FILE
    }
    for path in sorted(set(expected) ^ found):
        what = "is missing" if path in expected else "is not in the manifest"
        raise ExtractChanged(f"extract {manifest.extract}: {path} {what}")
    for path, entry in sorted(expected.items()):
        if sha256_of(location / path) != entry.sha256:
            raise ExtractChanged(f"extract {manifest.extract}: {path} was changed")


def _to_frame(rows: Any) -> pd.DataFrame:
    """Arrow to pandas; whole numbers never pass through floats, which would spoil 63-bit ids."""
    import pandas as pd
    import pyarrow as pa

    nullable = {pa.int64(): pd.Int64Dtype(), pa.int32(): pd.Int32Dtype()}
    return rows.to_pandas(types_mapper=nullable.get, date_as_object=False)


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)
