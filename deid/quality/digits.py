"""Digit preference: does somebody round blood pressure to the numbers that are easy to read?

Read from a good device every last digit is as frequent as the others. Each provider's systolic
readings are held against that with Pearson's chi-squared test of ten digits, and fail where the
deviation is beyond chance and zeros and fives are half as frequent again as the fifth that is due.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from deid.quality.concepts import ids_in
from deid.quality.model import CheckResult
from deid.quality.tables import Records, check

FEWEST = 100
"""Readings from which a provider is judged; ten of each digit are expected then."""

CHI_SQUARED = 27.877
"""0.999 quantile with nine degrees of freedom: one honest provider in a thousand is above it."""

ROUND = 0.3
"""Share of zeros and fives, a fifth of honest readings, from which rounding matters."""


@dataclass(frozen=True)
class Rounding:
    """Shares (0 to 1) of readings that were written to the next 10, 5 and 2 mmHg."""

    to_ten: float
    to_five: float
    to_two: float


def estimate_rounding(counts: Sequence[int]) -> Rounding:
    """How readings were rounded, from how often each last digit from 0 to 9 was written.

    Readings that were not rounded fall to each digit alike, and only they end in 1, 3, 7 or 9.
    Those rounded to 2 share the even digits, those rounded to 5 end in 0 or 5, and the zeros that
    are left over were rounded to 10.

    Raises:
        ValueError: if there is no reading.
    """
    total = sum(counts)
    if not total:
        raise ValueError("no readings")
    shares = [count / total for count in counts]
    exact = 2.5 * (shares[1] + shares[3] + shares[7] + shares[9])
    to_two = max(1.25 * (shares[2] + shares[4] + shares[6] + shares[8]) - exact / 2, 0.0)
    to_five = max(2 * shares[5] - exact / 5, 0.0)
    return Rounding(max(1 - exact - to_two - to_five, 0.0), to_five, to_two)


def digit_checks(records: Records, tables: Collection[str]) -> list[CheckResult]:
    """One result over all providers with enough readings; examples are providers."""
    if "measurement" not in tables:
        return []
    # What was typed with a zero too many says nothing of how a gauge was read.
    digits = (
        "SELECT provider_id AS id, CAST(value_as_number AS BIGINT) % 10 AS digit FROM measurement "
        f"WHERE measurement_concept_id IN ({ids_in(['SYSTOLIC_BP'])}) AND value_as_number "
        "BETWEEN 60 AND 270 AND value_as_number = floor(value_as_number)"
    )
    asked = check("digitPreference", "RECORD", "Plausibility", "Atemporal", "provider",
                  "providers whose systolic pressures end in 0 or 5 too often")  # fmt: skip
    counted = (
        f"SELECT id, digit, count(*) AS n, sum(count(*)) OVER (PARTITION BY id) AS total FROM "
        f"({digits}) WHERE id IS NOT NULL GROUP BY id, digit"
    )
    result = records.count(
        asked,
        f"SELECT id, sum(n * n) * 10 / any_value(total) - any_value(total) > {CHI_SQUARED} AND "
        f"sum(n) FILTER (digit % 5 = 0) > {ROUND} * any_value(total) AS violated FROM ({counted}) "
        f"WHERE total >= {FEWEST} GROUP BY id",
    )
    if not result.rows:
        return []
    of_digit = dict(
        records.connection.execute(f"SELECT digit, count(*) FROM ({digits}) GROUP BY 1").fetchall()
    )
    rounding = estimate_rounding([of_digit.get(digit, 0) for digit in range(10)])
    remark = (
        f"of all systolic pressures about {rounding.to_ten:.0%} were rounded to 10 mmHg, "
        f"{rounding.to_five:.0%} to 5 and {rounding.to_two:.0%} to 2"
    )
    return [CheckResult(result.check, result.rows, result.violated, result.examples, remark)]
