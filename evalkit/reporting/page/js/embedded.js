// A page that holds all of its parts.

async function readPart(name) {
  const packed = await embedded(name);
  return packed === null ? null : unpack(packed);
}
