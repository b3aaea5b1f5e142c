// Makes attempts safer: what is typed is kept every few seconds, and the time left is counted down.
// Without it, "Keep for now" keeps and the time of the end is shown.
(function () {
  "use strict";
  const PAUSE = 2500;

  document.querySelectorAll("form[data-autosave]").forEach(function (form) {
    const said = form.querySelector("[data-autosave-said]");
    let timer = 0;
    let leaving = false;

    function keep() {
      if (leaving) return;
      fetch(form.action, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { Accept: "application/json" },
        credentials: "same-origin",
      }).then(function (answer) {
        if (answer.status === 401) return { refused: form.dataset.signedOut };
        return answer.ok ? answer.json() : answer.json().catch(function () { return {}; });
      }).then(function (told) {
        said.textContent = told.kept ? form.dataset.kept + ": " + told.kept :
          told.refused || form.dataset.notKept;
      }).catch(function () { said.textContent = form.dataset.notKept; });
    }

    form.addEventListener("input", function () {
      clearTimeout(timer);
      timer = setTimeout(keep, PAUSE);
    });
    form.addEventListener("submit", function () {
      clearTimeout(timer);
      leaving = true;
    });
  });

  const deadline = document.querySelector("[data-deadline]");
  if (deadline) {
    // Counted from the server's clock at loading, not from this machine's.
    const left = Date.parse(deadline.dataset.deadline) - Date.parse(deadline.dataset.now);
    const began = performance.now();
    const words = deadline.textContent;
    const tick = function () {
      const rest = left - (performance.now() - began);
      if (rest <= 0) { window.location.reload(); return; }
      const minutes = Math.ceil(rest / 60000);
      // Beyond two hours the moment of the end says more than a number of minutes.
      deadline.textContent =
        minutes > 120 ? words : words + " · " + deadline.dataset.left.replace("{}", minutes);
      setTimeout(tick, Math.min(15000, rest + 1000));
    };
    tick();
  }

  // A screen reader goes on where the page was sent to, and is told what came of it.
  const place = window.location.hash && document.getElementById(window.location.hash.slice(1));
  if (place) {
    place.focus();
    const told = place.parentElement.querySelector(".feedback .score, .given-head");
    const announce = document.getElementById("announce");
    if (told && announce) setTimeout(function () { announce.textContent = told.textContent; }, 300);
  }

  const errors = document.getElementById("errors");
  if (errors) errors.focus();
})();
