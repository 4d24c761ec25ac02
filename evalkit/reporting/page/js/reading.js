// From a board to its comparisons, and what happens when a page is opened.

function startReading(data) {
  boardSections().forEach((section, board) => {
    const models = new Set();
    for (let at = 0; at < data.n; at += 1) if (data.rows.board[at] === board) models.add(data.models[data.rows.model[at]]);
    for (const row of section.querySelectorAll("table.ranking tbody tr")) {
      if (!models.has(row.dataset.name)) continue;
      const name = row.querySelector("th > span");
      const link = make("a", { href: "#comparisons", title: "Read its comparisons" }, name.textContent);
      link.addEventListener("click", () => {
        resetFilters(board);
        byId("f-model").value = String(data.models.indexOf(row.dataset.name));
        begin(refresh());
      });
      name.replaceChildren(link);
    }
  });
}

function startPrinting() {
  let closed = [];
  window.addEventListener("beforeprint", () => {
    closed = [...document.querySelectorAll("details:not([open])")];
    closed.forEach((each) => { each.open = true; });
  });
  window.addEventListener("afterprint", () => closed.forEach((each) => { each.open = false; }));
}

async function startBrowser() {
  if (!byId("browse")) return;
  if (typeof DecompressionStream === "undefined") {
    byId("browse").hidden = true;
    problem("This browser cannot unpack the comparisons (it lacks DecompressionStream). The boards above are complete; a newer browser reads the comparisons too.");
    return;
  }
  const data = prepare(await chunk("index"));
  state.data = data;
  explain(data);
  fillChoices(data);
  resetFilters(shownBoard());
  startFilters(data);
  startKeys();
  startReading(data);
  await refresh();
  await follow();
}

/** Of a file that was cut short, what is missing would look as if it had never been recorded. */
async function checkWhole() {
  await wholePage();
  const n = document.querySelectorAll("script[data-chunk]").length;
  if (n < Number(document.documentElement.dataset.chunks)) {
    problem("This file is not whole: texts or verdicts are missing that it was made with.");
  }
}

async function readInstructions() {
  if (!state.data?.text) return;
  state.instructions = await chunk("instructions");
  if (state.open === null) showPage();
}

function ready() {
  document.documentElement.dataset.ready = "yes";
  performance.mark("interactive");
}

async function startPage() {
  document.documentElement.dataset.script = "yes";
  startTheme();
  startBoards();
  startTables();
  startPrinting();
  window.addEventListener("hashchange", () => begin(follow()));
  try {
    await startBrowser();
  } catch (error) {
    if (state.data === null) byId("browse").hidden = true;
    problem(`The comparisons cannot be shown: ${error.message}. The file may not be whole.`);
  }
  if (!window.location.hash.startsWith("#c=")) await follow();
  ready();
  if (byId("browse")) begin(checkWhole());
  begin(readInstructions());
}
