// Which comparisons are shown, and in what order.

const FILTERS = ["search", "f-board", "f-model", "f-category", "f-verdict", "f-disagreement", "f-longer", "f-shorter", "f-sort"];

const numberIn = (id) => { const { value } = byId(id); return value === "" ? null : Number(value); };
const choiceIn = (id) => { const { value } = byId(id); return value === "" ? null : Number(value); };

function readFilters() {
  return {
    words: byId("search").value.toLowerCase().split(/\s+/).filter(Boolean),
    board: choiceIn("f-board"), model: choiceIn("f-model"), category: choiceIn("f-category"),
    verdict: byId("f-verdict").value, disagreement: byId("f-disagreement").value,
    longer: numberIn("f-longer"), shorter: numberIn("f-shorter"), sort: byId("f-sort").value,
  };
}

function fits(data, filter, at) {
  const { rows } = data;
  if (filter.board !== null && rows.board[at] !== filter.board) return false;
  if (filter.model !== null && rows.model[at] !== filter.model) return false;
  if (filter.category !== null && data.category[rows.key[at]] !== filter.category) return false;
  if (filter.verdict && !hasVerdict(data, filter.verdict, at)) return false;
  const longer = rows.length[at];
  if (filter.longer !== null && !(longer !== null && longer >= filter.longer)) return false;
  if (filter.shorter !== null && !(longer !== null && longer <= filter.shorter)) return false;
  if (filter.disagreement === "orders") return rows.orders[at] === 2;
  return filter.disagreement !== "judges" || dividedOf(data)[at] === 1;
}

function hasVerdict(data, verdict, at) {
  if (verdict !== "none" && data.boards[data.rows.board[at]].graded) return false;
  return VERDICTS[data.verdict[at]] === verdict;
}

/** How far above the middle of its scale a verdict is, from -1 to 1. */
function leaning(data, at) {
  const board = data.boards[data.rows.board[at]];
  const preference = data.rows.preference[at];
  if (preference === null) return null;
  const [low, high] = board.graded ? board.scale : [0, 1];
  return (2 * (preference - low)) / (high - low) - 1;
}

function sortKey(data, sort) {
  const { length } = data.rows;
  const negated = (value) => (value === null ? null : -value);
  return {
    worst: (at) => leaning(data, at),
    best: (at) => negated(leaning(data, at)),
    close: (at) => { const value = leaning(data, at); return value === null ? null : Math.abs(value); },
    longer: (at) => negated(length[at]),
    shorter: (at) => length[at],
  }[sort];
}

function sorted(data, results, sort) {
  const key = sortKey(data, sort);
  if (!key) return results;
  const keyed = results.map((at) => [key(at), at]);
  keyed.sort(([a, i], [b, j]) => (a === null) - (b === null) || (a === null ? 0 : a - b) || i - j);
  return keyed.map(([, at]) => at);
}

async function find(turn) {
  const { data } = state;
  const filter = readFilters();
  let results = [];
  for (let at = 0; at < data.n; at += 1) if (fits(data, filter, at)) results.push(at);
  if (filter.words.length && data.text) results = await withWords(data, results, filter.words, turn);
  return results && sorted(data, results, filter.sort);
}

/** Those whose instruction or answers hold every word; null where the search was changed meanwhile. */
async function withWords(data, results, words, turn) {
  const baselines = data.boards.map((board) => data.models.indexOf(board.baseline));
  const models = new Set(results.map((at) => data.rows.model[at]));
  for (const at of results) if (baselines[data.rows.board[at]] >= 0) models.add(baselines[data.rows.board[at]]);
  const names = ["instructions", ...[...models].map((model) => `answers-${model}`)];
  if (names.some((name) => !state.lowered.has(name))) say("Reading the texts…");
  for (const name of names) {
    await lowered(name);
    if (turn !== state.turn) return null;
  }
  const { rows } = data;
  const holds = (word, at) => {
    const key = rows.key[at];
    const baseline = baselines[rows.board[at]];
    return hits(word, "instructions")[key] || hits(word, `answers-${rows.model[at]}`)[key]
      || (baseline >= 0 && hits(word, `answers-${baseline}`)[key]);
  };
  const found = results.filter((at) => words.every((word) => holds(word, at)));
  state.hits.clear();
  return found;
}

async function lowered(name) {
  if (!state.lowered.has(name)) {
    const texts = (await chunk(name)) ?? [];
    state.lowered.set(name, texts.map((text) => (text ?? "").toLowerCase()));
  }
}

function hits(word, name) {
  const key = `${name} ${word}`;
  if (!state.hits.has(key)) state.hits.set(key, state.lowered.get(name).map((text) => text.includes(word)));
  return state.hits.get(key);
}
