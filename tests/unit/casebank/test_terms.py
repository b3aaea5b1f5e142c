"""The code list of diagnoses and problems: both languages, search, nearness."""

from __future__ import annotations

from casebank import rules, terms
from casebank.terms import all_terms, code_of, mentions, near, search


def test_every_term_has_a_name_in_both_languages_and_parents_that_exist() -> None:
    known = all_terms()
    assert all(one.en.strip() and one.zh.strip() for one in known.values())
    assert {parent for one in known.values() for parent in one.parents} <= set(known)


def test_a_title_of_the_problem_list_has_a_code_in_either_language() -> None:
    for title in (
        "Essential hypertension",
        "原发性高血压",
        "Living alone",
        "独居",
        "吸烟",
        "Smoking",
    ):
        assert code_of(title), title
    assert all(code_of(r.title) == code_of(r.title_zh) != "" for r in rules.SCORE_RULES)
    assert code_of("a thing that nobody has") == ""


def test_search_takes_part_of_any_name_in_either_language_and_puts_whole_names_first() -> None:
    assert search("冠心病")[0].code == "CORONARY_ARTERIOSCLEROSIS"
    assert search("reflux")[0].code == "GERD"
    assert {"ESSENTIAL_HYPERTENSION", "SECONDARY_HYPERTENSION"} <= {
        one.code for one in search("hypertension")
    }
    assert search("   ") == ()
    assert search("hypertension diabetes") == ()


def test_near_is_broader_or_narrower_but_never_a_class_that_says_nothing() -> None:
    assert "HYPERTENSIVE_DISORDER" in near("ESSENTIAL_HYPERTENSION")
    assert "ESSENTIAL_HYPERTENSION" in near("HYPERTENSIVE_DISORDER")
    assert not any(near(code) & terms.BROAD for code in all_terms())
    assert near("nonsense") == frozenset()


def test_a_name_is_found_in_a_text_as_a_whole_word_only() -> None:
    codes = frozenset({"TYPE_2_DIABETES", "GOUT", "COPD"})
    assert mentions("DM2 - top of the list", codes) == {"TYPE_2_DIABETES"}
    assert mentions("考虑2型糖尿病可能", codes) == {"TYPE_2_DIABETES"}
    assert mentions("poured throughout", codes) == frozenset()


def test_the_singular_of_a_name_in_the_plural_mentions_it() -> None:
    assert terms.mentions("internal hemorrhoid at 7", frozenset({"HEMORRHOIDS"}))
