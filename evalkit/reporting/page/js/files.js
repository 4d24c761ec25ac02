// A page whose parts lie beside it, in style sheets: these load from a disk too, and what they carry cannot run.

function sheet(file) {
  return new Promise((resolve, reject) => {
    const link = make("link", { rel: "stylesheet", href: `../data/${file}.css` });
    link.addEventListener("load", () => resolve(link));
    link.addEventListener("error", () => reject(new Error(`the file data/${file}.css is missing`)));
    document.head.append(link);
  });
}

/** The letters of a part; of a style sheet that was cut short, what is left cannot be unpacked. */
async function carried(file) {
  const link = await sheet(file);
  const values = getComputedStyle(byId("carried"));
  const value = (name) => values.getPropertyValue(`--${file}${name}`).trim();
  const pieces = Array.from({ length: Number(value("")) }, (_, at) => value(`-${at}`).slice(1, -1));
  link.remove();
  if (!pieces.length) throw new Error(`the file data/${file}.css carries nothing`);
  return pieces.join("");
}

/** A part by name; several benchmarks have a file each, and their instructions are numbered one after the other. */
async function readPart(name) {
  if (name === "index") return unpack(await embedded(name));
  const { files } = await chunk("index");
  const parts = await Promise.all((files[name] ?? []).map(async ([first, file]) => [first, await unpack(await carried(file))]));
  if (!parts.length) return null;
  const whole = [];
  for (const [first, part] of parts) {
    // of a model with two spellings, either has the answers of its own boards only
    for (const [key, value] of Object.entries(part)) whole[first + Number(key)] ??= value;
  }
  return whole;
}
