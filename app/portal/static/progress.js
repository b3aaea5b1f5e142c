// Keeps the line of progress on a request's page up to date; without it, "Look again" does.
"use strict";
(() => {
  const line = document.querySelector("[data-progress]");
  if (!line) return;
  const look = async () => {
    let answer;
    try {
      answer = await fetch(line.dataset.progress, { credentials: "same-origin", redirect: "error" });
    } catch {
      return; // signed out, or the portal is away: the link stays
    }
    if (answer.status === 204) {
      // Done: show the page as it is now, unless something is being typed on it.
      const typing = [...document.querySelectorAll("textarea, input[type=date]")].some((one) => one.value !== one.defaultValue);
      if (!typing) location.reload();
      else line.textContent = "It is done. Look again to see the result.";
      return;
    }
    if (!answer.ok) return;
    const shown = await answer.text();
    if (shown !== line.dataset.shown) line.innerHTML = shown;
    line.dataset.shown = shown;
    setTimeout(look, document.hidden ? 10000 : 2000);
  };
  setTimeout(look, 2000);
})();
