"""Scores of exercises: the published vectors, and the laws that hold for every answer."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from casebank.scoring import (
    ConcordanceItem,
    ConsensusProblem,
    DifferentialKey,
    Guess,
    KeyFeature,
    StatementRule,
    check_statement,
    cronbach_alpha,
    discounted_gain,
    item_credits,
    item_statistics,
    judge_management,
    pairwise_agreement,
    rank_biased_overlap,
    refusals,
    score_concordance,
    score_differential,
    score_key_features,
    score_links,
    score_problem_list,
)

KEY = DifferentialKey({"A": 3, "B": 2, "C": 2, "D": 1}, must_not_miss=frozenset({"C", "M"}))
CODES = st.lists(st.sampled_from("ABCDEFMX"), unique=True)


def ranking(*codes: str) -> list[Guess]:
    return [Guess(code) for code in codes]


class TestDifferential:
    def test_the_published_vector_holds(self) -> None:
        assert discounted_gain([2, 3, 0, 2]) == pytest.approx(8.7085, abs=5e-5)
        assert discounted_gain([3, 2, 2, 1]) == pytest.approx(10.8235, abs=5e-5)
        score = score_differential([ranking("B", "A", "X", "C")], KEY)
        assert score.ndcg == pytest.approx(0.804598, abs=1e-6)

    def test_rank_and_what_must_not_be_missed_are_told_apart(self) -> None:
        score = score_differential([ranking("B", "A", "X", "C")], KEY)
        assert (score.top_1, score.top_3, score.reciprocal_rank) == (False, True, 0.5)
        assert score.must_not_miss_recall == 0.5

    @given(st.permutations("ABCDX"))
    def test_no_order_scores_above_the_ideal_one(self, order: list[str]) -> None:
        ideal = score_differential([ranking(*"ABCD")], KEY).ndcg
        assert ideal == 1
        assert 0 < score_differential([ranking(*order)], KEY).ndcg <= 1 + 1e-12

    def test_earliness_counts_from_when_the_right_one_stays_first(self) -> None:
        stages = [ranking("A", "B"), ranking("B", "A"), ranking("A"), ranking("A")]
        score = score_differential(stages, KEY)
        assert score.first_stable_stage == 3
        assert score.earliness == pytest.approx(1 - 2 / 3)
        never = score_differential([ranking("A"), ranking("B")], KEY)
        assert (never.first_stable_stage, never.earliness) == (None, None)

    def test_a_stage_without_a_list_keeps_the_one_before(self) -> None:
        assert score_differential([ranking("A"), []], KEY).top_1

    def test_dropping_a_plausible_one_before_the_data_tell_is_closing_early(self) -> None:
        stages = [ranking("A", "B"), ranking("A"), ranking("A")]
        assert score_differential(stages, KEY, discriminating_stage=3).closed_early
        assert not score_differential(stages, KEY, discriminating_stage=2).closed_early

    def test_confidence_is_scored_by_brier(self) -> None:
        score = score_differential([[Guess("A", 0.8), Guess("X", 0.3)]], KEY)
        assert score.brier == pytest.approx((0.2**2 + 0.3**2) / 2)
        assert score_differential([ranking("A")], KEY).brier is None

    def test_a_code_named_twice_counts_at_its_first_place(self) -> None:
        twice = score_differential([ranking("A", "B", "A")], KEY)
        assert twice.ndcg == score_differential([ranking("A", "B")], KEY).ndcg


class TestScriptConcordance:
    ITEM = ConcordanceItem("i", {-2: 0, -1: 1, 0: 3, 1: 8, 2: 3})

    def test_the_published_vector_holds(self) -> None:
        assert list(item_credits(self.ITEM).values()) == [0, 0.125, 0.375, 1, 0.375]

    def test_items_that_cannot_be_scored_are_refused_with_a_reason(self) -> None:
        small = ConcordanceItem("small", {0: 4, 1: 5})
        one = ConcordanceItem("one", {1: 12})
        camps = ConcordanceItem("camps", {-2: 6, -1: 1, 2: 6})
        refused = refusals([self.ITEM, small, one, camps])
        assert set(refused) == {"small", "one", "camps"}
        assert "9" in refused["small"]

    def test_a_test_that_answers_of_zero_would_win_is_refused(self) -> None:
        zeros = [ConcordanceItem(f"z{i}", {0: 9, 1: 3}) for i in range(2)]
        assert "" in refusals([self.ITEM, *zeros])
        assert "" not in refusals([self.ITEM])

    def test_empty_strategies_stand_beside_the_student(self) -> None:
        score = score_concordance({"i": 1}, [self.ITEM])
        assert score.points == 100
        assert score.all_zero == pytest.approx(37.5)
        assert score.never_extreme == pytest.approx(100 * (0.125 + 0.375 + 1) / 3)
        assert score.at_random == pytest.approx(100 * 1.875 / 5)

    @given(st.dictionaries(st.sampled_from((-2, -1, 0, 1, 2)), st.integers(0, 20)))
    def test_the_modal_answer_always_earns_all(self, panel: dict[int, int]) -> None:
        item = ConcordanceItem("i", panel)
        if any(panel.values()):
            credits = item_credits(item)
            assert all(credits[option] == 1 for option in item.modal)
            assert all(0 <= credit <= 1 for credit in credits.values())


class TestProblemList:
    CONSENSUS = (
        ConsensusProblem("I10", 1.0, synonyms=frozenset({"K86"}), near=frozenset({"I11"})),
        ConsensusProblem("E11", 0.8),
        ConsensusProblem("Z63", 0.2),
    )

    def test_a_broader_code_earns_seven_tenths(self) -> None:
        score = score_problem_list(["I11", "E11"], self.CONSENSUS)
        assert score.recall == pytest.approx((0.7 + 0.8) / 2.0)
        assert score.precision == pytest.approx(0.85)
        assert score.f == pytest.approx(2 * 0.75 * 0.85 / 1.6)
        assert score.missed == ("Z63",)

    def test_one_problem_is_matched_once(self) -> None:
        score = score_problem_list(["I11", "I10", "K86"], self.CONSENSUS)
        assert dict(score.matches)["I11"] is None
        assert score.recall == pytest.approx(0.5)

    @given(st.lists(st.sampled_from(["I10", "K86", "I11", "E11", "Z63", "J45"])))
    def test_scores_stay_between_nothing_and_all(self, answer: list[str]) -> None:
        score = score_problem_list(answer, self.CONSENSUS)
        assert 0 <= score.recall <= 1 + 1e-12
        assert 0 <= score.precision <= 1
        assert min(score.recall, score.precision) - 1e-12 <= score.f
        assert score.f <= max(score.recall, score.precision) + 1e-12

    def test_the_consensus_itself_scores_all(self) -> None:
        score = score_problem_list(["I10", "E11", "Z63"], self.CONSENSUS)
        assert (score.recall, score.precision, score.f) == (1, 1, 1)
        assert score.order == pytest.approx(1)


class TestAgreement:
    def test_the_overlap_of_a_short_and_a_long_list_is_extrapolated(self) -> None:
        # By hand, p = 0.5, S = [a], L = [a, b]: X1 = 1, X2 = 1.
        by_hand = 1 * (0.5 * 1 + 0.25 * (1 / 2) + 0.25 * (1 * 1) / (1 * 2)) + 1 * 0.25
        assert rank_biased_overlap(["a"], ["a", "b"], 0.5) == pytest.approx(by_hand)

    @given(CODES, CODES)
    def test_it_is_even_handed_and_bounded(self, first: list[str], second: list[str]) -> None:
        there, back = rank_biased_overlap(first, second), rank_biased_overlap(second, first)
        assert math.isclose(there, back, abs_tol=1e-12)
        assert -1e-12 <= there <= 1 + 1e-12

    @given(CODES)
    def test_a_list_agrees_wholly_with_itself(self, codes: list[str]) -> None:
        assert rank_biased_overlap(codes, codes) == pytest.approx(1)

    def test_a_panel_agrees_by_pairs(self) -> None:
        assert pairwise_agreement([{"a", "b"}, {"a"}, {"a", "b"}]) == pytest.approx(2 / 3)
        assert pairwise_agreement([{"a"}]) is None


class TestKeyFeatures:
    FEATURE = KeyFeature("q", frozenset({"a", "b"}), most=2, harmful=frozenset({"x"}))

    def test_part_of_it_earns_part(self) -> None:
        assert self.FEATURE.score({"a"}) == 0.5
        assert self.FEATURE.score({"a", "b"}) == 1

    def test_a_shotgun_or_a_harmful_choice_earns_nothing(self) -> None:
        assert self.FEATURE.score({"a", "b", "c"}) == 0
        assert self.FEATURE.score({"a", "x"}) == 0

    def test_a_question_without_an_answer_pulls_the_mean_down(self) -> None:
        other = KeyFeature("r", frozenset({"c"}), most=1)
        assert score_key_features({"q": {"a", "b"}}, [self.FEATURE, other]) == 0.5


def test_links_with_the_opposite_stance_are_told() -> None:
    key = {("A", "for", "f1"), ("A", "against", "f2")}
    score = score_links({("A", "for", "f1"), ("A", "for", "f2"), ("B", "for", "f3")}, key)
    assert (score.precision, score.recall) == (pytest.approx(1 / 3), 0.5)
    assert score.turned == (("A", "for", "f2"),)


def test_a_student_who_does_better_than_the_record_is_told_so() -> None:
    rule = {"adjust drugs", "two weeks"}
    assert judge_management(rule, rule, rule).verdict == "agrees"
    assert judge_management(rule, rule, {"two weeks"}).verdict == "agrees, record deviated"
    outcome = judge_management({"two weeks", "refer"}, rule, rule)
    assert (outcome.verdict, outcome.missing, outcome.extra) == (
        "deviates",
        ("adjust drugs",),
        ("refer",),
    )


@pytest.mark.parametrize(
    "text",
    [
        "A 62-year-old farmer woman with long-standing hypertension and acute, intermittent, "
        "exertional chest tightness for 3 weeks: likely angina.",
        "62岁女性，高血压病史多年，近3周劳力后间断胸闷，急性起病，考虑心绞痛。",
    ],
)
def test_a_whole_summary_statement_has_every_part(text: str) -> None:
    rule = StatementRule(context=("hypertension", "高血压"), syndrome=("angina", "心绞痛"))
    assert all(check_statement(text, rule).values())


def test_what_a_statement_lacks_is_named() -> None:
    rule = StatementRule(context=("hypertension",), syndrome=("angina",))
    parts = check_statement("Chest pain. " + "word " * 60, rule)
    assert [part for part, there in parts.items() if there] == []
    assert not check_statement("A woman of manganina", rule)["syndrome"]


def test_items_are_flagged_after_twenty_attempts() -> None:
    attempts = [{"easy": 1.0, "hard": 0.0 if i % 10 else 1.0, "q": i % 2} for i in range(20)]
    found = {s.item: s for s in item_statistics(attempts)}
    assert found["easy"].flags == ("too easy",)
    assert "too hard" in found["hard"].flags
    assert item_statistics(attempts[:5])[0].flags == ()


def test_reliability_is_that_of_cronbach() -> None:
    # Two parallel items that correlate by r have alpha 2r / (1 + r).
    scores = [[0, 0], [1, 1], [1, 0], [0, 1], [1, 1], [0, 0]]
    r = 1 / 3
    assert cronbach_alpha(scores) == pytest.approx(2 * r / (1 + r))
    assert cronbach_alpha([[1, 1]]) is None
