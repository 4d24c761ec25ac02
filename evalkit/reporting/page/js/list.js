// The list of comparisons and the controls above it.

const PAGE_SIZE = 50;
const SEARCH_PAUSE_MS = 180;

/** Told aloud, so only when there is something new. */
function say(text) { if (byId("result-count").textContent !== text) byId("result-count").textContent = text; }

async function refresh() {
  state.turn += 1;
  const { turn } = state;
  let results;
  try { results = await find(turn); } catch (error) { say("The texts cannot be read."); throw error; }
  if (results === null || turn !== state.turn) return;
  state.results = results;
  state.page = 0;
  showPage();
}

function showPage() {
  const { data, results } = state;
  const pages = Math.max(1, Math.ceil(results.length / PAGE_SIZE));
  state.page = Math.min(Math.max(0, state.page), pages - 1);
  const from = state.page * PAGE_SIZE;
  byId("browse").classList.toggle("one-board", data.boards.length < 2 || byId("f-board").value !== "");
  byId("results").replaceChildren(...results.slice(from, from + PAGE_SIZE).map((at) => resultRow(data, at)));
  say(results.length ? `${counted(results.length)} of ${counted(data.n)} comparisons` : "No comparison fits these filters.");
  byId("page-of").textContent = `Page ${counted(state.page + 1)} of ${counted(pages)}`;
  byId("page-back").disabled = state.page === 0;
  byId("page-on").disabled = state.page >= pages - 1;
  byId("pager").hidden = pages === 1;
}

function resultRow(data, at) {
  const { rows } = data;
  const key = rows.key[at];
  const category = data.category[key];
  const marks = [];
  if (rows.orders[at] === 2) marks.push(make("span", { class: "tag" }, "orders"));
  if (data.boards.length > 1 && dividedOf(data)[at]) marks.push(make("span", { class: "tag" }, "judges"));
  return make("tr", {},
    make("td", { class: "verdict-cell" }, verdictMark(data, at)),
    make("td", { class: "number" }, valueText(data, at)),
    make("td", { class: "name" }, make("a", { href: hashOf(data, at), class: "snippet" }, snippet(data, key))),
    make("td", { class: "model-cell" }, inLine(data.models[rows.model[at]]), turnMark(data, key)),
    make("td", { class: "judge-cell judge-column" }, data.titles[rows.board[at]]),
    make("td", { class: "category-cell" }, category >= 0 ? inLine(data.categories[category]) : ""),
    make("td", { class: "number length-cell" }, signed(rows.length[at])),
    make("td", { class: "marks" }, marks));
}

function snippet(data, key) {
  const text = state.instructions?.[key];
  return text ? inLine(clipped(text)) : `Instruction ${shown(data.keys[key])}`;
}

/** Turns of one conversation begin with the same words. */
function turnMark(data, key) {
  return data.turn[key] ? [" ", make("span", { class: "tag" }, `turn ${data.turn[key]}`)] : null;
}

function verdictMark(data, at) {
  const graded = data.boards[data.rows.board[at]].graded;
  const kind = VERDICTS[data.verdict[at]];
  const name = kind === "none" ? "none" : graded ? "grade" : kind;
  return make("span", { class: `verdict ${name}` }, name);
}

function valueText(data, at) {
  const preference = data.rows.preference[at];
  if (preference === null) return "–";
  return data.boards[data.rows.board[at]].graded ? preference.toFixed(2) : exact(preference, 2, [0, 0.5, 1]);
}

function turnPage(step) {
  state.page += step;
  showPage();
  byId("result-box").scrollIntoView({ block: "start" });
}

function option(value, text) { return make("option", { value }, text); }

