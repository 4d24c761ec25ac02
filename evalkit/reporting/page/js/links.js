// Links that outlive a rebuild.

/** A short name of a text (cyrb53), the same wherever it is computed. */
function digest(text) {
  let [a, b] = [0xdeadbeef, 0x41c6ce57];
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    a = Math.imul(a ^ unit, 2654435761);
    b = Math.imul(b ^ unit, 1597334677);
  }
  a = Math.imul(a ^ (a >>> 16), 2246822507) ^ Math.imul(b ^ (b >>> 13), 3266489909);
  b = Math.imul(b ^ (b >>> 16), 2246822507) ^ Math.imul(a ^ (a >>> 13), 3266489909);
  return (4294967296 * (2097151 & b) + (a >>> 0)).toString(36);
}

// only a page of several benchmarks says of which one a board is
const boardName = (board) => digest(JSON.stringify([board.judge, board.digest, board.part, board.baseline, ...(board.benchmark ? [board.benchmark] : [])]));
const keyName = (key) => (/^[\w-]{1,32}$/.test(key) ? key : `~${digest(key)}`);
const encoded = (name) => encodeURIComponent(name.replace(/\p{Cs}/gu, "\ufffd")).replaceAll(".", "%2E");

function hashOf(data, at) {
  const { rows } = data;
  return `#c=${data.names[rows.board[at]]}.${encoded(data.models[rows.model[at]])}.${keyName(data.keys[rows.key[at]])}`;
}

function fromHash(data, hash) {
  const [board, model, key] = hash.slice("#c=".length).split(".");
  const places = [data.names.indexOf(board), data.models.findIndex((name) => encoded(name) === model)];
  if (places.includes(-1)) return undefined;
  // two benchmarks may have one instruction, of which a board knows its own benchmark's
  const numbers = data.keys.flatMap((name, number) => (keyName(name) === key ? [number] : []));
  return numbers.map((number) => placeOf(data, ...places, number)).find((at) => at !== undefined);
}

async function follow() {
  const { hash } = window.location;
  if (hash.startsWith("#c=") && state.data) return openAt(fromHash(state.data, hash));
  // who goes to another part of the page finds the comparison open when coming back
  if (hash === "" || hash === "#comparisons") closeComparison();
  if (!hash) return undefined;
  const target = byId(hash.slice(1));
  const section = target?.closest("section.board");
  if (section?.hidden) { showBoard(section.id); target.scrollIntoView(); }
  return undefined;
}

async function openAt(at) {
  problem(at === undefined ? "This report has no such comparison. It may be one of another report, or left out of this one." : "");
  if (at === undefined) { closeComparison(); byId("comparisons").scrollIntoView(); return; }
  if (!state.results.includes(at)) {
    resetFilters(state.data.rows.board[at]);
    await refresh();
  }
  await showComparison(at);
}

/** Work that nobody waits for; what goes wrong in it is said. */
function begin(work) {
  work.catch((error) => problem(`This cannot be shown: ${error.message}. The file may not be whole.`));
}

function problem(text) {
  byId("browser-problem").textContent = text;
  byId("browser-problem").hidden = !text;
}
