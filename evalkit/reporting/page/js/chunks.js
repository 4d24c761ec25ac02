// What is packed into the page, or lies beside it.

const unpacked = new Map();

const wholePage = () => new Promise((resolve) => {
  if (document.readyState !== "loading") resolve();
  else document.addEventListener("DOMContentLoaded", resolve, { once: true });
});

function bytesOf(packed) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(packed);
  const letters = atob(packed);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < letters.length; at += 1) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

async function unpack(packed) {
  const stream = new Blob([bytesOf(packed.trim())]).stream().pipeThrough(new DecompressionStream("gzip"));
  return JSON.parse(await new Response(stream).text());
}

/** The letters of a part that the page itself holds; null where it has none of that name. */
async function embedded(name) {
  const find = () => document.querySelector(`script[data-chunk="${name}"]`);
  if (!find()) await wholePage();
  return find()?.textContent ?? null;
}

/** One packed part by name, unpacked once; null where there is none. */
function chunk(name) {
  if (!unpacked.has(name)) unpacked.set(name, readPart(name));
  return unpacked.get(name);
}
