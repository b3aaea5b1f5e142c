"""Writes a project's extract: the cohort's people, the approved columns, the project's own ids.

``cohorts`` never sees a key: whoever carries out the request passes ``mapper(domain, ids)``, which
returns a project pseudonym for every id of a domain (``person``, ``visit_occurrence``...).
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import MappingProxyType

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv
import pyarrow.parquet as pq

from cohorts.errors import ExtractAlreadyExists, ExtractError
from cohorts.extract_documents import (
    DICTIONARY_CSV,
    DICTIONARY_PAGE,
    cohort_document,
    dictionary_csv,
    dictionary_of,
    dictionary_page,
    readme,
)
from cohorts.extract_files import (
    COHORT_FILE,
    CSV_FOLDER,
    DICTIONARY_FILE,
    EXTRACTS,
    MANIFEST_FILE,
    README_FILE,
    STAGING_PREFIX,
    ExtractFile,
    ExtractManifest,
    check_folder_name,
    file_entry,
    publish_folder,
)
from cohorts.extract_rows import Ids, Mapper, People, known_people, map_ids, person_ids, read_tables
from cohorts.frozen import FROZEN_FILE, Frozen
from cohorts.model import CohortDefinition
from cohorts.result import CohortResult
from cohorts.row_limits import Chosen, row_limits
from cohorts.selection import COHORT_TABLE, check_selection
from cohorts.shift import DateShift, shift_cohort, shift_table
from cohorts.window import WHOLE_RECORD, TimeWindow
from deid.release import Release

Check = Callable[[Path], Mapping[str, bytes] | None]


@dataclass(frozen=True)
class Extract:
    """A delivered extract."""

    path: Path
    manifest: ExtractManifest


def write_extract(
    release: Release,
    people: People,
    selection: Mapping[str, Sequence[str] | None],
    mapper: Mapper,
    destination: Path,
    *,
    project: str,
    extract: str,
    definition: CohortDefinition | None = None,
    title: str = "",
    purpose: str = "",
    ethics_number: str = "",
    expires_on: str = "",
    key_id: str = "",
    series: str = "",
    continues: str = "",
    window: TimeWindow = WHOLE_RECORD,
    rows_of: Chosen = MappingProxyType({}),
    frozen: Frozen | None = None,
    shift: DateShift | None = None,
    notes: tuple[str, ...] = (),
    check: Check | None = None,
) -> Extract:
    """Write ``<destination>/<project>/extracts/<extract>/`` and publish it by one rename.

    The rows are those of ``people`` only, within ``window`` and, of a table in ``rows_of``, of the
    concept sets of ``definition`` that it names; every person id, row id and reference
    is replaced by ``mapper``; rows are ordered by their new ids, so their order tells nothing of
    the release's. ``key_id`` names the key that the mapper draws from, ``series`` the first of the
    deliveries that share these pseudonyms. ``shift`` moves the dates further than the release did.
    ``notes`` are sentences for the README.
    ``check`` sees the staged folder (all but the manifest) before it is published: what it raises
    stops the extract, and documents it returns (``{"risk.json": ...}``) become part of it.

    Raises:
        SelectionError: for a table or column that cannot be delivered.
        ExtractAlreadyExists: if an extract of that name was delivered; extracts never change.
        ExtractError: if the mapper is not one-to-one or leaves an id as it was, if the cohort was
            run over another source, or if nobody is left.
    """
    if isinstance(people, CohortResult) and people.source != release.name:
        raise ExtractError(f"the cohort was not run over release {release.name}")
    chosen = check_selection(release, selection)
    limits = row_limits(release, definition, rows_of, chosen.tables)
    project_folder = Path(destination).absolute() / check_folder_name("project", project)
    folder = project_folder / EXTRACTS
    final = folder / check_folder_name("extract", extract)
    if final.exists():
        raise ExtractAlreadyExists(f"extract {extract} of project {project} exists already")
    if project_folder.is_symlink() or folder.is_symlink():
        raise ExtractError(f"the folder of project {project} is a link; nothing is written there")
    folder.mkdir(parents=True, exist_ok=True)
    staging = folder / f"{STAGING_PREFIX}{extract}"
    shutil.rmtree(staging, ignore_errors=True)
    staging.mkdir(mode=0o700)
    try:
        periods = people
        if shift is not None and isinstance(people, CohortResult):
            periods = shift_cohort(people, shift)
            people = _only(people, person_ids(periods))
        persons = len(known_people(release, person_ids(periods)))
        if not persons:
            raise ExtractError("the cohort holds no person of this release")
        tables = read_tables(release, people, chosen, window, limits)
        if shift is not None:
            tables = {name: shift_table(name, rows, shift) for name, rows in tables.items()}
        if isinstance(periods, CohortResult):
            tables[COHORT_TABLE] = periods.rows
        mapped = map_ids(tables, mapper)
        files = [
            entry
            for name, rows in sorted(mapped.items())
            for entry in _write_table(staging, name, rows)
        ]
        manifest = ExtractManifest(
            project=project,
            extract=extract,
            release=release.name,
            release_manifest_sha256=hashlib.sha256(release.manifest.to_json()).hexdigest(),
            cohort_sha256=definition.sha256 if definition else "",
            title=title,
            purpose=purpose,
            ethics_number=ethics_number,
            expires_on=expires_on,
            key_id=key_id,
            persons=persons,
            tables={name: tuple(rows.column_names) for name, rows in sorted(mapped.items())},
            series=series,
            continues=continues,
            window=(window.before, window.after),
            frozen_sha256=hashlib.sha256(frozen.to_json()).hexdigest() if frozen else "",
            shifted_days_max=shift.max_days if shift else 0,
            row_limits={table: limit.names for table, limit in sorted(limits.items())},
        )
        dictionary = dictionary_of(release, mapped, limits)
        documents = {
            DICTIONARY_FILE: dictionary.to_json(),
            DICTIONARY_CSV: dictionary_csv(dictionary),
            DICTIONARY_PAGE: dictionary_page(title or extract, dictionary),
            COHORT_FILE: cohort_document(definition, people, {"window": str(window)}),
            README_FILE: readme(
                release,
                manifest,
                {name: rows.num_rows for name, rows in mapped.items()},
                dictionary,
                frozen,
                notes,
            ),
        }
        if frozen is not None:
            documents[FROZEN_FILE] = frozen.to_json()
        for name, data in sorted(documents.items()):
            (staging / name).write_bytes(data)
        if check is not None:
            for name, data in sorted((check(staging) or {}).items()):
                if (staging / check_folder_name("document", name)).exists():
                    raise ExtractError(f"the document {name} is there already")
                (staging / name).write_bytes(data)
                documents[name] = data
        files += [file_entry(staging / name, staging) for name in sorted(documents)]
        files.sort(key=lambda entry: entry.path)
        manifest = replace(manifest, files=tuple(files))
        (staging / MANIFEST_FILE).write_bytes(manifest.to_json())
        try:
            publish_folder(staging, final)
        except OSError:
            if not final.exists():
                raise
            raise ExtractAlreadyExists(
                f"extract {extract} of project {project} was delivered meanwhile"
            ) from None
    finally:
        shutil.rmtree(staging, ignore_errors=True)
    return Extract(final, manifest)


def _only(people: CohortResult, ids: Ids) -> CohortResult:
    """The cohort without those who are not among ``ids``."""
    keep = pc.is_in(people.rows["subject_id"], value_set=pa.array(ids, pa.int64()))
    return replace(people, rows=people.rows.filter(keep))


def _write_table(staging: Path, name: str, rows: pa.Table) -> list[ExtractFile]:
    """The rows as Parquet and as CSV."""
    parquet = staging / f"{name}.parquet"
    pq.write_table(rows, parquet, compression="zstd", version="2.6")
    text = staging / CSV_FOLDER / f"{name}.csv"
    text.parent.mkdir(mode=0o700, exist_ok=True)
    pacsv.write_csv(rows, text)
    return [file_entry(path, staging, rows.num_rows) for path in (parquet, text)]
