"""The catalogue: versions, changes, citation, descriptions for machines, the public part."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from app.portal import create_app
from app.services.catalogue import Search
from app.services.citation import Citation, dcat_catalogue, dcat_dataset, schema_org
from app.services.release_changes import changes_between, people_of_both, versions_of
from app.services.turtle import turtle
from app.services.workflow import State
from app.settings import PORTAL_PREFIX, PortalSettings
from cohorts.disclosure import DEFAULT_RULE
from cohorts.release_profile import release_profile
from deid.errors import ConfigurationError
from deid.release import Release, open_release
from tests.builders import build_release
from tests.integration.portal.world import RELEASE, World, make_world, release_tables

ADDRESS = "https://data.example.org"
PUBLIC = ("/catalogue/", "/catalogue/catalogue.jsonld", "/catalogue/catalogue.ttl",
          "/catalogue/projects", f"/catalogue/{RELEASE}",
          f"/catalogue/{RELEASE}/dataset.jsonld",
          f"/catalogue/{RELEASE}/croissant.json")  # fmt: skip


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    world = make_world(tmp_path_factory.mktemp("catalogue"))
    tables = release_tables(62, 30)
    del tables["observation_period"]
    build_release(world.settings.release_root, tables, "tiny-v2", continues=RELEASE, line=RELEASE)
    world.request_in(State.APPROVED)
    world.request_in(State.SUBMITTED)
    return world


@pytest.fixture(scope="module")
def outside(world: World) -> FlaskClient:
    """A browser without an account, where the catalogue is public."""
    settings = replace(world.settings, public_catalogue=True, public_address=ADDRESS,
                       dois=((RELEASE, "10.5555/tiny.1"),))  # fmt: skip
    return create_app(settings, world.database).test_client()


@pytest.fixture(scope="module")
def inside(world: World) -> FlaskClient:
    return world.client("researcher")


def version(root: Path, people: int, first: int, name: str) -> Release:
    tables = {
        "person": [
            {"person_id": n, "gender_concept_id": 8532, "year_of_birth": 1960}
            for n in range(first, first + people)
        ]
    }
    return build_release(root, tables, name)


def test_without_the_setting_nobody_reads_anything_without_an_account(world: World) -> None:
    client = world.client()
    assert [client.get(path).status_code for path in (*PUBLIC, "/sitemap.xml")] == [404] * (
        len(PUBLIC) + 1
    )
    assert "Allow" not in client.get("/robots.txt").get_data(as_text=True)


def test_with_the_setting_the_public_part_is_read_and_the_rest_stays_closed(
    outside: FlaskClient,
) -> None:
    assert [outside.get(path).status_code for path in PUBLIC] == [200] * len(PUBLIC)
    for path in (f"/releases/{RELEASE}", f"/releases/{RELEASE}/dictionary", "/community/"):
        assert outside.get(path).status_code == 302
    for path in PUBLIC[:4:3]:
        assert f"{ADDRESS}{path}" in outside.get("/sitemap.xml").get_data(as_text=True)


def test_no_parameter_changes_what_the_public_part_shows(outside: FlaskClient) -> None:
    for path in PUBLIC:
        asked = f"{path}?year=2016&sex=female&q=hyper&min=1&page=2"
        # Around the content stands the switch of languages, which leads back to the address.
        plain, varied = (
            outside.get(one).get_data(as_text=True).rpartition("<main")[2].partition("</main>")[0]
            for one in (path, asked)
        )
        assert varied == plain != ""


def test_the_register_tells_approved_uses_and_no_name(outside: FlaskClient) -> None:
    page = outside.get("/catalogue/projects").get_data(as_text=True)
    assert page.count("Blood pressure after sixty") == 1
    assert "Rita" not in page
    assert "Institute" not in page


def test_machines_are_given_schema_org_and_dcat_by_what_they_accept(outside: FlaskClient) -> None:
    accept = {"Accept": "application/ld+json"}
    dataset = json.loads(outside.get(f"/catalogue/{RELEASE}", headers=accept).data)
    assert (dataset["@type"], dataset["@context"]) == ("Dataset", "https://schema.org/")
    assert dataset["identifier"] == "https://doi.org/10.5555/tiny.1"
    assert dataset["url"] == f"{ADDRESS}/catalogue/{RELEASE}"
    found = json.loads(outside.get("/catalogue/", headers=accept).data)
    assert {one["dcat:version"] for one in found["dcat:dataset"]} == {RELEASE, "tiny-v2"}
    page = outside.get(f"/catalogue/{RELEASE}").get_data(as_text=True)
    inside_page = page.split('<script type="application/ld+json">')[1].split("</script>")[0]
    assert json.loads(inside_page) == dataset


def test_dcat_is_read_by_an_rdf_library_without_fetching_anything(world: World) -> None:
    rdflib = pytest.importorskip("rdflib")
    pytest.importorskip("rdflib.compare")
    release = version(world.settings.release_root, 3, 0, "described")
    cited = Citation('A "title"\n<b>', "described", "Place & Co", "0" * 64)
    datasets = [dcat_dataset(cited, release, None, ("DUO:0000042",))]
    text = json.dumps(dcat_catalogue("Place & Co", "", datasets))
    graph = rdflib.Graph().parse(data=text, format="json-ld")
    kinds = {str(kind) for kind in graph.objects(None, rdflib.RDF.type)}
    assert {"http://www.w3.org/ns/dcat#Catalog", "http://www.w3.org/ns/dcat#Dataset"} <= kinds
    titles = {
        str(one) for one in graph.objects(None, rdflib.URIRef("http://purl.org/dc/terms/title"))
    }
    assert 'A "title"\n<b>' in titles
    assert schema_org(cited, release, None, ())["name"] == cited.title
    in_turtle = rdflib.Graph().parse(
        data=turtle(dcat_catalogue("Place & Co", "", datasets)), format="turtle"
    )
    assert rdflib.compare.isomorphic(graph, in_turtle)


def test_croissant_names_every_table_column_and_file_and_fetches_nothing(
    outside: FlaskClient, world: World
) -> None:
    rdflib = pytest.importorskip("rdflib")
    text = outside.get(f"/catalogue/{RELEASE}/croissant.json").get_data(as_text=True)
    graph = rdflib.Graph().parse(data=text, format="json-ld", publicID="urn:release/")
    named = rdflib.Namespace("http://mlcommons.org/croissant/")
    schema = rdflib.Namespace("https://schema.org/")
    release = open_release(world.settings.release_root, RELEASE)
    tables = release.manifest.tables
    assert {str(graph.value(one, schema.name)) for one in graph.objects(None, named.recordSet)} == (
        set(tables)
    )
    columns = sum(len(entry.columns) for entry in tables.values())
    assert len(set(graph.objects(None, named.field))) == columns
    hashes = {str(one) for one in graph.objects(None, schema.sha256)}
    assert hashes == {file.sha256 for entry in tables.values() for file in entry.files}
    kinds = {str(one).rpartition("/")[2] for one in graph.objects(None, named.dataType)}
    assert kinds == {"Integer", "Date", "DateTime", "Text"} & kinds
    assert "Integer" in kinds
    (whole,) = graph.subjects(rdflib.RDF.type, schema.Dataset)
    conforms = graph.value(whole, rdflib.URIRef("http://purl.org/dc/terms/conformsTo"))
    assert str(conforms) == "http://mlcommons.org/croissant/1.0"
    assert str(graph.value(whole, schema.license)) == f"{ADDRESS}/catalogue/{RELEASE}#use"
    assert '"@import"' not in text


def test_whom_a_doi_leads_here_reads_what_it_is_and_how_to_cite_and_ask(
    outside: FlaskClient,
) -> None:
    page = outside.get(f"/catalogue/{RELEASE}").get_data(as_text=True)
    assert 'href="https://doi.org/10.5555/tiny.1"' in page
    assert "The DOI leads to the public page of this version" in page
    assert "To ask for it, sign in" in page
    as_turtle = outside.get("/catalogue/", headers={"Accept": "text/turtle"})
    assert as_turtle.headers["Content-Type"] == "text/turtle; charset=utf-8"
    assert "dcat:Dataset" in as_turtle.get_data(as_text=True)


def test_a_citation_names_version_and_hash_and_is_given_as_files(inside: FlaskClient) -> None:
    cff = inside.get(f"/releases/{RELEASE}/citation.cff").get_data(as_text=True)
    fields = dict(line.split(": ", 1) for line in cff.splitlines())
    assert json.loads(fields["version"]) == RELEASE
    assert json.loads(fields["type"]) == "dataset"
    bib = inside.get(f"/releases/{RELEASE}/citation.bib").get_data(as_text=True)
    assert bib.startswith("@dataset{tiny-v1,")
    assert bib.count("{") == bib.count("}")
    assert inside.get(f"/releases/{RELEASE}/citation.exe").status_code == 404


@pytest.mark.parametrize(
    ("name", "value"),
    [("DOIS", "tiny=11.1/x"), ("DOIS", "10.1234/x"), ("DOIS", "tiny=10.1234/<x>"),
     ("PUBLIC_CATALOGUE", "perhaps"), ("DATA_USE", "tiny=research")],
)  # fmt: skip
def test_what_is_no_doi_no_term_and_no_answer_stops_the_start(name: str, value: str) -> None:
    with pytest.raises(ConfigurationError):
        PortalSettings.from_environ({PORTAL_PREFIX + name: value})
    settings = PortalSettings.from_environ(
        {f"{PORTAL_PREFIX}DOIS": "a=10.1234/x", f"{PORTAL_PREFIX}DATA_USE": "*=DUO:0000042"}
    )
    assert (dict(settings.dois), dict(settings.data_use)) == (
        {"a": "10.1234/x"}, {"*": ("DUO:0000042",)},
    )  # fmt: skip


def test_versions_of_a_line_and_their_changes_are_shown(inside: FlaskClient) -> None:
    page = inside.get("/releases/tiny-v2").get_data(as_text=True)
    assert "What changed since tiny-v1" in page
    changes = inside.get("/releases/tiny-v2/changes").get_data(as_text=True)
    assert "observation_period" in changes
    assert inside.get("/releases/tiny-v2/changes?since=other").status_code == 404


def test_changes_say_what_came_and_what_went(world: World) -> None:
    root = world.settings.release_root
    first, second = version(root, 30, 0, "line-1"), version(root, 30, 0, "line-2")
    assert not changes_between(first, second, DEFAULT_RULE).any
    assert [one.name for one in versions_of(first, [second, first])] == ["line-1"]


@pytest.mark.parametrize(
    ("came", "left", "told"), [(3, 0, False), (0, 3, False), (20, 3, False), (20, 0, True),
                               (20, 20, True), (0, 0, True)],
)  # fmt: skip
def test_a_version_that_few_people_joined_or_left_shows_the_earlier_number(
    tmp_path: Path, came: int, left: int, told: bool
) -> None:
    earlier = version(tmp_path, 102, 0, "one")
    later = version(tmp_path, 102 - left + came, left, "two")
    both = people_of_both(earlier, later, DEFAULT_RULE)
    assert both is not None
    shown = DEFAULT_RULE.rounded(102 - left + came)
    assert both[1].shown == (shown if told else both[0].shown)


def test_what_everybody_sees_of_a_release_holds_no_small_number(world: World) -> None:
    tables: dict[str, list[dict[str, Any]]] = release_tables(60, 9)
    release = build_release(world.settings.release_root, tables, "few-ill")
    profile = release_profile(release, DEFAULT_RULE)
    assert profile.people.shown == 60
    assert profile.conditions == ()
    counts = [count for _, *both in profile.ages for count in both]
    assert all(count.shown is None or count.shown >= 15 for count in counts)


def test_releases_are_found_by_words_policy_year_and_use(world: World) -> None:
    release = version(world.settings.release_root, 3, 0, "found-me")
    assert Search("FOUND tiny", "test", "2016", "").finds(release, ())
    for wrong in (Search("absent"), Search(policy="other"), Search(year="1990"), Search(use="x")):
        assert not wrong.finds(release, ("DUO:0000042",))
