/* The panel "Project data": tables, columns, search, end of access, citation, outbox.
   All text is set as text, never as HTML. */
window._CARE_COMMONS_PANEL = (parts) => {
  "use strict";
  const { Notification } = parts.apputils;
  const { URLExt } = parts.coreutils;
  const { INotebookTracker, NotebookActions } = parts.notebook;
  const { ServerConnection } = parts.services;
  const { LabIcon } = parts.icons;
  const { Widget } = parts.widgets;
  const COMMAND = "carecommons:project-data";
  const WARN_DAYS = 30;

  const icon = new LabIcon({
    name: "carecommons:project-data",
    svgstr:
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 24 24" width="16">' +
      '<g class="jp-icon3" fill="#616161"><ellipse cx="12" cy="5.5" rx="8" ry="3"/>' +
      '<path d="M4 7.8c1.5 1.4 4.5 2.2 8 2.2s6.500-.8 8-2.2V12c0 1.700-3.600 3-8 3s-8-1.300-8-3z"/>' +
      '<path d="M4 14.300c1.500 1.400 4.500 2.200 8 2.200s6.500-.8 8-2.200V18.500c0 1.700-3.600 3-8 3s-8-1.300-8-3z"/></g></svg>',
  });

  /** Ask our part of the server; an answer that is an error becomes one here. */
  async function ask(path, body) {
    const settings = ServerConnection.makeSettings();
    const address = URLExt.join(settings.baseUrl, "carecommons") + `/${path}`;
    const sent = body ? { method: "POST", body: JSON.stringify(body) } : {};
    const answer = await ServerConnection.makeRequest(address, sent, settings);
    const document = await answer.json();
    if (!answer.ok) throw new Error(document.message || answer.statusText);
    return document;
  }

  /** An element with properties and children; strings become text. */
  function make(tag, properties = {}, ...children) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(properties)) {
      if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
      else if (name in element) element[name] = value;
      else element.setAttribute(name, value);
    }
    element.append(...children.filter((child) => child !== null));
    return element;
  }

  class Panel extends Widget {
    constructor(tracker) {
      super();
      this.tracker = tracker;
      this.id = "carecommons-project-data";
      this.title.icon = icon;
      this.title.caption = "Project data";
      this.addClass("cc-panel");
      this.node.setAttribute("role", "region");
      this.node.setAttribute("aria-label", "Project data");
      this.load();
    }

    async load() {
      this.node.replaceChildren(make("p", { className: "cc-hint" }, "Reading the project …"));
      try {
        this.draw(await ask("project"));
      } catch (error) {
        this.node.replaceChildren(
          make("h2", {}, "Project data"),
          make("p", { className: "cc-error", role: "alert" }, error.message),
          make("button", { className: "cc-button", onclick: () => this.load() }, "Try again"),
        );
      }
    }

    draw(project) {
      const search = make("input", {
        type: "search",
        className: "cc-search",
        placeholder: "Search columns and concepts",
        ariaLabel: "Search tables, columns, meanings and concepts",
      });
      const concepts = make("div", { className: "cc-tables" });
      const count = make("p", { className: "cc-hint", role: "status" });
      const tables = project.tables.map((table) => this.table(table));
      const filter = () => {
        const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
        let found = 0;
        for (const table of tables) found += table.filter(words);
        count.textContent = words.length
          ? `${found} column${found === 1 ? "" : "s"} found`
          : `${project.tables.length} tables`;
        this.findConcepts(concepts, search.value);
      };
      search.addEventListener("input", filter);
      filter();
      this.node.replaceChildren(
        make("h2", {}, project.title || "Untitled"),
        this.facts(project),
        make("div", { className: "cc-row" },
          this.insertion('from cohorts import open_project\n\nproject = open_project()\nproject', "Insert code that opens it"),
          make("button", { className: "cc-button", onclick: () => this.load() }, "Reload")),
        search,
        count,
        concepts,
        make("div", { className: "cc-tables" }, ...tables.map((table) => table.element)),
        this.outbox(),
        this.citation(project),
      );
    }

    /** Concepts whose names hold the words, once typing pauses; a late answer is passed over. */
    findConcepts(place, words) {
      clearTimeout(this.waiting);
      if (words.trim().length < 2) {
        place.replaceChildren();
        return;
      }
      this.waiting = setTimeout(async () => {
        const asked = this.waiting;
        const { concepts } = await ask(`concepts?words=${encodeURIComponent(words)}`);
        if (asked !== this.waiting || !place.isConnected) return;
        const lines = concepts.map((concept) =>
          make("li", {},
            make("span", { className: "cc-concept" }, concept.name),
            make("span", { className: "cc-hint cc-meaning" }, concept.about),
            this.insertion(concept.code, "Insert code", concept.name)));
        place.replaceChildren(
          ...(lines.length
            ? [make("details", { open: true }, make("summary", {}, `Concepts (${lines.length})`), make("ul", {}, ...lines))]
            : []),
        );
      }, 250);
    }

    facts(project) {
      const left = project.days_left;
      const soon = left !== null && left <= WARN_DAYS;
      const end = project.expires_on || "not set";
      const days = left === null ? "" : ` (${left} day${left === 1 ? "" : "s"} left)`;
      const pairs = [
        ["Extract", project.extract],
        ["People", project.persons.toLocaleString("en")],
        ["From release", project.release],
      ];
      return make(
        "dl",
        { className: "cc-facts" },
        ...pairs.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]),
        make("dt", {}, "Access ends"),
        make("dd", { className: soon ? "cc-soon" : "" }, end + days),
      );
    }

    /** A table with its columns; filter(words) hides what does not match and counts what does. */
    table(table) {
      const lines = table.columns.map((column) => {
        const share = column.completeness;
        const filled = share === null ? "–" : `${Math.floor(share * 1000) / 10} %`;
        const meter = make("meter", { min: 0, max: 1, value: share ?? 0, ariaLabel: `filled ${filled}` });
        const element = make(
          "li",
          {},
          make("span", { className: "cc-name" }, column.name),
          make("span", { className: "cc-hint" }, ` ${column.type}${column.unit ? `, ${column.unit}` : ""}`),
          make("span", { className: "cc-filled" }, meter, ` ${filled}`),
          make("p", { className: "cc-meaning" }, column.meaning || ""),
        );
        const text = `${table.name} ${column.name} ${column.meaning}`.toLowerCase();
        return { element, text };
      });
      const element = make(
        "details",
        {},
        make("summary", {},
          make("span", { className: "cc-name" }, table.name),
          make("span", { className: "cc-hint cc-size" }, `${table.rows.toLocaleString("en")} rows, ${table.columns.length} columns`)),
        table.meaning ? make("p", { className: "cc-meaning" }, table.meaning) : null,
        this.insertion(`${table.name} = project.table("${table.name}")\n${table.name}.head()`, "Insert code", table.name),
        make("ul", {}, ...lines.map((line) => line.element)),
      );
      const filter = (words) => {
        let found = 0;
        for (const line of lines) {
          const fits = words.every((word) => line.text.includes(word));
          line.element.hidden = !fits;
          found += fits;
        }
        element.hidden = found === 0;
        element.open = words.length > 0 && found > 0;
        return found;
      };
      return { element, filter };
    }

    insertion(code, label, about = "") {
      return make(
        "button",
        {
          className: "cc-button",
          ariaLabel: about ? `${label} for ${about}` : label,
          onclick: () => this.insert(code),
        },
        label,
      );
    }

    /** Put code into a new cell below the active one; without a notebook, copy it. */
    async insert(code) {
      const current = this.tracker && this.tracker.currentWidget;
      if (!current) {
        await navigator.clipboard.writeText(code);
        Notification.info("No notebook is open: the code was copied instead.", { autoClose: 4000 });
        return;
      }
      await current.revealed; // a notebook that has just been opened has no cells yet
      const notebook = current.content;
      const empty = notebook.activeCell && !notebook.activeCell.model.sharedModel.getSource();
      if (!empty) NotebookActions.insertBelow(notebook);
      NotebookActions.changeCellType(notebook, "code");
      notebook.activeCell.model.sharedModel.setSource(code);
      notebook.activeCell.editor?.focus();
    }

    citation(project) {
      return make(
        "details",
        { className: "cc-citation" },
        make("summary", {}, "How to cite, and what it is for"),
        make("p", {}, project.citation),
        make("button", { className: "cc-button", onclick: async () => {
          await navigator.clipboard.writeText(project.citation);
          Notification.success("The citation was copied.", { autoClose: 3000 });
        } }, "Copy the citation"),
        make("p", { className: "cc-meaning" }, `Purpose: ${project.purpose || "not stated"}`),
        make("p", { className: "cc-meaning" }, project.cohort),
      );
    }

    outbox() {
      const list = make("ul", { className: "cc-files" });
      const title = make("input", { type: "text", className: "cc-search", maxLength: 200 });
      const note = make("textarea", { className: "cc-search", rows: 4, maxLength: 5000 });
      const said = make("div", { role: "status", className: "cc-said" });
      const chosen = () =>
        [...list.querySelectorAll("input:checked")].map((box) => box.value);
      const run = async (path) => {
        said.replaceChildren("Checking …");
        try {
          const report = await ask(path, { files: chosen(), title: title.value, note: note.value });
          said.replaceChildren(
            ...report.files.map((file) =>
              make("div", {},
                make("p", {}, make("strong", {}, file.name), ` – ${file.outcome}`),
                make("ul", {}, ...file.findings.map((finding) =>
                  make("li", { className: `cc-${finding.level}` }, `${finding.check}: ${finding.text}`)))),
            ),
            make("p", {}, report.hint),
          );
        } catch (error) {
          said.replaceChildren(make("p", { className: "cc-error" }, error.message));
        }
      };
      const refresh = async () => {
        const { files } = await ask("files");
        list.replaceChildren(
          ...(files.length
            ? files.map((name) => make("li", {}, make("label", {}, make("input", { type: "checkbox", value: name }), ` ${name}`)))
            : [make("li", { className: "cc-hint" }, "There are no CSV, PNG or text files in the workspace yet.")]),
        );
      };
      return make(
        "details",
        { className: "cc-outbox", ontoggle: refresh },
        make("summary", {}, "Ask for results to leave"),
        make("p", { className: "cc-meaning" }, "Tables as CSV, figures as PNG, notebooks without outputs. They are checked, then you send them on in the portal, and a steward decides."),
        list,
        make("label", {}, "Title", title),
        make("label", {}, "What they show, and where they go", note),
        make("div", { className: "cc-row" },
          make("button", { className: "cc-button", onclick: () => run("check") }, "Check"),
          make("button", { className: "cc-button cc-main", onclick: () => run("release") }, "Put into the outbox")),
        said,
      );
    }
  }

  return {
    id: "@carecommons/lab:project-data",
    description: "The project's data dictionary, end of access and outbox.",
    autoStart: true,
    optional: [parts.launcher.ILauncher, INotebookTracker, parts.application.ILayoutRestorer],
    activate(app, launcher, tracker, restorer) {
      const panel = new Panel(tracker);
      app.shell.add(panel, "left", { rank: 150 });
      if (restorer) restorer.add(panel, panel.id);
      app.commands.addCommand(COMMAND, {
        label: "Project data",
        caption: "Tables, columns and end of access of this project",
        icon,
        execute: () => app.shell.activateById(panel.id),
      });
      if (launcher) launcher.add({ command: COMMAND, category: "Care Commons", rank: 0 });
    },
  };
};
