"""A release that was tampered with is recognised, whatever was changed."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from deid.build.certifying import check_signer, sign
from deid.build.verify import scan_against_vault, verify_release
from deid.cli.release import release as command
from deid.errors import CertificateInvalid, KeyDestroyed, LeakFound, ManifestMismatch
from deid.keys import Generation, Keyring
from deid.release import Release, open_release
from tests.integration.release.residents import fixed_keyring
from tests.integration.release.vaults import ON_EACH_DATABASE


@pytest.fixture
def copy(published: Release, tmp_path: Path) -> Release:
    """A copy of the release that a test may damage."""
    folder = tmp_path / "releases" / published.name
    shutil.copytree(published.path, folder)
    for path in folder.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)
    return open_release(tmp_path / "releases", published.name)


def rewrite(release: Release, table: str, change: Callable[[pa.Table], pa.Table]) -> Release:
    """Change a table and its entry in the manifest, and sign it, as a faulty build could."""
    (path,) = release.parquet_paths(table)
    pq.write_table(change(pq.read_table(path)), path)
    manifest_path = release.path / "manifest.json"
    manifest = json.loads(manifest_path.read_text())
    entry = manifest["tables"][table]
    schema, rows = pq.read_schema(path), pq.read_metadata(path).num_rows
    entry["columns"] = [[field.name, str(field.type)] for field in schema]
    entry["rows_out"] = rows
    entry["rows_in"] = rows + sum(entry["left_out"].values())
    entry["files"][0].update(
        rows=rows,
        bytes=path.stat().st_size,
        sha256=hashlib.sha256(path.read_bytes()).hexdigest(),
    )
    manifest_path.write_text(json.dumps(manifest))
    return signed_again(release)


def signed_again(release: Release) -> Release:
    """Certify the manifest as it is now."""
    manifest = (release.path / "manifest.json").read_bytes()
    statement = {
        **release.certificate.statement,
        "manifest_sha256": hashlib.sha256(manifest).hexdigest(),
    }
    certificate = sign(fixed_keyring(), statement)
    (release.path / "certificate.json").write_bytes(certificate.to_json())
    return open_release(release.path.parent, release.name)


def replace(table: pa.Table, column: str, values: list) -> pa.Table:
    field = table.schema.field(column)
    index = table.schema.get_field_index(column)
    return table.set_column(index, field, pa.array(values, field.type))


@ON_EACH_DATABASE
def test_a_published_release_is_sound_and_holds_no_identifier(
    published: Release, vault_url: str
) -> None:
    done = verify_release(published)
    assert done.tables == len(published.tables)
    assert done.links > 40
    scan = scan_against_vault(published, vault_url, fixed_keyring())
    assert (scan.leaks, scan.notes_read) == (0, published.manifest.tables["note"].rows_out)


def test_a_changed_byte_is_recognised(copy: Release) -> None:
    (path,) = copy.parquet_paths("note")
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    with pytest.raises(ManifestMismatch, match=r"note/part-00000\.parquet was changed"):
        verify_release(copy)


def test_a_release_without_its_own_signed_certificate_is_refused(
    copy: Release, tmp_path: Path
) -> None:
    path = copy.path / "certificate.json"
    written = json.loads(path.read_text())

    def refusal(change: Callable[[dict], object]) -> str:
        document = json.loads(json.dumps(written))
        change(document)
        path.write_text(json.dumps(document))
        with pytest.raises(CertificateInvalid) as caught:
            open_release(copy.path.parent, copy.name)
        return str(caught.value)

    assert "signature" in refusal(lambda d: d["statement"]["linkage"].update(smallest_class=99))
    assert "signature" in refusal(lambda d: d.update(signature="00" * 64))
    assert "damaged" in refusal(lambda d: d.pop("signer"))
    assert "damaged" in refusal(lambda d: d.update(signer="not a key"))
    path.write_text(json.dumps(written))
    manifest = copy.path / "manifest.json"
    manifest.write_text(manifest.read_text().replace('"A county"', '"Another county"'))
    with pytest.raises(CertificateInvalid, match="another release or manifest"):
        open_release(copy.path.parent, copy.name)
    path.unlink()
    with pytest.raises(CertificateInvalid, match="no certificate"):
        open_release(copy.path.parent, copy.name)


def test_a_certificate_says_who_signed_what_was_measured(published: Release) -> None:
    stated = published.certificate.statement
    assert stated["purpose"] == "approved research"
    assert stated["k"] == published.risk["linkage"]["smallest_class"] >= stated["k_asked"] == 5
    assert stated["checker"]["counted"]["people"] == 60
    assert stated["thresholds"] == published.risk["thresholds"]
    check_signer(published, fixed_keyring())
    with pytest.raises(CertificateInvalid, match="another installation"):
        check_signer(published, Keyring("other", bytes(32)))


def test_people_made_unique_after_the_risk_was_measured_are_recognised(copy: Release) -> None:
    changed = rewrite(
        copy,
        "person",
        lambda t: replace(t, "gender_concept_id", [*range(7, 7 + t.num_rows)]),
    )
    with pytest.raises(ManifestMismatch, match="is claimed, 60 was counted"):
        verify_release(changed)


def test_a_missing_and_an_extra_file_are_recognised(copy: Release) -> None:
    extra = copy.path / "person" / "part-00001.parquet"
    shutil.copy(copy.parquet_paths("person")[0], extra)
    with pytest.raises(ManifestMismatch, match="is not in the manifest"):
        verify_release(copy)
    extra.unlink()
    (copy.path / "risk.json").unlink()
    with pytest.raises(ManifestMismatch, match=r"risk\.json is missing"):
        verify_release(copy)


def test_rows_out_of_order_or_twice_are_recognised(copy: Release) -> None:
    changed = rewrite(copy, "note", lambda t: t.take(list(range(t.num_rows))[::-1]))
    with pytest.raises(ManifestMismatch, match="note is not sorted by person_id, note_id"):
        verify_release(changed)
    doubled = rewrite(copy, "note", lambda t: t.take([0, 0, *range(1, t.num_rows)]))
    with pytest.raises(ManifestMismatch, match="without repeats"):
        verify_release(doubled)


def test_a_link_to_a_row_that_is_not_there_is_recognised(copy: Release) -> None:
    changed = rewrite(
        copy, "condition_occurrence", lambda t: replace(t, "visit_occurrence_id", [7] * t.num_rows)
    )
    with pytest.raises(ManifestMismatch, match="name a row of visit_occurrence that is not there"):
        verify_release(changed)


def test_a_column_that_omop_has_not_or_of_another_type_is_recognised(copy: Release) -> None:
    widened = rewrite(copy, "death", lambda t: t.append_column("cause", pa.nulls(t.num_rows)))
    with pytest.raises(ManifestMismatch, match=r"OMOP has no column death\.cause"):
        verify_release(widened)
    narrowed = rewrite(copy, "death", lambda t: t.drop_columns(["cause"]))
    verify_release(narrowed)
    dropped = rewrite(narrowed, "death", lambda t: t.drop_columns(["death_type_concept_id"]))
    with pytest.raises(ManifestMismatch, match="death lacks column death_type_concept_id"):
        verify_release(dropped)


def test_row_counts_that_do_not_add_up_are_recognised(copy: Release) -> None:
    manifest_path = copy.path / "manifest.json"
    manifest = json.loads(manifest_path.read_text())
    manifest["tables"]["note"]["rows_in"] += 1
    manifest_path.write_text(json.dumps(manifest))
    with pytest.raises(ManifestMismatch, match="note: 241 rows in"):
        verify_release(signed_again(copy))


def test_an_identifier_of_the_vault_in_a_note_is_found(copy: Release, vault_url: str) -> None:
    leaky = rewrite(
        copy,
        "note",
        lambda t: replace(t, "note_text", ["Seen: Marigold Abernathy?"] * t.num_rows),
    )
    verify_release(leaky)
    leaky = rewrite(
        leaky,
        "note",
        lambda t: replace(t, "note_text", ["call (212) 555-0003 today"] * t.num_rows),
    )
    with pytest.raises(LeakFound, match=r"note\.note_text: telephone") as found:
        scan_against_vault(leaky, vault_url, fixed_keyring())
    assert "555" not in str(found.value)


def test_the_command_line_lists_and_verifies(
    published: Release, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(os.environ):
        if name.startswith("CARECOMMONS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("CARECOMMONS_HOME", str(published.path.parent.parent))
    runner = CliRunner()
    listed = runner.invoke(command, ["list"])
    assert "county-v1: A county; 60 people, policy limited-research 1" in listed.output
    verified = runner.invoke(command, ["verify", "county-v1"])
    assert "are as the manifest and OMOP CDM say" in verified.output
    assert "its certificate is valid, signed by" in verified.output
    assert verified.exit_code == 0


def test_after_a_rotation_a_release_is_verified_by_the_key_that_it_names(
    published: Release, vault_url: str
) -> None:
    rotated = Keyring("newer", bytes(32), fixed_keyring().generations)
    check_signer(published, rotated)
    assert scan_against_vault(published, vault_url, rotated).leaks == 0
    destroyed = Keyring("newer", bytes(32), (Generation("test", "", "2026-11-27"),))
    for look in (
        lambda: check_signer(published, destroyed),
        lambda: scan_against_vault(published, vault_url, destroyed),
    ):
        with pytest.raises(KeyDestroyed, match="destroyed on 2026-11-27"):
            look()
    assert verify_release(published).rows > 0
