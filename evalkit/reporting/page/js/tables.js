// Tables that sort, filter and tell what their cells say.

function cellValue(row, column) {
  const cell = row.cells[column];
  const value = cell.dataset.value;
  if (value === undefined) return cell.textContent.trim();
  return value === "" ? null : Number(value);
}

function compared(a, b) {
  return typeof a === "number" && typeof b === "number" ? a - b : String(a).localeCompare(String(b), "en", { numeric: true });
}

/** The heads of single columns, below those of groups. */
const heads = (table) => table.tHead.rows[table.tHead.rows.length - 1].cells;

function sortTable(table, head) {
  const column = head.cellIndex;
  const now = head.getAttribute("aria-sort");
  const other = { ascending: "descending", descending: "ascending" };
  const direction = now ? other[now] : head.dataset.first;
  for (const each of heads(table)) each.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", direction);
  const sign = direction === "ascending" ? 1 : -1;
  const body = table.tBodies[0];
  const rows = [...body.rows].map((row) => ({ row, value: cellValue(row, column), place: Number(row.dataset.place) }));
  // what has no number stays last, whichever way round
  rows.sort((a, b) => (a.value === null) - (b.value === null)
    || (a.value === null ? 0 : sign * compared(a.value, b.value)) || a.place - b.place);
  body.append(...rows.map((one) => one.row));
}

function startSorting(table) {
  [...table.tBodies[0].rows].forEach((row, place) => { row.dataset.place = place; });
  for (const head of heads(table)) {
    if (!head.dataset.first) continue;
    const label = head.querySelector("span");
    label.replaceWith(press(label.textContent, () => sortTable(table, head)));
  }
}

function startFilter(section) {
  const table = section.querySelector("table.ranking");
  const [model, status] = ["model", "status"].map((name) => section.querySelector(`[data-filter="${name}"]`));
  const rows = [...table.tBodies[0].rows];
  if (!model) return;
  const apply = () => {
    const words = model.value.toLocaleLowerCase().split(/\s+/).filter(Boolean);
    let n = 0;
    for (const row of rows) {
      const name = row.querySelector("th > span").textContent.toLocaleLowerCase();
      row.hidden = !(words.every((word) => name.includes(word)) && (!status?.value || row.dataset.kind === status.value));
      n += !row.hidden;
    }
    section.querySelector("[data-count]").textContent = `${n} of ${rows.length} models`;
    section.querySelector("[data-none]").hidden = n > 0;
  };
  model.addEventListener("input", apply);
  status?.addEventListener("change", apply);
}

function startTables() {
  document.querySelectorAll("table[data-sortable]").forEach(startSorting);
  document.querySelectorAll("[data-filtered]").forEach(startFilter);
  document.querySelectorAll("[data-heat]").forEach(startHeat);
}

/** One cell can be reached with Tab, the others from there with the arrows; what a cell says is told below the table. */
function startHeat(table) {
  const told = table.closest(".panel").querySelector("[data-spoken]");
  const heads = [...table.tHead.rows[0].cells].map((cell) => cell.textContent);
  const tell = (cell) => {
    const row = cell.parentElement.cells[0].textContent;
    told.textContent = `${row}, ${heads[cell.cellIndex]}: ${cell.title}`;
  };
  const steps = { ArrowLeft: [0, -1], ArrowRight: [0, 1], ArrowUp: [-1, 0], ArrowDown: [1, 0] };
  const cellOf = (event) => event.target.closest("td[title]");
  let reached = table.querySelector("td[title]");
  reached.tabIndex = 0;
  const reach = (cell) => {
    reached.tabIndex = -1;
    reached = cell;
    reached.tabIndex = 0;
    told.setAttribute("aria-live", "polite");
    tell(cell);
  };
  // where a pointer passes is seen, and not told aloud
  table.addEventListener("pointerover", (event) => {
    if (!cellOf(event)) return;
    told.setAttribute("aria-live", "off");
    tell(cellOf(event));
  });
  table.addEventListener("focusin", (event) => { if (cellOf(event)) reach(cellOf(event)); });
  table.addEventListener("click", (event) => { if (cellOf(event)) reach(cellOf(event)); });
  table.addEventListener("keydown", (event) => {
    const step = steps[event.key];
    if (!step || !cellOf(event)) return;
    event.preventDefault();
    const row = table.tBodies[0].rows[cellOf(event).parentElement.sectionRowIndex + step[0]];
    const next = row?.cells[cellOf(event).cellIndex + step[1]];
    if (next?.title && next.tagName === "TD") { next.tabIndex = 0; next.focus(); }
  });
}
