// Makes the builder quicker: forms and links marked data-live are sent by fetch, the changed page
// part is put in place, and people are counted once one pauses. Without it, all works by loading.
(function () {
  "use strict";
  const root = document.getElementById("builder");
  if (!root) return;
  const PAUSE = 900;
  let timer = 0;
  let counting = null;
  let sending = Promise.resolve();

  // What was typed and not sent yet, in other forms than the one that is being sent.
  function unsent(form) {
    const kept = [];
    root.querySelectorAll("input[id],textarea[id],select[id]").forEach(function (input) {
      if (input.type === "file" || (form && form.contains(input))) return;
      const dirty = input.type === "checkbox" || input.type === "radio" ?
        input.checked !== input.defaultChecked :
        input.tagName === "SELECT" ?
          Array.from(input.options).some(function (o) { return o.selected !== o.defaultSelected; }) &&
            input.id !== "release" :
          input.value !== input.defaultValue;
      if (dirty) kept.push([input.id, input.value, input.checked]);
    });
    return kept;
  }

  function show(html, focus, form, changed) {
    const kept = unsent(form);
    const counts = document.getElementById("counts");
    const before = counts ? counts.innerHTML : "";
    root.innerHTML = html;
    const now = document.getElementById("counts");
    if (now && !now.innerHTML.trim()) {
      now.innerHTML = before;
      if (changed) now.classList.add("counting");
    }
    kept.forEach(function (entry) {
      const input = document.getElementById(entry[0]);
      if (!input) return;
      if (input.type === "checkbox" || input.type === "radio") input.checked = entry[2];
      else input.value = entry[1];
    });
    const target = focus && document.getElementById(focus);
    const place = target || root.querySelector(".editor");
    if (place) {
      const input = place.matches("input,select,textarea,button,a") ? place :
        place.querySelector("input:not([type=hidden]),select,textarea,a,button");
      if (input) input.focus({ preventScroll: true });
      place.scrollIntoView({ block: "nearest" });
    } else {
      root.setAttribute("tabindex", "-1");
      root.focus({ preventScroll: true });
    }
  }

  // One after the other. A change waits for the one before it; if that took its form off the
  // page, as a second press of the same button does, it is not made.
  function send(url, options, focus, form) {
    sending = sending.then(function () {
      if (options.method === "POST" && form && !form.isConnected) return undefined;
      return sendNow(url, options, focus, form);
    });
    return sending;
  }

  async function sendNow(url, options, focus, form) {
    const saved = document.getElementById("saved");
    if (saved && options.method === "POST") saved.textContent = "Saving…";
    let answer;
    try {
      answer = await fetch(url, Object.assign({
        headers: { "X-Fragment": "builder" }, credentials: "same-origin"
      }, options));
    } catch (error) {
      if (saved) saved.textContent = "Not saved: the portal does not answer. Try again.";
      return;
    }
    if (answer.redirected || ![200, 400, 409].includes(answer.status)) {
      window.location.reload();
      return;
    }
    show(await answer.text(), focus, form, options.method === "POST");
    if (options.method === "POST") later();
  }

  function later() {
    window.clearTimeout(timer);
    timer = window.setTimeout(function () { count("draft"); }, PAUSE);
  }

  async function count(how) {
    const form = document.getElementById("count-form");
    const panel = document.getElementById("counts");
    if (!form || !panel) return;
    window.clearTimeout(timer);
    if (counting) counting.abort();
    counting = new AbortController();
    const mine = counting;
    const stop = document.getElementById("stop-form");
    panel.classList.add("counting");
    if (stop) stop.hidden = false;
    const release = form.querySelector("[name=release]").value;
    const query = new URLSearchParams({ release: release, count: how });
    try {
      const answer = await fetch(form.dataset.counts + "?" + query, {
        signal: mine.signal, credentials: "same-origin"
      });
      const text = await answer.text();
      const now = document.getElementById("counts");
      if (mine !== counting || !now) return;
      now.classList.remove("counting");
      if (answer.ok && !answer.redirected) now.innerHTML = text;
      else now.textContent = answer.status === 429 ?
        "Too many counts in a minute. Wait a little, then press Count." :
        "The count did not come back. Press Count to try again.";
    } catch (error) {
      if (mine !== counting) return;
    } finally {
      const shown = document.getElementById("stop-form");
      if (shown && mine === counting) shown.hidden = true;
    }
  }

  root.addEventListener("submit", function (event) {
    const form = event.target;
    if (form.id === "count-form") {
      event.preventDefault();
      count(event.submitter && event.submitter.value === "exact" ? "exact" : "draft");
      return;
    }
    if (form.id === "stop-form") {
      event.preventDefault();
      const body = new FormData(form);
      fetch(form.action, { method: "POST", body: body, redirect: "manual" });
      return;
    }
    if (!form.hasAttribute("data-live")) return;
    event.preventDefault();
    if (form.method === "get") {
      const url = new URL(form.action);
      const hash = url.hash.slice(1);
      url.hash = "";
      url.search = new URLSearchParams(new FormData(form)).toString();
      window.history.replaceState(null, "", url);
      send(url, { method: "GET" }, hash === "found" ? "find" : hash, form);
    } else {
      send(form.action, { method: "POST", body: new URLSearchParams(new FormData(form)) }, "", form);
    }
  });

  root.addEventListener("click", function (event) {
    const link = event.target.closest("a[data-live]");
    if (!link || event.metaKey || event.ctrlKey || event.shiftKey) return;
    event.preventDefault();
    const url = new URL(link.href);
    const hash = decodeURIComponent(url.hash.slice(1));
    url.hash = "";
    window.history.replaceState(null, "", url);
    send(url, { method: "GET" }, hash);
  });

  count("draft");
})();
