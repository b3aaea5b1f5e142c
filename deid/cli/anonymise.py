"""``carecommons anonymise``: any table, from file to file."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from deid.errors import RequestContradictory

if TYPE_CHECKING:
    import pyarrow as pa

    from deid.tabular import Hierarchy

_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.argument("table", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("-o", "--out", type=_FILE, required=True, help="The anonymised table.")
@click.option("--qi", required=True, metavar="COLS", help="Quasi-identifiers, with commas.")
@click.option(
    "--sensitive", default="", metavar="COLS", help="Sensitive columns, left as they are."
)
@click.option("--keep", default="", metavar="COLS", help="Other columns to leave as they are.")
@click.option("--drop", default="", metavar="COLS", help="Columns to leave out.")
@click.option(
    "--hierarchies",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="Folder with COLUMN.csv, hierarchy_COLUMN.csv or *_hierarchy_COLUMN.csv.",
)
@click.option(
    "--hierarchy",
    "single",
    multiple=True,
    metavar="COL=FILE",
    help="One column's hierarchy: a file, or the name of a shipped one. Several times for several.",
)
@click.option("--k", type=int, required=True, help="Least number of rows in a class.")
@click.option("--l", "l_", type=float, help="l-diversity of every sensitive column.")
@click.option(
    "--diversity",
    type=click.Choice(["distinct", "entropy", "recursive"]),
    default="distinct",
    show_default=True,
)
@click.option("--c", type=float, help="The c of recursive (c, l)-diversity.")
@click.option("--t", type=float, help="t-closeness to the released rows.")
@click.option(
    "--distance", type=click.Choice(["equal", "ordered"]), default="equal", show_default=True
)
@click.option("--beta", type=float, help="Basic beta-likeness to the released rows.")
@click.option(
    "--method", type=click.Choice(["local", "global"]), default="local", show_default=True
)
@click.option(
    "--labels", type=click.Choice(["hierarchy", "ranges"]), default="hierarchy", show_default=True
)
@click.option(
    "--suppression-limit",
    type=click.FloatRange(0, 1, max_open=True),
    default=0.0,
    show_default=True,
    help="Share of rows that may be removed.",
)
@click.option("--measure", is_flag=True, help="Also query errors and model accuracy.")
@click.option("--report", type=_FILE, help="All figures, as JSON.")
def anonymise(
    table: Path,
    out: Path,
    qi: str,
    sensitive: str,
    keep: str,
    drop: str,
    hierarchies: Path | None,
    single: tuple[str, ...],
    report: Path | None,
    measure: bool,
    **asked: Any,
) -> None:
    """Generalise TABLE until every class of equal quasi-identifiers meets the criteria.

    TABLE is CSV, whose delimiter and encoding are found, or Parquet. Every column must be named
    once. Exit code 1 means that the table was refused, 2 that the request contradicts itself;
    nothing is written then.
    """
    from deid.tabular import Criteria, Request, read_table, write_table
    from deid.tabular import anonymise as run
    from deid.whole_files import write_whole

    _check_places(table, out, report)
    request = Request(
        _split(qi),
        Criteria(
            asked["k"],
            asked["l_"],
            asked["diversity"],
            asked["c"],
            asked["t"],
            asked["distance"],
            asked["beta"],
        ),
        _split(sensitive),
        _split(keep),
        _split(drop),
        asked["method"],
        asked["labels"],
        asked["suppression_limit"],
    )
    given, form = read_table(table)
    trees = _hierarchies(hierarchies, single, given, request.quasi_identifiers)
    began = time.perf_counter()
    shown = _Progress()
    result = run(given, request, trees, shown, measure=measure)
    shown.end()
    seconds = time.perf_counter() - began
    write_table(result.table, out, form)
    if report is not None:
        text = json.dumps(result.report, ensure_ascii=False, indent=1) + "\n"
        write_whole(report, lambda path: path.write_text(text, "utf-8"))
    for line in _summary(result.report, seconds):
        click.echo(line, err=True)


def _hierarchies(
    folder: Path | None, single: tuple[str, ...], table: pa.Table, columns: tuple[str, ...]
) -> dict[str, Hierarchy]:
    from deid.tabular import find_hierarchies, read_hierarchy, shipped_hierarchy, values_of

    found = {}
    for column, path in (find_hierarchies(folder, columns) if folder else {}).items():
        found[column] = read_hierarchy(path)
    for given in single:
        column, mark, source = (part.strip() for part in given.partition("="))
        if not mark or not source:
            raise click.UsageError(f"--hierarchy {given}: write COLUMN=FILE or COLUMN=NAME")
        if column not in table.column_names:
            raise RequestContradictory(f"the table has no column {column}")
        if Path(source).exists():
            found[column] = read_hierarchy(Path(source))
        else:
            found[column] = shipped_hierarchy(source, values_of(table, column))
    return found


def _split(names: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in names.split(",") if name.strip())


def _check_places(table: Path, out: Path, report: Path | None) -> None:
    places = {"TABLE": table.resolve()}
    for option, path in {"-o": out, "--report": report}.items():
        if path is None:
            continue
        place = path.resolve()
        same = [name for name, other in places.items() if other == place]
        if same:
            raise RequestContradictory(f"{same[0]} and {option} are the same file")
        if not place.parent.is_dir():
            raise RequestContradictory(f"{option}: there is no folder {path.parent}")
        if path.is_symlink() or (place.exists() and not place.is_file()):
            raise RequestContradictory(f"{option}: {path} is no ordinary file")
        places[option] = place


class _Progress:
    """One line of standard error that is written over, on a terminal only."""

    def __init__(self) -> None:
        self.shown = sys.stderr.isatty()

    def __call__(self, step: str, share: float) -> None:
        if self.shown:
            click.echo(f"\r{step:<12}{share:4.0%}", nl=False, err=True)

    def end(self) -> None:
        if self.shown:
            click.echo("\r" + " " * 20 + "\r", nl=False, err=True)


def _summary(report: Mapping[str, Any], seconds: float) -> list[str]:
    rows = report["rows"]
    lines = [
        f"{rows['released']:,} rows in {report['classes']:,} classes, {rows['removed']:,} removed, "
        f"{seconds:.1f} s",
        f"k {report['k']}, mean class {report['class_size']['mean']:.2f}, NCP {report['ncp']:.4f}",
    ]
    lines += [
        f"{name}: l {figures['distinct_l']} (entropy {figures['entropy_l']:.2f}), "
        f"t {figures['t_equal']:.4f} (ordered {figures['t_ordered']:.4f}), "
        f"one-value classes {figures['homogeneous_classes']:,}"
        for name, figures in report["sensitive"].items()
    ]
    return lines
