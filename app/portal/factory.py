"""Builds the portal."""

from __future__ import annotations

from functools import cache

from flask import Flask
from flask_bootstrap import Bootstrap5
from flask_wtf.csrf import CSRFError

from app.db.database import Database, open_database
from app.portal import formats
from app.portal.error_pages import init_error_pages
from app.portal.navigation import navigation
from app.portal.observation import init_observation
from app.portal.pages import BLUEPRINTS, api_docs, lti
from app.portal.pages.attempts import answer_without_session
from app.portal.pages.preferences import THEMES, chosen_theme
from app.portal.protection import init_protection, init_throttling
from app.portal.recording import init_recording
from app.portal.sign_in import current_actor, init_sign_in
from app.portal.signed_links import init_signed_links
from app.portal.single_sign_on import init_single_sign_on
from app.portal.static_files import init_static_files
from app.portal.translation import init_translation
from app.portal.wiring import EXTENSION, Wiring
from app.private_files import load_or_create_secret
from app.services.case_finding import CaseFinder
from app.services.catalogue import Catalogue
from app.services.characterisation import Characteriser
from app.services.cohort_answers import CohortAnswers
from app.services.community import CommunityProfiles
from app.services.count_ledger import CountLedger
from app.services.line_ledger import LineLedger
from app.services.lti_launches import KeySets
from app.services.lti_platforms import PatientSession, SigningKey
from app.services.notices import unread_count
from app.settings import PortalSettings


def create_app(settings: PortalSettings, database: Database | None = None) -> Flask:
    """The portal on ``settings``; its database is brought to the newest schema.

    Raises:
        ConfigurationError: if the secret file is unusable or the database URL unsupported.
    """
    app = Flask("app.portal", static_folder="static", template_folder="templates")
    app.config.update(
        SECRET_KEY=load_or_create_secret(settings.secret_file),
        BOOTSTRAP_SERVE_LOCAL=True,
    )
    database = database or open_database(settings.database_url)
    secrets, minimum = settings.secret_file.parent, settings.minimum_cell
    answers = CohortAnswers(minimum, CountLedger(secrets, minimum))
    app.extensions[EXTENSION] = Wiring(
        settings,
        database,
        Catalogue(settings.release_root, settings.public_catalogue),
        answers,
        Characteriser(answers, LineLedger(secrets, minimum)),
        CaseFinder(minimum),
        KeySets(PatientSession),
        CommunityProfiles(settings.release_root, answers.rule),
        cache(lambda: SigningKey.beside(settings.secret_file)),
    )
    Bootstrap5(app)
    init_observation(app)
    init_translation(app)
    init_protection(app, settings)
    init_static_files(app)
    init_sign_in(app, database, settings)
    init_single_sign_on(app, settings)
    init_error_pages(app)
    formats.init_formats(app)
    init_signed_links(app)
    app.register_error_handler(CSRFError, answer_without_session)
    for blueprint in (*BLUEPRINTS, api_docs.api_blueprint):
        app.register_blueprint(blueprint)
    # Platforms call these from their own sites; their signatures stand for our form token.
    app.extensions["csrf"].exempt(lti.blueprint)
    # Programs send no cookie, so that no form of another site can act for them.
    app.extensions["csrf"].exempt(api_docs.api_blueprint)
    init_throttling(app, database)
    init_recording(app, database)

    @app.context_processor
    def _shared() -> dict[str, object]:
        actor = current_actor()
        institution = settings.oidc_title if settings.oidc_issuer else ""
        look = {"theme": chosen_theme(), "themes": THEMES, "institution": institution}
        if actor is None:
            return {"actor": None, "navigation": [], **look}
        with database.reading() as session:
            unread = unread_count(session, actor)
        return {"actor": actor, "navigation": navigation(actor), "unread": unread, **look}

    return app
