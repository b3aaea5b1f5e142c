// Hands the server's question to the browser's passkeys and sends the answer as a form.
"use strict";
(() => {
  const form = document.querySelector("form[data-passkey]");
  if (!form) return;
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const keys = (list) => (list || []).map((one) => ({ ...one, id: bytes(one.id) }));
  const said = form.querySelector("[role=alert]");

  const ask = async () => {
    const asked = JSON.parse(form.dataset.options);
    asked.challenge = bytes(asked.challenge);
    if (form.dataset.passkey === "create") {
      asked.user.id = bytes(asked.user.id);
      asked.excludeCredentials = keys(asked.excludeCredentials);
      return navigator.credentials.create({ publicKey: asked });
    }
    asked.allowCredentials = keys(asked.allowCredentials);
    return navigator.credentials.get({ publicKey: asked });
  };
  const written = (made) => {
    const answer = made.response;
    const response = { clientDataJSON: text(answer.clientDataJSON) };
    if (form.dataset.passkey === "create") {
      response.attestationObject = text(answer.attestationObject);
      response.transports = answer.getTransports ? answer.getTransports() : [];
    } else {
      response.authenticatorData = text(answer.authenticatorData);
      response.signature = text(answer.signature);
      if (answer.userHandle) response.userHandle = text(answer.userHandle);
    }
    return JSON.stringify({
      id: made.id, rawId: text(made.rawId), type: made.type, response,
      extensions: JSON.stringify(made.getClientExtensionResults()),
    });
  };
  const run = async () => {
    said.hidden = true;
    try {
      form.elements.credential.value = written(await ask());
    } catch {
      said.textContent = form.dataset.failed;
      said.hidden = false;
      return;
    }
    HTMLFormElement.prototype.submit.call(form);
  };
  form.addEventListener("submit", (event) => { event.preventDefault(); run(); });
  run();
})();
