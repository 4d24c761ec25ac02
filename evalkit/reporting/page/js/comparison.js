// One comparison.

const ORDERS = new Map([[0, "Baseline shown first"], [1, "Model shown first"], [2, "Shown alone"], [-1, "Order not recorded"]]);
const READINGS = new Map([
  ["stated", "as the reply states it"], ["weighted", "weighted by log-probabilities"],
  ["sampled", "a single draw, log-probabilities missing"], ["recorded", "recorded as a number"],
]);

async function showComparison(at) {
  const { data } = state;
  const arriving = state.open === null;
  state.open = at;
  const { rows } = data;
  const board = data.boards[rows.board[at]];
  const baseline = board.graded ? -1 : data.models.indexOf(board.baseline);
  const names = ["instructions", `answers-${rows.model[at]}`, `answers-${baseline}`, `places-${rows.board[at]}-${rows.model[at]}`];
  const parts = await Promise.all(names.map(chunk)).catch((error) => {
    // nothing of another comparison stays under this one's address
    if (state.open === at) closeComparison();
    throw error;
  });
  const [instructions, answers, baselines, places] = parts;
  if (state.open !== at) return;
  const key = rows.key[at];
  const texts = { instruction: instructions?.[key] ?? null, model: answers?.[key] ?? null, baseline: baselines?.[key] ?? null };
  byId("comparison").replaceChildren(...comparisonParts(at, board, texts, places?.[key] ?? []).filter(Boolean));
  byId("comparison").dataset.link = hashOf(data, at);
  byId("browse").hidden = true;
  byId("comparison").hidden = false;
  if (arriving) byId("comparisons").scrollIntoView();
  byId("comparison-title").focus({ preventScroll: true });
}

function comparisonParts(at, board, texts, places) {
  const { data } = state;
  const judged = make("section", { class: "box", "aria-label": "Verdicts" },
    make("h4", {}, "What the judge said"),
    make("div", { class: "verdicts" }, places.length ? places.map((place) => given(place, board, at)) : noVerdicts(data, at)));
  return [toolbar(at, texts), heading(at, board), instructionBox(data, at, texts), answersBox(at, board, texts), judged, otherJudges(at)];
}

function toolbar(at, texts) {
  const place = state.results.indexOf(at);
  const comparable = texts.model !== null && texts.baseline !== null;
  return make("div", { class: "bar-tools" },
    make("a", { href: "#comparisons" }, "← All comparisons"),
    make("span", { class: "position", "aria-live": "polite" }, `${counted(place + 1)} of ${counted(state.results.length)}`),
    comparable ? press("Differences", () => begin(toggleDiff()), { "aria-pressed": String(state.diff), id: "diff", title: "Key: d", "aria-keyshortcuts": "d" }) : null,
    press("Copy link", copyLink, { id: "copy", title: "Key: c", "aria-keyshortcuts": "c" }),
    press("← Previous", () => begin(step(-1)), { id: "previous", title: "Key: k or ←", "aria-keyshortcuts": "k ArrowLeft", disabled: place <= 0 }),
    press("Next →", () => begin(step(1)), { id: "next", title: "Key: j or →", "aria-keyshortcuts": "j ArrowRight", disabled: place >= state.results.length - 1 }));
}

function heading(at, board) {
  const { data } = state;
  const preference = data.rows.preference[at];
  const model = inLine(data.models[data.rows.model[at]]);
  const facts = [verdictMark(data, at)];
  if (preference === null) facts.push("No verdict.");
  else if (board.graded) facts.push(`Grade ${grade(preference)} on a scale from ${board.scale[0]} to ${board.scale[1]}`);
  else facts.push(odds(preference), make("span", {}, `P(model better) = ${percent(preference)}`));
  if (data.rows.orders[at] === 2) facts.push(make("span", { class: "tag" }, "orders disagree"));
  const against = board.graded ? [] : [" against ", ...inLine(board.baseline)];
  return make("header", {},
    make("h3", { id: "comparison-title", tabindex: "-1" }, model, against),
    make("p", { class: "quiet" }, `Board: ${data.titles[data.rows.board[at]]}`),
    make("p", { class: "outcome" }, facts));
}

