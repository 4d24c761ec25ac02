// Keys.

function startKeys() {
  const help = byId("help");
  const actions = {
    j: () => move(1), ArrowRight: () => move(1), k: () => move(-1), ArrowLeft: () => move(-1),
    d: () => begin(toggleDiff()), c: () => state.open !== null && copyLink(),
    Escape: () => { if (state.open !== null) window.location.hash = "#comparisons"; },
    "/": () => { if (state.open !== null) window.location.hash = "#comparisons"; closeComparison(); byId("search").focus(); },
    "?": () => help.showModal(),
  };
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || help.open) return;
    const { target } = event;
    if (target.closest("input, select, textarea")) return;
    // a box that scrolls sideways keeps its arrows
    if (event.key.startsWith("Arrow") && (state.open === null || target.closest(".scroll"))) return;
    const action = actions[event.key];
    if (!action) return;
    event.preventDefault();
    action();
  });
  document.querySelectorAll("[data-help]").forEach((button) => button.addEventListener("click", () => help.showModal()));
  byId("help-close").addEventListener("click", () => help.close());
}

/** To the next comparison; in the list, to the next line. */
function move(by) {
  if (state.open !== null) { begin(step(by)); return; }
  const links = [...byId("results").querySelectorAll("a")];
  const now = links.indexOf(document.activeElement);
  links[now < 0 ? 0 : Math.min(links.length - 1, Math.max(0, now + by))]?.focus();
}
