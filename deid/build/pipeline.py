"""Builds a release: one pass from a snapshot of the vault to a published folder.

Nothing is visible until the last step, one rename; any error before it leaves the release root as
it was. Identified intermediate files lie in a private folder that is removed in every case.
"""

from __future__ import annotations

import errno
import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from importlib import metadata
from typing import Any

import duckdb
from sqlalchemy import Engine, inspect

from deid.attacks.running import gated_values
from deid.build.allowed import (
    collect_allowed_values,
    count_vocabulary_left_out,
    remove_identifying_values,
    unrestricted_columns,
)
from deid.build.attacking import attack_staged, source_ids
from deid.build.certifying import certificate_of
from deid.build.dictionary import describe
from deid.build.drivers import find_drivers, store_drivers
from deid.build.evidence import remembered_path, store_evidence
from deid.build.executors.choosing import check_executor, executor_for
from deid.build.identities import Identities
from deid.build.intake import take_in
from deid.build.line import Line, begin_line
from deid.build.measuring import measure
from deid.build.notes import Memory, canaries_surviving, scrub_notes
from deid.build.offsets import sealed_offsets
from deid.build.output import Plan, write_birth_years, write_table
from deid.build.partition import EngineRecipe
from deid.build.people import decide_people
from deid.build.progress import Progress, Say, silent
from deid.build.quality import assess_release
from deid.build.remembered import Seal
from deid.build.selection import select_rows
from deid.build.trials import Remedied, find_remedies
from deid.build.workspace import private_folder, working_database
from deid.build.writer import ReleaseWriter
from deid.checker import Recount, recount
from deid.errors import GateRefused, ReleaseError
from deid.keys import Keyring
from deid.policy import Policy, check_coverage
from deid.pseudonyms import Pseudonymiser
from deid.quality import render_page
from deid.release import BIRTH_YEARS, Manifest, Release
from deid.release.manifest import TableEntry
from deid.risk.gate import check_gate, judge_attacks
from deid.risk.identifiers import IdentifierIndex
from deid.risk.report import render_report
from deid.settings import EngineSettings
from deid.structured.layout import LAYOUTS, RowKind
from deid.text.packs import load_pack
from deid.text.recognisers import load_recognisers
from deid.vault.store import open_vault, read_tables

SHOWN_REMEDIES = 5
NOT_RECORDS = frozenset({"alembic_version"})


def build_release(
    settings: EngineSettings,
    keyring: Keyring,
    vault_url: str,
    policy: Policy,
    name: str,
    title: str,
    say: Say = silent,
    fix: bool = False,
    continues: str = "",
    afresh: bool = False,
) -> Release:
    """Build and publish release ``name``.

    With ``continues`` it has newer data of the people of an earlier release, under the same
    pseudonyms and offsets (:mod:`deid.build.line`). Notes whose input did not change are then not
    scrubbed again, unless it is built ``afresh``; the bytes are the same.

    Equal vault, policy, keyring, name, title and program version give equal bytes, whatever
    ``settings.processes`` is. ``say`` receives lines about the progress, never a person's value.
    If the gate refuses, amendments of the policy are tried; with ``fix`` the least harmful one that
    passes is built instead, and manifest, report and certificate say so.

    Raises:
        UncoveredColumn: the vault has a column without a treatment.
        GateRefused: a measured risk is over the policy's threshold; it says what would pass.
        LeakFound: a text could not be shown to be free of identifiers.
        ReleaseAlreadyExists: the name is taken.
        ReleaseError: another build of the name is running, or the disk is full; or the release
            cannot be continued.
        ReleaseNotFound: there is no release to continue.
    """
    line = begin_line(settings, keyring, policy, name, continues)
    try:
        return _build(settings, line, vault_url, policy, name, title, say, (), afresh)
    except GateRefused as refused:
        if not refused.failed:
            raise
        found = find_remedies(settings, line, vault_url, policy, name, refused.failed, say)
        if not fix or found.beyond or not found.passing:
            who = f"\n  who and what drives it: carecommons release drivers {name}"
            raise GateRefused(f"{refused}{_advice(found)}{who}", refused.failed) from None
        chosen = found.passing[0]
    say(f"the gate refused; building again with: {'; '.join(chosen.texts)}")
    return _build(settings, line, vault_url, chosen.policy, name, title, say, chosen.texts, afresh)


