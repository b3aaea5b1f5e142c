"""Passkeys in Chromium, with an authenticator of the browser's own making (CDP WebAuthn)."""

from __future__ import annotations

import threading

import pytest
from playwright.sync_api import expect, sync_playwright
from werkzeug.serving import make_server

from app.portal import create_app
from tests.integration.portal.world import PASSWORD, World

pytestmark = pytest.mark.browser
AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def test_a_passkey_is_added_and_signs_in_without_a_password(world: World) -> None:
    server = make_server("127.0.0.1", 0, create_app(world.settings, world.database), threaded=True)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    portal = f"http://localhost:{server.server_port}"  # a passkey is bound to a name, not a number
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(
                executable_path="/usr/bin/chromium", args=["--no-sandbox", "--disable-gpu"]
            )
            page = browser.new_page()
            devtools = page.context.new_cdp_session(page)
            devtools.send("WebAuthn.enable")
            devtools.send("WebAuthn.addVirtualAuthenticator", {"options": AUTHENTICATOR})
            page.goto(f"{portal}/sign-in")
            page.fill("#email", "student@example.org")
            page.fill("#password", PASSWORD)
            page.get_by_role("button", name="Sign in").click()
            page.goto(f"{portal}/account/passkeys")
            page.fill("#name", "work laptop")
            page.check("#usage-first")
            page.get_by_role("button", name="Go on").click()
            page.wait_for_url(f"{portal}/account/security")
            expect(page.get_by_text("work laptop").first).to_be_visible()
            page.get_by_role("button", name="Sign out").click()
            page.goto(f"{portal}/sign-in/passkey")
            page.get_by_role("button", name="Ask for the passkey").click()
            expect(page.get_by_role("button", name="Sign out")).to_be_visible()
            page.goto(f"{portal}/account/")
            expect(page.get_by_text("student@example.org")).to_be_visible()
            browser.close()
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