function odds(share) {
  const at = (part) => `${(4 + 92 * part).toFixed(2)}%`;
  return draw("svg", { class: "odds", "aria-hidden": "true" },
    draw("line", { class: "track", x1: at(0), x2: at(1), y1: "50%", y2: "50%" }),
    draw("line", { class: "even", x1: at(0.5), x2: at(0.5), y1: "10%", y2: "90%" }),
    draw("circle", { class: "full", cx: at(share), cy: "50%", r: 5 }));
}

function instructionBox(data, at, texts) {
  const key = data.rows.key[at];
  const category = data.category[key];
  return make("section", { class: "box instruction", "aria-label": "Instruction" },
    make("h4", {}, "Instruction", make("span", { class: "quiet" },
      category >= 0 ? [...inLine(data.categories[category]), " · "] : [], data.turn[key] ? `turn ${data.turn[key]} · ` : "",
      `key ${shown(data.keys[key])}`)),
    textOrNone(texts.instruction));
}

function textOrNone(text) {
  if (text === null) return make("p", { class: "quiet" }, state.data.text ? "Not recorded." : "This file holds no texts.");
  if (text === "") return make("p", { class: "quiet" }, "Empty.");
  return textBox(text);
}

function answersBox(at, board, texts) {
  const { data } = state;
  const verdict = board.graded ? "" : VERDICTS[data.verdict[at]];
  const model = answerBox(inLine(data.models[data.rows.model[at]]), texts.model, verdict === "win", "model");
  if (board.graded) return make("div", {}, model);
  const baseline = answerBox([...inLine(board.baseline), " (baseline)"], texts.baseline, verdict === "loss", "baseline");
  const box = make("div", { class: "answers", id: "answers" }, baseline, model);
  const whole = make("div", {}, make("p", { class: "quiet", id: "diff-note", "aria-live": "polite" }), box);
  if (state.diff) showDiff(whole, texts);
  return whole;
}

function answerBox(name, text, preferred, side) {
  const facts = text === null ? "" : `${plural([...text].length, "character")}, ${plural((text.match(/\S+/g) ?? []).length, "word")}`;
  return make("section", { class: `box${preferred ? " preferred" : ""}`, "data-side": side },
    make("h4", {}, make("span", {}, name, preferred ? make("span", { class: "winner" }, " preferred") : null), make("span", { class: "quiet" }, facts)),
    textOrNone(text));
}

function given(place, board, at) {
  const [order, repeat, preference, score, reading, reply, tokens, rule, failure, turn, labels] = place;
  const facts = [];
  if (preference !== null) facts.push(make("p", { class: "lead" }, `P(model better) = ${percent(preference)}`));
  if (score !== null) facts.push(make("p", { class: "lead" }, `Grade ${grade(score)}`));
  facts.push(make("p", {}, board.graded ? "Shown alone" : ORDERS.get(order) ?? ""));
  if (labels && reply) facts.push(labelled(labels, order, board, at));
  const small = [];
  if (repeat) small.push(`repeat ${repeat + 1}`);
  if (turn > 1) small.push(`turn ${turn}`);
  if (reading) small.push(READINGS.get(reading) ?? reading);
  facts.push(make("p", { class: "quiet" }, small.join(", ")));
  if (rule) facts.push(make("p", {}, "Decided by the rule ", make("code", {}, visible(rule)), ", without the judge"));
  if (failure) facts.push(make("p", {}, "No verdict: ", inLine(failure)));
  if (tokens?.length) facts.push(tokenTable(tokens));
  const said = reply === null
    ? make("p", { class: "quiet" }, rule ? "Nobody was asked." : "No reply is recorded.")
    : reply === "" ? make("p", { class: "quiet" }, "An empty reply.") : textBox(reply);
  return make("div", { class: "given" }, make("div", {}, facts), make("div", { class: "said", tabindex: "0", role: "group", "aria-label": "Reply" }, said));
}

