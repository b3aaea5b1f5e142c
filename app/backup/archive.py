"""What a backup of the portal holds, how it is written, and how it is put back.

A backup is a tar stream, sealed: the rows of every table as of one moment, the private files
beside the portal's secret, the projects' folder, and last a manifest with the hash of each.
Releases are not in it, since they never change and are copied as files; nor are vault and keys,
which the portal does not know.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import secrets
import shutil
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any, Final

from alembic.util.exc import CommandError
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session

from app.audit import AuditEvent, record, verify_chain
from app.backup.sealed import SealedReader, SealedWriter
from app.backup.tables import dump, is_empty, load, revision_of, tables_of, take_away
from app.db.database import Database, open_existing_database
from app.db.types import utc_now
from app.errors import BackupRefused
from app.permissions import COMMAND_LINE
from app.settings import PortalSettings

MANIFEST: Final = "manifest.json"
_TABLES: Final = "tables"
_PRIVATE: Final = "portal"
_PROJECTS: Final = "projects"
_MANIFEST_LARGEST: Final = 64 << 20


@dataclass(frozen=True)
class Contents:
    """What was written or put back: rows by table, files with their bytes, the audit log's head."""

    revision: str
    rows: dict[str, int]
    files: int
    size: int
    audit_head: str


def create_backup(
    settings: PortalSettings, target: Path, passphrase: str, projects: bool = True
) -> Contents:
    """Write a backup to ``target``, which appears whole or not at all. The portal may go on.

    Raises:
        BackupRefused: if ``target`` exists.
        ConfigurationError: if there is no database, or it cannot be used.
    """
    if target.exists():
        raise BackupRefused(f"{target} exists already; give the backup another name.")
    database = open_existing_database(settings.database_url)
    staged = target.with_name(f".{target.name}.{secrets.token_hex(4)}")
    try:
        with os.fdopen(os.open(staged, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            sealed = SealedWriter(file, passphrase)
            contents = _write(settings, database, sealed, projects)
            sealed.close()
            file.flush()
            os.fsync(file.fileno())
        staged.rename(target)
    finally:
        staged.unlink(missing_ok=True)
        database.close()
    return contents


def restore_backup(settings: PortalSettings, source: Path, passphrase: str) -> Contents:
    """Put a backup back into an empty place. All of it is read and checked before any is visible.

    Raises:
        BackupRefused: if the place is not empty, or the backup is not as it was written.
        ConfigurationError: if the database cannot be used.
    """
    private, projects = settings.secret_file.parent, settings.project_root
    for folder in (private, projects):
        if folder.exists() and any(folder.iterdir()):
            raise BackupRefused(f"{folder} is not empty; a backup is put back into an empty place.")
    private.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".restoring-", dir=private.parent) as staging:
        staged = Path(staging)
        with source.open("rb") as file:
            manifest = _unpack(SealedReader(file, passphrase), staged)
        contents = _fill(settings, staged, manifest)
        for name, folder in ((_PRIVATE, private), (_PROJECTS, projects)):
            part = staged / name
            if part.is_dir():
                folder.parent.mkdir(parents=True, exist_ok=True)
                if folder.exists():
                    folder.rmdir()
                shutil.move(part, folder)
    return contents


def _write(
    settings: PortalSettings, database: Database, sealed: SealedWriter, projects: bool
) -> Contents:
    listed: dict[str, dict[str, Any]] = {}
    rows: dict[str, int] = {}
    with tarfile.open(fileobj=sealed, mode="w|", format=tarfile.PAX_FORMAT) as archive:
        with database.writing() as session:
            record(session, COMMAND_LINE, AuditEvent("backup.made", "portal", "all"))
        # One transaction, so that all tables are of one moment.
        with _snapshot(database) as session:
            connection = session.connection()
            revision = revision_of(connection)
            check = verify_chain(session)
            if not check.intact:
                raise BackupRefused(
                    f"The audit log does not hold at row {check.broken_at}; see `audit verify`."
                )
            for table in tables_of(connection):
                name = f"{_TABLES}/{table.name}.jsonl"
                with tempfile.TemporaryFile() as lines:
                    rows[table.name] = 0
                    for line in dump(connection, table):
                        lines.write(line)
                        rows[table.name] += 1
                    lines.seek(0)
                    _add(archive, name, lines, listed)
        for name, path in _files(settings, projects):
            try:
                with path.open("rb") as held:
                    _add(archive, name, held, listed)
            except FileNotFoundError:
                continue  # a file of passage, gone since it was listed
        manifest = {
            "made_at": utc_now().isoformat(),
            "revision": revision,
            "audit_head": check.head,
            "rows": rows,
            "members": listed,
        }
        text = json.dumps(manifest, ensure_ascii=False, indent=1).encode("utf-8")
        _add(archive, MANIFEST, io.BytesIO(text), {})
    return _contents(manifest)


@contextmanager
def _snapshot(database: Database) -> Iterator[Session]:
    engine = database.engine
    if engine.dialect.name == "postgresql":
        engine = engine.execution_options(isolation_level="REPEATABLE READ")
    with Session(engine) as session:
        yield session


def _files(settings: PortalSettings, projects: bool) -> Iterator[tuple[str, Path]]:
    """Files beside the secret, without the database and written mail; files of projects."""
    private = settings.secret_file.parent
    mail = settings.mail_folder or private / "mail"
    for path in _walk(private):
        if not path.name.startswith("portal.db") and mail not in path.parents:
            yield f"{_PRIVATE}/{path.relative_to(private)}", path
    if projects:
        for path in _walk(settings.project_root):
            yield f"{_PROJECTS}/{path.relative_to(settings.project_root)}", path


def _walk(folder: Path) -> Iterator[Path]:
    return (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())


class _Hashed(io.RawIOBase):
    """Hashes what is read through it."""

    def __init__(self, source: IO[bytes]) -> None:
        self._source, self.hash = source, hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        """Bytes of the source."""
        data = self._source.read(size)
        self.hash.update(data)
        return data


def _add(
    archive: tarfile.TarFile, name: str, source: IO[bytes], listed: dict[str, dict[str, Any]]
) -> None:
    status = os.fstat(source.fileno()) if not isinstance(source, io.BytesIO) else None
    member = tarfile.TarInfo(name)
    member.size = status.st_size if status else len(source.getvalue())  # type: ignore[attr-defined]
    member.mode = status.st_mode & 0o777 if status else 0o600
    hashed = _Hashed(source)
    archive.addfile(member, hashed)
    listed[name] = {"size": member.size, "sha256": hashed.hash.hexdigest()}


def _unpack(sealed: SealedReader, staged: Path) -> dict[str, Any]:
    """All members into ``staged``, compared with the manifest that comes last."""
    found: dict[str, dict[str, Any]] = {}
    manifest: dict[str, Any] = {}
    try:
        with tarfile.open(fileobj=sealed, mode="r|") as archive:
            for member in archive:
                source = archive.extractfile(member) if member.isfile() else None
                if source is None:
                    raise BackupRefused("The backup holds something else than files.")
                if member.name == MANIFEST:
                    manifest = json.loads(source.read(_MANIFEST_LARGEST))
                    continue
                target = (staged / member.name).resolve()
                if not target.is_relative_to(staged.resolve()):
                    raise BackupRefused("The backup names a file outside of its place.")
                target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
                hashed = _Hashed(source)
                opened = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, member.mode & 0o777)
                with os.fdopen(opened, "wb") as file:
                    shutil.copyfileobj(hashed, file)
                found[member.name] = {"size": member.size, "sha256": hashed.hash.hexdigest()}
    except (tarfile.TarError, json.JSONDecodeError, UnicodeDecodeError):
        raise BackupRefused("The backup is damaged; take another copy of it.") from None
    if not manifest or manifest.get("members") != found:
        raise BackupRefused("The backup is not what its manifest tells; take another copy of it.")
    return manifest


