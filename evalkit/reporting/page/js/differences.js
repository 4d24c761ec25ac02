// Differences between two answers, word by word.

// words of one answer times words of the other
const MOST_DIFF_CELLS = 12e6;
// what is marked is laid out at once
const MOST_DIFF_PIECES = 2;
const SHORT_RUN_WORDS = 4;
const TOO_LONG = "These answers are too long to be compared word by word.";

// scripts that put no blanks between words are compared letter by letter
const TOKEN = /(?:(?![\p{scx=Hani}\p{scx=Hira}\p{scx=Kana}\p{scx=Thai}\p{scx=Laoo}\p{scx=Khmr}\p{scx=Mymr}])[\p{L}\p{N}\p{M}_])+(?:['’.,-][\p{L}\p{N}]+)*|\s+|[^\s]/gu;

/** Of how many pieces a text is, or more than may be compared. */
function pieces(text) {
  let n = 0;
  for (let end = 0; end < text.length && n <= MOST_DIFF_PIECES; n += 1) end = pieceEnd(text, end);
  return n;
}

function tokensOf(text) { return text.match(TOKEN) ?? []; }

/** Positions of the words among tokens. */
function wordPlaces(tokens) {
  const places = [];
  tokens.forEach((token, at) => { if (/\S/.test(token)) places.push(at); });
  return places;
}

/** Lengths of the longest common subsequence of every two ends, row by row. */
function commonLengths(a, b) {
  const width = b.length + 1;
  const lengths = new Uint16Array((a.length + 1) * width);
  for (let i = a.length - 1; i >= 0; i -= 1) {
    for (let j = b.length - 1; j >= 0; j -= 1) {
      const at = i * width + j;
      lengths[at] = a[i] === b[j] ? lengths[at + width + 1] + 1 : Math.max(lengths[at + width], lengths[at + 1]);
    }
  }
  return lengths;
}

/** Numbers in place of words, the same for equal ones. */
function numbered(words, numbers) {
  return words.map((word) => {
    if (!numbers.has(word)) numbers.set(word, numbers.size);
    return numbers.get(word);
  });
}

/** Runs [common, words of a, words of b] that make up both lists; null where these are too long to be compared. */
function runsOf(first, second) {
  const numbers = new Map();
  const [a, b] = [numbered(first, numbers), numbered(second, numbers)];
  if ((a.length + 1) * (b.length + 1) > MOST_DIFF_CELLS || Math.min(a.length, b.length) > 65535) return null;
  const lengths = commonLengths(a, b);
  const width = b.length + 1;
  const runs = [];
  const add = (common, inA, inB) => {
    const last = runs.at(-1);
    if (last && last[0] === common) { last[1] += inA; last[2] += inB; } else runs.push([common, inA, inB]);
  };
  let [i, j] = [0, 0];
  while (i < a.length || j < b.length) {
    if (i < a.length && j < b.length && a[i] === b[j]) { add(true, 1, 1); i += 1; j += 1; }
    else if (j >= b.length || (i < a.length && lengths[(i + 1) * width + j] >= lengths[i * width + j + 1])) { add(false, 1, 0); i += 1; }
    else { add(false, 0, 1); j += 1; }
  }
  return absorbed(runs);
}

/** Few common words between longer changes are a coincidence: they become part of the change. */
function absorbed(runs) {
  const size = (run) => (run ? Math.max(run[1], run[2]) : 0);
  const weak = (run, at) => run[0] && run[1] < SHORT_RUN_WORDS && at > 0 && at < runs.length - 1
    && run[1] <= size(runs[at - 1]) && run[1] <= size(runs[at + 1]);
  const kept = [];
  runs.forEach((run, at) => {
    const common = run[0] && !weak(run, at);
    const last = kept.at(-1);
    if (last && last[0] === common) { last[1] += run[1]; last[2] += run[2]; } else kept.push([common, run[1], run[2]]);
  });
  return kept.length === runs.length ? kept : absorbed(kept);
}

/** The text of one side as nodes, its changed runs marked. */
function marked(tokens, places, runs, side, tag) {
  const nodes = [];
  let [word, token] = [0, 0];
  for (const run of runs) {
    const n = run[side];
    if (n === 0) continue;
    word += n;
    const last = places[word - 1] + 1;
    const lead = /^\s+$/.test(tokens[token]) ? tokens[token] : "";
    const text = tokens.slice(token + (lead ? 1 : 0), last).join("");
    nodes.push(...visible(lead), ...(run[0] ? visible(text) : changed(text, tag)));
    token = last;
  }
  nodes.push(...visible(tokens.slice(token).join("")));
  return nodes;
}

/** A mark for each line, so that no empty line is marked. */
function changed(text, tag) {
  return text.split(/(\s*\n\s*)/).filter(Boolean).flatMap((part) => (/\S/.test(part) ? [make(tag, {}, visible(part))] : visible(part)));
}

function showDiff(whole, texts) {
  const note = whole.querySelector("#diff-note");
  if ([texts.baseline, texts.model].some((text) => pieces(text ?? "") > MOST_DIFF_PIECES)) { note.textContent = TOO_LONG; return; }
  const tokens = [texts.baseline, texts.model].map((text) => tokensOf(text ?? ""));
  const places = tokens.map(wordPlaces);
  const runs = runsOf(...tokens.map((list, side) => places[side].map((at) => list[at])));
  if (runs === null) { note.textContent = TOO_LONG; return; }
  const common = runs.reduce((sum, run) => sum + (run[0] ? run[1] : 0), 0);
  const most = Math.max(places[0].length, places[1].length, 1);
  note.replaceChildren("Only in the baseline's answer: ", make("del", {}, "dotted"), ", only in the model's: ", make("ins", {}, "underlined"),
    `. In common: ${Math.round((100 * common) / most)} % of the longer answer.`);
  ["baseline", "model"].forEach((name, side) => {
    const target = whole.querySelector(`[data-side="${name}"] .text`);
    target?.replaceChildren(...marked(tokens[side], places[side], runs, side + 1, side ? "ins" : "del"));
    target?.parentElement.querySelector(".more")?.remove();
  });
}

async function toggleDiff() {
  if (state.open === null || !byId("diff")) return;
  state.diff = !state.diff;
  await showComparison(state.open);
  byId("diff").focus({ preventScroll: true });
}
