/* A prebuilt JupyterLab extension, written by hand: a module-federation container is an object with
   init(scope), which receives the modules that JupyterLab shares, and get(name), which gives one of
   ours. JupyterLab's bootstrap.js loads this file, calls init, and later get("./extension").
   There is no build step and nothing is fetched from elsewhere. */
(() => {
  "use strict";
  const here = document.currentScript.src.replace(/[^/]*$/, "");
  let shared = null;

  /** A module that JupyterLab shares, whichever version it has. */
  async function module(name) {
    const versions = Object.values(shared[name] || {});
    if (!versions.length) throw new Error(`JupyterLab does not share ${name}`);
    return (await versions[0].get())();
  }

  async function script(name) {
    await new Promise((resolve, reject) => {
      const element = document.createElement("script");
      element.src = here + name;
      element.onload = resolve;
      element.onerror = () => reject(new Error(`${name} cannot be loaded`));
      document.head.append(element);
    });
  }

  function style(name) {
    const element = document.createElement("link");
    element.rel = "stylesheet";
    element.href = here + name;
    document.head.append(element);
  }

  async function extension() {
    const [application, apputils, coreutils, launcher, notebook, services, icons, widgets] =
      await Promise.all(
        [
          "@jupyterlab/application",
          "@jupyterlab/apputils",
          "@jupyterlab/coreutils",
          "@jupyterlab/launcher",
          "@jupyterlab/notebook",
          "@jupyterlab/services",
          "@jupyterlab/ui-components",
          "@lumino/widgets",
        ].map(module),
      );
    style("panel.css");
    await script("panel.js");
    const parts = { application, apputils, coreutils, launcher, notebook, services, icons, widgets };
    return () => window._CARE_COMMONS_PANEL(parts);
  }

  window._JUPYTERLAB = window._JUPYTERLAB || {};
  window._JUPYTERLAB["@carecommons/lab"] = {
    init(scope) {
      shared = scope;
    },
    async get(name) {
      if (name !== "./extension") throw new Error(`there is no module ${name} here`);
      return extension();
    },
  };
})();
