"""``carecommons release``: build, list and verify releases, and tell what was done to notes."""

from __future__ import annotations

import os

import click

from deid.errors import KeyDestroyed
from deid.release import Release, open_release, survey_releases
from deid.settings import EngineSettings


@click.group()
def release() -> None:
    """Build, list and verify releases."""


@release.command()
@click.option("--name", required=True, help="Name of the release; its folder, never reused.")
@click.option(
    "--policy",
    "policy_name",
    default="limited-research",
    show_default=True,
    help="A shipped policy or a file ending in .toml.",
)
@click.option("--title", help="Title that people read; the name if none is given.")
@click.option("--quiet", is_flag=True, help="Say nothing about the progress.")
@click.option(
    "--fix",
    is_flag=True,
    help="If the gate refuses, generalise further: the least that passes, told in the manifest.",
)
@click.option(
    "--continues",
    default="",
    metavar="RELEASE",
    help="An earlier release of the same policy: the same people have the same ids and offsets, so "
    "that projects can receive what is new.",
)
@click.option(
    "--afresh",
    is_flag=True,
    help="With --continues: scrub every note again, also those that did not change since.",
)
def build(
    name: str,
    policy_name: str,
    title: str | None,
    quiet: bool,
    fix: bool,
    continues: str,
    afresh: bool,
) -> None:
    """Build a release from the vault, measure its risk, and publish it.

    Nothing is published if a measured risk is over the policy's threshold; then it is told what
    generalisation would pass, and `carecommons release drivers` tells who and what drives the risk.
    """
    from deid.build.pipeline import build_release
    from deid.build.progress import silent
    from deid.keys import Keyring
    from deid.policy import load_policy

    settings = EngineSettings.from_environ(os.environ)
    published = build_release(
        settings,
        Keyring.load(settings.keyring),
        settings.vault_url,
        load_policy(policy_name),
        name,
        title or name,
        say=silent if quiet else _say,
        fix=fix,
        continues=continues,
        afresh=afresh,
    )
    for text in published.manifest.amended:
        click.echo(f"release {name}: the policy was tightened: {text}")
    people = published.manifest.tables["person"].rows_out
    rows = sum(entry.rows_out for entry in published.manifest.tables.values())
    click.echo(f"release {name}: {people:,} people, {rows:,} rows, in {published.path}")


@release.command()
@click.argument("name")
@click.option(
    "--people", is_flag=True, help="Also list the people by their person_id of the vault."
)
@click.option("--continues", default="", metavar="RELEASE", help="As the build had it.")
def drivers(name: str, people: bool, continues: str) -> None:
    """Tell which people, columns and rules made the gate refuse release NAME.

    Reads what the refused build left on the vault's side; for people, vault and keyring are needed,
    and the key of that build, which need not be the newest.
    """
    from deid.build.drivers import read_refusal
    from deid.build.evidence import vault_ids
    from deid.build.line import Line, line_of
    from deid.keys import Keyring
    from deid.pseudonyms import Pseudonymiser

    settings = EngineSettings.from_environ(os.environ)
    refusal = read_refusal(settings.evidence_root, name)
    if refusal is None:
        click.echo(f"no build of {name} was refused by the gate")
        return
    found = refusal.drivers
    if not found:
        click.echo(f"{name} was refused for something that no person, column or rule drives")
    for measure in dict.fromkeys(driver.measure for driver in found):
        of_measure = [driver for driver in found if driver.measure == measure]
        persons = {d.person_id for d in of_measure if d.person_id is not None}
        click.echo(f"{measure}: {len(persons):,} people")
        for driver in of_measure:
            if driver.person_id is None:
                click.echo(f"  {driver.kind} {driver.subject}: {driver.people:,}")
    if people:
        keyring = Keyring.load(settings.keyring)
        if continues:
            line = line_of(open_release(settings.release_root, continues).manifest, keyring)
        else:
            line = Line(name, keyring.of(refusal.key_id))
        pseudonyms = Pseudonymiser(line.key("pseudonyms"))
        ids = vault_ids(
            settings.vault_url,
            "person",
            [d.person_id for d in found if d.person_id is not None],
            pseudonyms,
        )
        for driver in found:
            if driver.person_id is not None:
                click.echo(
                    f"  person {ids.get(driver.person_id, 'not in this vault')}: {driver.measure} "
                    f"{driver.subject} ({driver.people:,} alike)"
                )


