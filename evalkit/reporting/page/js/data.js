// Comparisons as data.

const VERDICTS = ["none", "loss", "tie", "win"];

const state = {
  data: null, results: [], page: 0, open: null, instructions: null, turn: 0, diff: false,
  lowered: new Map(), hits: new Map(),
};

function verdictOf(board, preference) {
  if (preference === null) return 0;
  if (board.graded) return 2;
  return preference < 0.5 ? 1 : preference > 0.5 ? 3 : 2;
}

function prepare(index) {
  const titles = boardSections().map((section) => section.querySelector("h2").textContent);
  const { rows } = index;
  return {
    ...index,
    titles: index.boards.map((board, at) => board.title ?? titles[at] ?? shown(board.judge)),
    names: index.boards.map(boardName),
    verdict: Uint8Array.from(rows.board, (board, at) => verdictOf(index.boards[board], rows.preference[at])),
    n: rows.board.length,
    places: null,
    divided: null,
  };
}

/** Numbers each comparison by board, model and key. */
function placeOf(data, board, model, key) {
  const number = (b, m, k) => (b * data.models.length + m) * data.keys.length + k;
  if (!data.places) {
    data.places = new Map();
    for (let at = 0; at < data.n; at += 1) data.places.set(number(data.rows.board[at], data.rows.model[at], data.rows.key[at]), at);
  }
  return data.places.get(number(board, model, key));
}

/** Which comparisons one judge decides for the model and another one against it. */
function dividedOf(data) {
  if (data.divided) return data.divided;
  const said = new Map();
  // a win over one baseline and a loss against another one contradict nothing
  const baselines = data.boards.map((board) => data.models.indexOf(board.baseline));
  const number = (at) => (baselines[data.rows.board[at]] * data.models.length + data.rows.model[at]) * data.keys.length + data.rows.key[at];
  const comparable = (at) => !data.boards[data.rows.board[at]].graded;
  for (let at = 0; at < data.n; at += 1) {
    if (comparable(at)) said.set(number(at), (said.get(number(at)) ?? 0) | (1 << data.verdict[at]));
  }
  const both = (1 << 1) | (1 << 3);
  data.divided = Uint8Array.from(data.rows.board, (_, at) => comparable(at) && (said.get(number(at)) & both) === both);
  return data.divided;
}
