// Keeps the form of a request while one types. Without it, the buttons of the form keep it.
(function () {
  "use strict";
  const form = document.getElementById("request-form");
  const told = document.getElementById("kept");
  if (!form || !told || !told.dataset.autosave) return;
  const PAUSE = 2500;
  let timer = 0;
  let stopped = false;
  let dirty = false;
  let sending = false;

  function say(text) { told.textContent = text; }

  function showMissing(missing) {
    Object.keys(missing).forEach(function (anchor) {
      const link = document.querySelector('.form-sections a[href="#' + anchor + '"]');
      if (!link) return;
      const count = missing[anchor];
      link.parentElement.className = count ? "part-open" : "part-done";
      link.parentElement.querySelector(".hint").textContent = count ? count + " missing" : "complete";
    });
  }

  function keep() {
    if (stopped || sending || !dirty) return;
    dirty = false;
    sending = true;
    const data = new FormData(form);
    data.delete("ethics_document");
    fetch(told.dataset.autosave, { method: "POST", body: data, credentials: "same-origin" })
      .then(function (answer) {
        if (answer.status === 409) {
          stopped = true;
          return answer.json().then(function (said) { say(said.refused + " Nothing more is kept from this page: copy what you typed, then load it anew."); });
        }
        if (!answer.ok || answer.redirected) throw new Error("refused");
        return answer.json().then(function (said) {
          form.elements.version.value = said.version;
          showMissing(said.missing);
          const at = new Date(said.kept);
          say("Kept " + at.toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" }) + "." + (said.problems.length ? " " + said.problems.join(" ") : ""));
        });
      })
      .catch(function () { dirty = true; say("Not kept just now; it is tried again when you go on typing."); })
      .finally(function () { sending = false; if (dirty && !stopped) plan(); });
  }

  function plan() {
    window.clearTimeout(timer);
    timer = window.setTimeout(keep, PAUSE);
  }

  form.addEventListener("input", function (event) {
    if (event.target.type === "file") return;
    dirty = true;
    plan();
  });
  form.addEventListener("submit", function () { window.clearTimeout(timer); stopped = true; });
})();