def _advice(found: Remedied) -> str:
    """What would pass, for the one who reads the refusal."""
    if not found.tried:
        return ""
    if not found.passing:
        return f"\n  none of {found.tried} generalisations that were tried would pass"
    promise = (
        f"would mend all but {', '.join(found.beyond)}"
        if found.beyond
        else "would pass; --fix builds with the first"
    )
    lines = [f"\n  {promise} (with what it takes, 0 to 1):"]
    for trial in found.passing[:SHOWN_REMEDIES]:
        lost = ", ".join(f"{what} {share:.3f}" for what, share in trial.lost.items())
        lines.append(f"    {'; '.join(trial.texts)} ({lost})")
    return "\n".join(lines)


def _build(
    settings: EngineSettings,
    line: Line,
    vault_url: str,
    policy: Policy,
    name: str,
    title: str,
    say: Say,
    amended: tuple[str, ...],
    afresh: bool,
) -> Release:
    """One build by one policy; ``amended`` says what was changed in it."""
    # What is not there is told at once, not after the vault was read.
    for tag in settings.language_packs:
        load_pack(tag)
    load_recognisers(settings.recognisers)
    check_executor(settings)
    engine = open_vault(vault_url)
    try:
        check_coverage(policy, vault_columns(engine))
        with (
            _clear_errors(),
            private_folder(settings.work_root, name) as folder,
            ReleaseWriter(settings.release_root, name) as writer,
            read_tables(engine) as snapshot,
            working_database(folder, settings.processes) as working,
        ):
            pseudonyms = Pseudonymiser(line.key("pseudonyms"))
            snapshot_id = snapshot.snapshot_id
            intake = take_in(snapshot, policy, pseudonyms, working, say)
            sources = source_ids(snapshot, pseudonyms)
            people = decide_people(working, policy, line.key("dates"), line.known)
            left_out = select_rows(working, policy, people.window)
            identities = Identities(working)
            index = IdentifierIndex(identities.identifiers_of_all())
            of_text = collect_allowed_values(working, policy)
            remove_identifying_values(working, index, of_text)
            left_out |= count_vocabulary_left_out(working, policy)
            recipe = EngineRecipe(
                line.key("surrogates"),
                identities.forbidden_surrogates(),
                identities.staff,
                policy.text.age_band,
                policy.text.dates,
                settings.language_packs,
                settings.recognisers,
            )
            canaries = canaries_surviving(working, identities, recipe)
            memory = Memory(
                line.key("note fingerprints"),
                Seal(line.key("note decisions")),
                remembered_path(settings.evidence_root, line.continues)
                if line.continues and not afresh
                else None,
            )
            with executor_for(settings) as executor:
                notes = scrub_notes(working, identities, recipe, executor, memory, say)
            tables = [table for table in LAYOUTS if table in policy.tables]
            plan = Plan(policy, intake, people.window, unrestricted_columns(working, policy))
            progress = Progress(say, "writing the release (tables)", len(tables))
            for table in tables:
                write_table(working, plan, table, writer.table_folder(table))
                check_complete(
                    table, writer.add_table(table, intake.rows[table], left_out.get(table, {}))
                )
                progress.add(1)
            write_birth_years(working, writer.table_path(BIRTH_YEARS))
            writer.add_table(BIRTH_YEARS, intake.rows["person"], dict(left_out.get("person", {})))
            progress.finish()
            say("attacking the release")
            attacks = attack_staged(working, sources, policy, people, name, writer.staging)
            say("measuring the risk")
            risk = measure(
                working,
                writer.staging,
                policy,
                people,
                index,
                canaries,
                notes,
                [asdict(attack) for attack in attacks],
                judge_attacks(policy, gated_values(attacks)),
            )
            counted = recount(writer.staging, policy.risk.quasi_identifiers, policy.risk.k)
            check_recount(counted, risk.document)
            failed = {v.name: v.limit for v in risk.verdicts if not v.passed}
            if failed:
                drivers = find_drivers(
                    working,
                    writer.staging,
                    policy,
                    failed,
                    risk.structured.background,
                    risk.leaks,
                )
                store_drivers(settings.evidence_root, name, drivers, line.keyring.key_id)
            check_gate(risk.verdicts, risk.details)
            dictionary = describe(policy, intake, writer.staging)
            writer.add_document("dictionary.json", dictionary.to_json())
            writer.add_document("risk.json", _json(risk.document))
            writer.add_document(
                "risk.html",
                render_report(title, policy, risk.document, writer.tables, dictionary, amended),
            )
            say("assessing the quality of the records")
            quality = assess_release(working, writer.staging, policy)
            writer.add_document("quality.json", quality.to_json())
            writer.add_document("quality.html", render_page(title, quality, policy.risk.k))
            offsets = sealed_offsets(working, people.window, line.key("offsets"), name)
            store_evidence(working, settings.evidence_root, name, offsets)
            return writer.publish(
                Manifest(
                    release=name,
                    title=title,
                    cdm_version="5.4",
                    engine_version=metadata.version("carecommons"),
                    policy={
                        "name": policy.name,
                        "version": policy.version,
                        "sha256": policy.fingerprint,
                    },
                    key_id=line.keyring.key_id,
                    vault_snapshot=snapshot_id,
                    data_window=(
                        people.window.start.isoformat(),
                        people.window.end.isoformat(),
                    ),
                    language_packs=notes.versions,
                    tables={},
                    documents=(),
                    amended=amended,
                    date_resolution=policy.date_resolution,
                    continues=line.continues,
                    line=line.name if line.continues else "",
                ),
                lambda manifest: certificate_of(
                    line.keyring, manifest, policy, risk.document, counted, amended
                ),
            )
    finally:
        engine.dispose()