function fillChoices(data) {
  const boards = data.titles.map((title, at) => option(at, title));
  byId("f-board").replaceChildren(...(data.boards.length > 1 ? [option("", "All")] : []), ...boards);
  const categories = data.categories.map((name, at) => [at, shown(name)]).sort((a, b) => a[1].localeCompare(b[1]));
  byId("f-category").replaceChildren(option("", "Any"), ...categories.map(([at, name]) => option(at, name)));
  byId("f-board").closest("label").hidden = data.boards.length < 2;
  if (data.boards.length < 2) byId("f-disagreement").querySelector('[value="judges"]').remove();
  const graded = data.boards.every((board) => board.graded);
  if (graded) byId("value-head").textContent = "Grade";
  else if (data.boards.some((board) => board.graded)) byId("value-head").textContent = "P(win) or grade";
  leaveOut(data, graded);
}

/** What these data have none of has neither a column nor a filter. */
function leaveOut(data, graded) {
  const useless = {
    model: new Set(data.rows.model).size < 2 && data.turn.length === 0,
    verdict: graded,
    category: data.categories.length === 0,
    length: data.rows.length.every((length) => length === null),
    marks: data.boards.length < 2 && !data.rows.orders.includes(2),
  };
  const filters = { model: "f-model", category: "f-category", length: "f-range", marks: "f-disagreement" };
  for (const [name, left] of Object.entries(useless)) {
    byId("browse").classList.toggle(`no-${name}`, left);
    const filter = filters[name] && byId(filters[name]);
    if (filter) (filter.closest("label") ?? filter).hidden = left;
  }
}

/** Only models that the chosen board has; a choice that is still there stays. */
function fillModels(data) {
  const chosen = byId("f-model").value;
  const board = choiceIn("f-board");
  const models = new Set();
  for (let at = 0; at < data.n; at += 1) if (board === null || data.rows.board[at] === board) models.add(data.rows.model[at]);
  const named = [...models].map((model) => [model, shown(data.models[model])]).sort((a, b) => a[1].localeCompare(b[1]));
  byId("f-model").replaceChildren(option("", `All ${named.length}`), ...named.map(([at, name]) => option(at, name)));
  byId("f-model").value = models.has(Number(chosen)) ? chosen : "";
}

/** No filter but a board, or all boards for null. */
function resetFilters(board) {
  for (const id of FILTERS) byId(id).value = id === "f-sort" ? "given" : "";
  if (state.data.boards.length > 1) byId("f-board").value = board === null ? "" : String(board);
  else byId("f-board").selectedIndex = 0;
  fillModels(state.data);
}

function startFilters(data) {
  let pause = 0;
  byId("search").addEventListener("input", () => {
    clearTimeout(pause);
    pause = setTimeout(() => begin(refresh()), SEARCH_PAUSE_MS);
  });
  byId("search").addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.isComposing) return;
    clearTimeout(pause);
    begin(refresh().then(() => move(0)));
  });
  for (const id of FILTERS.slice(1)) {
    byId(id).addEventListener("input", () => {
      if (id === "f-board") fillModels(data);
      begin(refresh());
    });
  }
  byId("reset").addEventListener("click", () => { resetFilters(shownBoard()); begin(refresh()); });
  byId("page-back").addEventListener("click", () => turnPage(-1));
  byId("page-on").addEventListener("click", () => turnPage(1));
}

/** The board above; null on a page that shows none. */
function shownBoard() {
  const at = boardSections().indexOf(currentBoard());
  if (!boardSections().length) return null;
  return at >= 0 && at < state.data.boards.length ? at : 0;
}

function explain(data) {
  const parts = [];
  if (data.sampled) {
    parts.push(`A sample of ${counted(data.sampled.n)} of ${counted(data.sampled.of)} instructions can be read here, the same for all models (seed ${data.sampled.seed}); the boards rest on all of them.`);
  }
  if (!data.text) {
    parts.push("This file holds no texts, only verdicts.");
    byId("search").disabled = true;
    byId("search").placeholder = "No texts to search in";
  }
  if (parts.length) byId("browser-note").textContent = parts.join(" ");
}
