// Makes the editor of cases quicker: each datum of the record gets a button that puts its id into the
// field of ids used last, and leaving a form with unsent words asks first. Without it, all works.
(function () {
  "use strict";
  const bench = document.getElementById("workbench");
  if (!bench) return;
  let target = bench.querySelector("input[data-ids], input[data-id]");
  let dirty = false;

  bench.addEventListener("focusin", function (event) {
    if (event.target.matches("input[data-ids], input[data-id]")) target = event.target;
  });
  if (target) {
    bench.querySelectorAll("li[data-datum]").forEach(function (line) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "quiet";
      button.textContent = "use";
      button.setAttribute("aria-label", "Use " + line.dataset.datum);
      button.addEventListener("click", function () {
        const ids = target.value.split(/\s+/).filter(Boolean);
        if (target.hasAttribute("data-id")) target.value = line.dataset.datum;
        else if (!ids.includes(line.dataset.datum)) target.value = ids.concat(line.dataset.datum).join(" ");
        dirty = true;
        target.focus();
      });
      line.append(" ", button);
    });
  }
  bench.addEventListener("input", function (event) {
    if (!event.target.matches("[type=checkbox][form], #q")) dirty = true;
  });
  bench.addEventListener("submit", function () { dirty = false; });
  window.addEventListener("beforeunload", function (event) {
    if (dirty) event.preventDefault();
  });
})();