def _fill(settings: PortalSettings, staged: Path, manifest: dict[str, Any]) -> Contents:
    """The tables into the database: SQLite's beside the private files, which are moved with it."""
    database = Database(settings.database_url)
    place = database.url.database if database.url.get_backend_name() == "sqlite" else None
    beside = place is not None and Path(place).parent == settings.secret_file.parent
    if place is not None and beside:
        (staged / _PRIVATE).mkdir(exist_ok=True, mode=0o700)
        inside = staged / _PRIVATE / Path(place).name
        database = Database(database.url.set(database=str(inside)).render_as_string(False))
    try:
        with database.engine.connect() as connection:
            if not is_empty(connection):
                raise BackupRefused("The database is not empty; name one that holds no table.")
        try:
            _fill_empty(database, staged, manifest)
        except BaseException:
            if not beside:
                with database.engine.begin() as connection:
                    take_away(connection)
            raise
    except DatabaseError as error:
        # The driver's own words may quote a row; the kind of the error does not.
        raise BackupRefused(
            f"The database did not take the backup ({type(error.orig).__name__}); nothing is kept."
        ) from None
    finally:
        database.close()
    return _contents(manifest)


def _fill_empty(database: Database, staged: Path, manifest: dict[str, Any]) -> None:
    try:
        database.upgrade(manifest["revision"])
    except CommandError:
        raise BackupRefused(
            f"The backup's schema {manifest['revision']} is not known here; restore it with the "
            "version of Care Commons that made it, or a newer one."
        ) from None
    with database.writing() as session:
        connection = session.connection()
        if connection.dialect.name == "sqlite":
            connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        rows = {}
        for table in tables_of(connection):
            with (staged / _TABLES / f"{table.name}.jsonl").open("rb") as lines:
                rows[table.name] = load(connection, table, lines)
        check = verify_chain(session)
        if rows != manifest["rows"] or check.head != manifest["audit_head"]:
            raise BackupRefused("What was put back is not what the backup's manifest tells.")
    database.upgrade()
    with database.writing() as session:
        record(session, COMMAND_LINE, AuditEvent("backup.restored", "portal", "all"))


def _contents(manifest: dict[str, Any]) -> Contents:
    members = manifest["members"].values()
    return Contents(
        manifest["revision"],
        manifest["rows"],
        sum(1 for name in manifest["members"] if not name.startswith(f"{_TABLES}/")),
        sum(one["size"] for one in members),
        manifest["audit_head"],
    )
