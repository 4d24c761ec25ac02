// The table of all boards: which of its columns are shown, and an address that says so.

const VIEW = "#view:";

function readView() {
  const { hash } = window.location;
  return new URLSearchParams(hash.startsWith(VIEW) ? hash.slice(VIEW.length) : "");
}

function keepView(controls, table, usual) {
  const view = new URLSearchParams();
  for (const [name, control] of controls) if (control.value !== usual.get(name)) view.set(name, control.value);
  const sorted = [...heads(table)].find((head) => head.hasAttribute("aria-sort"));
  if (sorted && sorted.dataset.key) view.set("sort", `${sorted.dataset.key}:${sorted.getAttribute("aria-sort")}`);
  history.replaceState(null, "", view.size ? VIEW + view : window.location.pathname + window.location.search);
}

/** A column is shown that fits each choice; a head over several is as wide as those that are left of them. */
function showColumns(table, chosen) {
  const shown = [...heads(table)].map((head) => chosen.every(([name, value]) => !value || !head.dataset.key || head.dataset[name] === value));
  for (const row of [heads(table)[0].parentElement, ...table.tBodies[0].rows]) {
    shown.forEach((kept, at) => { row.cells[at].hidden = !kept; });
  }
  for (const head of table.querySelectorAll("[data-group]")) {
    const n = [...heads(table)].filter((each, at) => shown[at] && each.dataset.benchmark === head.dataset.group).length;
    head.hidden = n === 0;
    if (n) head.colSpan = n;
  }
}

function startOverview() {
  const section = byId("overview");
  if (!section) return;
  const table = section.querySelector("table.ranking");
  const controls = [...section.querySelectorAll("[data-view]")].map((control) => [control.dataset.view, control]);
  const choices = controls.filter(([name]) => name !== "find");
  const apply = () => showColumns(table, choices.map(([name, control]) => [name, control.value]));
  const usual = new Map(controls.map(([name, control]) => [name, control.value]));
  const view = readView();
  for (const [name, control] of controls) {
    control.value = view.get(name) ?? control.value;
    if (control.selectedIndex === -1) control.selectedIndex = 0;
    control.dispatchEvent(new Event(name === "find" ? "input" : "change"));
    control.addEventListener("input", () => { apply(); keepView(controls, table, usual); });
  }
  apply();
  const [key, direction] = (view.get("sort") ?? "").split(":");
  const sorted = [...heads(table)].find((head) => head.dataset.key === key);
  for (let turn = 0; key && sorted && turn < 2 && sorted.getAttribute("aria-sort") !== direction; turn += 1) sortTable(table, sorted);
  table.tHead.addEventListener("click", (event) => { if (event.target.closest("button")) keepView(controls, table, usual); });
}