@release.command("list")
def list_() -> None:
    """List the published releases; exit code 1 if one of them is damaged."""
    settings = EngineSettings.from_environ(os.environ)
    found, damaged = survey_releases(settings.release_root)
    if not found and not damaged:
        click.echo("no release yet; build one with `carecommons release build --name NAME`")
    for item in found:
        manifest = item.manifest
        click.echo(
            f"{item.name}: {manifest.title}; {manifest.tables['person'].rows_out:,} people, "
            f"policy {manifest.policy['name']} {manifest.policy['version']}, "
            f"{manifest.data_window[0]} to {manifest.data_window[1]}"
        )
    for error in damaged.values():
        click.echo(f"left out: {error}", err=True)
    if damaged:
        raise click.exceptions.Exit(1)


@release.command()
@click.argument("name")
@click.option(
    "--with-vault",
    is_flag=True,
    help="Also look for every identifier of the vault in the release; needs vault and keyring.",
)
def verify(name: str, with_vault: bool) -> None:
    """Verify release NAME: certificate, checksums, schema, row counts, keys, links and order.

    Where there is a keyring, the certificate must be signed by it.
    """
    from deid.build.verify import scan_against_vault, verify_release
    from deid.keys import Keyring

    settings = EngineSettings.from_environ(os.environ)
    item = open_release(settings.release_root, name)
    done = verify_release(item)
    if settings.keyring.exists():
        click.echo(f"release {name}: its certificate is valid{_signed(item, settings)}")
    else:
        click.echo(f"release {name}: its certificate is valid, signed by {item.certificate.signer}")
    click.echo(
        f"release {name}: {done.tables} tables, {done.rows:,} rows and {done.links} links are "
        "as the manifest and OMOP CDM say"
    )
    if with_vault:
        scan = scan_against_vault(item, settings.vault_url, Keyring.load(settings.keyring))
        click.echo(
            f"none of {scan.forms:,} identifiers of the vault is in {scan.values_read:,} values "
            f"and {scan.notes_read:,} notes; {scan.own_names} notes hold a word that is also a "
            f"name of their person, {scan.ambiguous:,} words are also names of others or of places"
        )


@release.command()
@click.argument("name")
def evidence(name: str) -> None:
    """Tell what was found in the notes of release NAME, and which notes were withheld.

    Reads the evidence that the build left on the vault's side; withheld notes are told by the
    vault's own note_id, so vault and keyring are needed.
    """
    from deid.build.evidence import read_evidence
    from deid.keys import Keyring

    settings = EngineSettings.from_environ(os.environ)
    manifest = open_release(settings.release_root, name).manifest
    keyring = Keyring.load(settings.keyring).of(manifest.key_id)
    found = read_evidence(settings.evidence_root, name, settings.vault_url, keyring, manifest.line)
    for count in found.counts:
        click.echo(
            f"{count.type}: {count.spans:,} spans in {count.notes:,} notes, mean confidence "
            f"{count.mean_confidence:.2f}, {count.below_a_half:,} below 0.5"
        )
    click.echo(f"{len(found.withheld):,} notes were withheld")
    for note_id, reason in found.withheld.items():
        click.echo(f"  note {note_id}: {reason}")


@release.command()
@click.argument("name")
@click.option("--only", multiple=True, help="This attack only; several times for several.")
@click.option("--seed", default=1, show_default=True, help="Draws targets and control group.")
@click.option("--policy", "policy_name", help="The policy; the release's own by name if not given.")
def attack(name: str, only: tuple[str, ...], seed: int, policy_name: str | None) -> None:
    """Attack release NAME and tell how often each attack succeeds beside chance.

    Needs vault and keyring, to count successes. Exit code 1 if an attack is over the policy's
    threshold. Figures only are shown, never an id or a value of a person.
    """
    from deid.attacks.report import attack_table
    from deid.attacks.running import gated_values, run_attacks
    from deid.build.attacking import attack_ground
    from deid.keys import Keyring
    from deid.policy import load_policy
    from deid.risk.gate import judge_attacks

    settings = EngineSettings.from_environ(os.environ)
    item = open_release(settings.release_root, name)
    policy = load_policy(policy_name or item.manifest.policy["name"])
    keyring = Keyring.load(settings.keyring).of(item.manifest.key_id)
    with attack_ground(settings, keyring, policy, item, seed) as ground:
        results = run_attacks(ground, only)
    verdicts = judge_attacks(policy, gated_values(results))
    for line in attack_table(results, verdicts):
        click.echo(line)
    if not all(verdict.passed for verdict in verdicts):
        raise click.exceptions.Exit(1)


def _signed(item: Release, settings: EngineSettings) -> str:
    """By whom a release is signed, if this installation can still say."""
    from deid.build.certifying import check_signer
    from deid.keys import Keyring

    try:
        check_signer(item, Keyring.load(settings.keyring))
    except KeyDestroyed as error:
        return f"; whether this installation signed it cannot be said: {error}"
    return " and signed by this installation"


def _say(line: str) -> None:
    click.echo(line, err=True)
