// Elements and texts. Texts reach the page as text nodes only: nothing here parses markup, and no attribute takes a judged text but titles.

const SNIPPET_CHARS = 220;
// what a browser lays out at once without a pause, however strange it is
const PIECE_CHARS = 20_000;
const PIECE_CODES = 500;
// so many equal invisible characters in a row are shown one by one
const MOST_CODES = 8;
const INVISIBLE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180d\u2800\u3164\uffa0\ufe00-\ufe0d\u{e0100}-\u{e01ef}]/gu;
// and a tower of one mark on a letter, which takes as long to lay out as it is high
const INVISIBLE_RUN = new RegExp(`(${INVISIBLE.source})\\1*|(\\p{M})\\2{${MOST_CODES},}`, "gu");
const PLAIN = new Set(["\n", "\t"]);

const byId = (id) => document.getElementById(id);

function make(tag, attributes = {}, ...children) {
  return fill(document.createElement(tag), attributes, children);
}

function draw(tag, attributes = {}, ...children) {
  return fill(document.createElementNS("http://www.w3.org/2000/svg", tag), attributes, children);
}

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value !== null && value !== false) element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null));
  return element;
}

function press(text, action, attributes = {}) {
  const button = make("button", { type: "button", ...attributes }, text);
  button.addEventListener("click", action);
  return button;
}

function code(letter) {
  return `U+${letter.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}`;
}

/** A text as nodes; what cannot be seen, or would turn the text around it, is shown by its code. */
function visible(text) {
  const nodes = [];
  const joined = text.replaceAll("\r\n", "\n");
  let end = 0;
  for (const found of joined.matchAll(INVISIBLE_RUN)) {
    if (PLAIN.has(found[0][0])) continue;
    if (found.index > end) nodes.push(document.createTextNode(joined.slice(end, found.index)));
    const n = found[0].length / [...found[0]][0].length;
    const codes = n > MOST_CODES ? [`${code(found[0])} × ${counted(n)}`] : Array(n).fill(code(found[0]));
    nodes.push(...codes.map((one) => make("span", { class: "code", title: "An invisible or a control character" }, one)));
    end = found.index + found[0].length;
  }
  if (end < joined.length) nodes.push(document.createTextNode(joined.slice(end)));
  return nodes;
}

/** Where a piece of a text that begins at a place ends: between two characters, and not within the end of a line. */
function pieceEnd(text, from) {
  const codes = text.slice(from, from + PIECE_CHARS).matchAll(INVISIBLE_RUN);
  const last = [...codes].filter((found) => !PLAIN.has(found[0][0]))[PIECE_CODES];
  const end = Math.min(text.length, from + (last?.index ?? PIECE_CHARS));
  return /^(?:[\ud800-\udbff][\udc00-\udfff]|\r\n)$/.test(text.slice(end - 1, end + 1)) ? end + 1 : end;
}

/** A text in a box of its own; a very long one grows by a piece whenever somebody asks for more. */
function textBox(text) {
  const box = make("div", { class: "text", dir: "auto" });
  let end = 0;
  const button = press("", () => grow(), { class: "plain-button more" });
  const grow = () => {
    const from = end;
    end = pieceEnd(text, from);
    box.append(...visible(text.slice(from, end)));
    button.textContent = `Show more (${plural(text.length - end, "character")} left)`;
    button.hidden = end === text.length;
  };
  grow();
  return button.hidden ? box : [box, button];
}

/** The same where only a string fits. */
function shown(text) {
  return text.replace(INVISIBLE, (letter) => ` ${code(letter)} `);
}

const inLine = (text) => visible(text.replace(/\s+/g, " ").trim());

function clipped(text) {
  const letters = [...text.slice(0, 4 * SNIPPET_CHARS)];
  return letters.length > SNIPPET_CHARS ? `${letters.slice(0, SNIPPET_CHARS).join("")}…` : text;
}

const counted = (number) => number.toLocaleString("en-US");
const plural = (number, noun) => `${counted(number)} ${noun}${number === 1 ? "" : "s"}`;

function signed(number) {
  return number === null ? "–" : `${number > 0 ? "+" : number < 0 ? "−" : ""}${counted(Math.abs(number))}`;
}

/** A number with as many decimals as it takes not to look like certainty or a tie that it is not. */
function exact(number, decimals, marks) {
  const shows = (places) => marks.every((mark) => number === mark || Number(number.toFixed(places)) !== mark);
  const places = [0, 1, 2, 3, 4].map((more) => decimals + more);
  return number.toFixed(places.find(shows) ?? places.at(-1));
}

const percent = (share) => `${exact(100 * share, 2, [0, 50, 100])}\u00a0%`;
const grade = (number) => String(Number(number.toFixed(2)));
