"""The lab's client: opens a project's extract in a notebook, and nothing else of the machine.

from cohorts import open_project

project = open_project()
person = project.table("person")                      # pandas
project.sql("SELECT gender_concept_id, count(*) AS n FROM person GROUP BY ALL")
project.relation("person").filter("year_of_birth < 1950")      # DuckDB, evaluated when needed
project.sqlalchemy()                                  # a read-only SQLAlchemy engine
project.request_release(["table1.csv"], note="Table 1 of the paper")
"""

from __future__ import annotations

import datetime
import difflib
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from cohorts.about import About
from cohorts.access import open_until, refuse_ended
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
from cohorts.project_queries import connect, read_only_engine, to_frame
from deid.release import Dictionary

if TYPE_CHECKING:
    import duckdb
    import pandas as pd
    from sqlalchemy import Engine

    from cohorts.outputs.report import Report

PROJECT_VARIABLE: Final = "CARECOMMONS_LAB_PROJECT"
ACCESS_FILE: Final = "access.json"
_OPEN, _REVOKED = "open", "revoked"


@dataclass(frozen=True)
class Project:
    """One extract of one project, opened and verified."""

    folder: Path
    path: Path
    manifest: ExtractManifest = field(repr=False)
    about: About = field(repr=False)

    @property
    def extracts(self) -> tuple[str, ...]:
        """All extracts of the project, in the order of delivery by name."""
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

    @property
    def citation(self) -> str:
        """How a paper names the data."""
        return self.about.citation

    @property
    def expires_on(self) -> datetime.date | None:
        """The last day of access; ``None`` if none is set."""
        day = self.about.expires_on
        return datetime.date.fromisoformat(day) if day else None

    def describe(self, table: str) -> pd.DataFrame:
        """The dictionary's lines of one table.

        Raises:
            ProjectError: if the extract has no such table.
        """
        rows = self.dictionary[self.dictionary["table"] == self._known(table)]
        return rows.drop(columns="table").set_index("name")

    def table(self, name: str) -> pd.DataFrame:
        """A delivered table as a data frame; ids are whole numbers, missing ones ``<NA>``.

        Raises:
            ProjectError: if the extract has no such table.
            AccessExpired: if access has ended since the project was opened.
        """
        return self.sql(f'SELECT * FROM "{self._known(name)}"')

    def sql(self, query: str) -> pd.DataFrame:
        """The result of a DuckDB query over the extract's tables as a data frame.

        Raises:
            ProjectError: if the query gives no table.
            AccessExpired: if access has ended since the project was opened.
        """
        check_access(self.folder, self.manifest)
        with connect(self._files) as connection:
            rows = connection.sql(query)
            if rows is None:
                raise ProjectError("the query returned no table; begin it with SELECT or WITH")
            return to_frame(rows.to_arrow_table())

    def relation(self, query: str) -> duckdb.DuckDBPyRelation:
        """A table, or a query over the tables, as a DuckDB relation: nothing is read until needed.

        Raises:
            ProjectError: if it is a single word and no table.
            AccessExpired: if access has ended since the project was opened.
        """
        check_access(self.folder, self.manifest)
        single = re.fullmatch(r"\w+", query.strip())
        text = f'SELECT * FROM "{self._known(query.strip())}"' if single else query
        rows = self._connection.sql(text)
        if rows is None:
            raise ProjectError("the query returned no table; begin it with SELECT or WITH")
        return rows

    def sqlalchemy(self, tables: Sequence[str] | None = None) -> Engine:
        """A SQLAlchemy engine over a read-only copy of the tables in this kernel's memory.

        Nothing of it lies on the disk; with ``tables`` only those are copied. Each call makes a
        copy of its own, so keep the engine.

        Raises:
            ProjectError: if the extract has no such table.
            AccessExpired: if access has ended since the project was opened.
        """
        check_access(self.folder, self.manifest)
        wanted = [self._known(name) for name in (self.tables if tables is None else tables)]
        return read_only_engine({name: self._files[name] for name in wanted})

    def open(self, extract: str) -> Project:
        """Another extract of the same project.

        Raises:
            ProjectError, AccessExpired, ExtractChanged: as :func:`open_project`.
        """
        return open_project(self.folder, extract)

    def check_output(self, files: Sequence[Path | str] | Path | str) -> Report:
        """What the portal's check will say about files, before one asks for their release.

        Raises:
            OutputRefused: naming a file that cannot leave in this form, and what to do instead.
        """
        from cohorts.outputs.sending import check_files

        return check_files(files)

    def request_release(
        self, files: Sequence[Path | str] | Path | str, note: str, title: str = ""
    ) -> Report:
        """Put copies of files into the project's outbox; a member sends them on in the portal.

        Nothing leaves by this alone: a member of the project asks for the release in the portal,
        and a steward who does not belong to the project decides.

        Args:
            files: of this workspace, or a folder that ``acro`` finalised.
            note: what they show and where they are to go; the steward reads it.

        Raises:
            OutputRefused: naming a file that cannot leave in this form, and what to do instead.
            AccessExpired: if access has ended since the project was opened.
        """
        from cohorts.outputs.sending import send

        check_access(self.folder, self.manifest)
        return send(self.folder, self.about.extract, files, note, title)

    def acro(self, **options: Any) -> Any:
        """An ``acro.ACRO`` session with this installation's limits; see ``docs/output-check.md``.

        Raises:
            ProjectError: if the library is not installed.
        """
        from cohorts.outputs.acro_session import new_session

        return new_session(**options)

    def __getitem__(self, name: str) -> pd.DataFrame:
        return self.table(name)

    def _ipython_key_completions_(self) -> list[str]:
        return list(self.tables)

    def _repr_html_(self) -> str:
        from cohorts.project_display import project_html

        return project_html(self.about, self.rows, self.manifest.tables, self.extracts)

    def _known(self, name: str) -> str:
        if name in self.manifest.tables:
            return name
        near = difflib.get_close_matches(name, self.tables, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise ProjectError(f"no table {name}{hint} There are {', '.join(self.tables)}")

    @property
    def _files(self) -> dict[str, Path]:
        return {name: self.path / f"{name}.parquet" for name in self.tables}

    @property
    def rows(self) -> Mapping[str, int]:
        """Rows of each delivered table."""
        return {
            entry.path.removesuffix(".parquet"): entry.rows or 0
            for entry in self.manifest.files
            if entry.rows is not None and entry.path.endswith(".parquet")
        }

    @cached_property
    def _connection(self) -> duckdb.DuckDBPyConnection:
        return connect(self._files)


def open_project(path: Path | str | None = None, extract: str | None = None) -> Project:
    """Open a project's extract, after checking that access is open and no file was changed.

    Without ``path`` the project is the folder named by ``CARECOMMONS_LAB_PROJECT``, or the nearest
    folder upwards from the working folder that holds ``extracts``. Without ``extract`` the last one
    by name is opened; numbers in names count as numbers.

    Raises:
        ProjectError: if there is no project or no such extract.
        AccessExpired: if access has ended or was revoked.
        ExtractChanged: naming the first file that is missing or was changed.
    """
    folder = _find_project(path)
    names = _extract_names(folder)
    if not names or (extract is not None and extract not in names):
        refuse_ended(folder, extract)
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
            cited=_cited(location),
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
    expires_on = open_until(folder, manifest.extract, manifest.expires_on)
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
            (
                path.name
                for path in extracts.iterdir()
                if not path.name.startswith(".") and (path / MANIFEST_FILE).is_file()
            ),
            key=_natural,
        )
    )


def _natural(name: str) -> list[tuple[int, str]]:
    """Sorts ``request-9`` before ``request-10``."""
    return [(int(part), "") if part.isdigit() else (-1, part) for part in re.split(r"(\d+)", name)]


def _cited(location: Path) -> str:
    """The citation in an extract's own README: the quoted line below its heading."""
    readme = location / "README.md"
    if not readme.is_file():
        return ""
    found = re.search(
        r"^## How to cite\s+> (.+)$", readme.read_text(encoding="utf-8"), re.MULTILINE
    )
    return found.group(1).strip() if found else ""


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


def _list(names: tuple[str, ...]) -> str:
    return ", ".join(names)