/** Whose answer each of the judge's names in a reply stands for. */
function labelled(labels, order, board, at) {
  const model = inLine(state.data.models[state.data.rows.model[at]]);
  const sides = [inLine(board.baseline), model];
  const [first, second] = order === 0 ? sides : sides.reverse();
  const name = (label) => make("code", {}, visible(label));
  return make("p", { class: "labels" }, name(labels[0]), " is ", first, ", ", name(labels[1]), " is ", second, " in the reply");
}

function tokenTable(tokens) {
  const line = ([token, share]) => make("tr", {},
    make("th", { scope: "row" }, make("code", {}, tokenText(token))),
    make("td", {}, draw("svg", { "aria-hidden": "true" }, draw("rect", { width: `${(100 * Math.min(1, Math.max(0, share))).toFixed(2)}%`, height: "100%" }))),
    make("td", { class: "number" }, percent(share)));
  return make("table", { class: "tokens" },
    make("caption", { class: "quiet" }, "First token of the reply"), make("tbody", {}, tokens.map(line)));
}

const tokenText = (token) => (token === "" ? "(hidden)" : visible(token.replaceAll(" ", "␣").replaceAll("\n", "⏎").replaceAll("\t", "⇥")));

function noVerdicts(data, at) {
  const preference = data.rows.preference[at];
  return make("p", { class: "quiet" }, preference === null
    ? "There is no verdict on this comparison." : "Only the number is recorded, not how it came about.");
}

/** What other judges say of the same answers. */
function otherJudges(at) {
  const { data } = state;
  const { rows } = data;
  const others = data.boards.map((_, board) => (board === rows.board[at] ? undefined : placeOf(data, board, rows.model[at], rows.key[at])))
    .filter((other) => other !== undefined);
  if (!others.length) return null;
  return make("section", { class: "box", "aria-label": "Other boards" },
    make("h4", {}, "On other boards"),
    make("ul", { class: "others" }, others.map((other) => make("li", {},
      make("a", { href: hashOf(data, other) }, data.titles[rows.board[other]]), " ", verdictMark(data, other), " ", valueText(data, other)))));
}

function closeComparison() {
  if (state.open === null) return;
  const at = state.open;
  state.open = null;
  byId("comparison").hidden = true;
  byId("comparison").replaceChildren();
  byId("browse").hidden = false;
  const place = state.results.indexOf(at);
  if (place >= 0) { state.page = Math.floor(place / PAGE_SIZE); showPage(); }
  const link = [...byId("results").querySelectorAll("a")].find((each) => each.getAttribute("href") === hashOf(state.data, at));
  link?.focus();
}

async function step(by) {
  const next = state.results[state.results.indexOf(state.open) + by];
  if (next === undefined) return;
  problem("");
  history.replaceState(null, "", hashOf(state.data, next));
  await showComparison(next);
  // who has read to the end of one begins at the top of the next
  if (byId("comparison").getBoundingClientRect().top < 0) byId("comparison").scrollIntoView();
}

async function copyLink() {
  const link = window.location.href.replace(/#.*$/, "") + hashOf(state.data, state.open);
  const tools = document.querySelector(".bar-tools");
  tools.querySelectorAll(".copied, .link-field").forEach((old) => old.remove());
  try {
    await navigator.clipboard.writeText(link);
    tools.append(make("span", { class: "copied", role: "status" }, "Link copied"));
  } catch {
    // where there is no clipboard, the link is there to be copied by hand
    const field = make("input", { type: "text", readonly: true, class: "link-field", "aria-label": "Link to this comparison" });
    field.value = link;
    tools.append(field);
    field.select();
  }
}