def vault_columns(engine: Engine) -> dict[str, list[str]]:
    """Columns by table as the database really has them, not as the program expects them."""
    inspector = inspect(engine)
    return {
        table: [column["name"] for column in inspector.get_columns(table)]
        for table in inspector.get_table_names()
        if table not in NOT_RECORDS
    }


def check_complete(table: str, entry: TableEntry) -> None:
    """Stop the build if a row of the vault neither left nor was counted as left out.

    Raises:
        ReleaseError: if the numbers do not add up.
    """
    missing = entry.rows_in - entry.rows_out - sum(entry.left_out.values())
    if missing and LAYOUTS[table].kind is not RowKind.DESCRIPTION:
        raise ReleaseError(
            f"{table}: {entry.rows_in} rows in, {entry.rows_out} out and {entry.left_out} left out "
            "do not add up; nothing was published"
        )


def check_recount(counted: Recount, risk: Mapping[str, Any]) -> None:
    """Stop the build if the independent checker counts something else than was measured.

    Raises:
        GateRefused: with every figure that differs.
    """
    wrong = counted.differences(risk)
    if wrong:
        raise GateRefused(
            "the independent checker does not confirm the measured risk; nothing was published\n  "
            + "\n  ".join(wrong)
        )


def _json(document: object) -> bytes:
    text = json.dumps(document, indent=1, sort_keys=True, ensure_ascii=False)
    return (text + "\n").encode("utf-8")


@contextmanager
def _clear_errors() -> Iterator[None]:
    full = "the disk is full or a file became too large; nothing was published, all was removed"
    try:
        yield
    except OSError as error:
        if error.errno in {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}:
            raise ReleaseError(full) from None
        raise ReleaseError(
            f"{error.filename or 'a file'}: {error.strerror}; nothing was published"
        ) from None
    except duckdb.Error as error:
        # The text of the library's error may quote values; only its kind is told.
        if any(words in str(error) for words in ("No space left", "File too large", "disk space")):
            raise ReleaseError(full) from None
        raise ReleaseError(
            f"the build failed in the working database ({type(error).__name__}); "
            "nothing was published, all was removed"
        ) from None
