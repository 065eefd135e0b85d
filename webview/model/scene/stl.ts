/** The STL format: triangles, as text or as bytes. */
import { MOST_FACES, type Scene } from './types.js';

/** Bytes before the number of triangles, and of one triangle. */
const HEAD = 80;
const TRIANGLE = 50;

export function readStl(bytes: Uint8Array): Scene {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const count = bytes.length >= HEAD + 4 ? view.getUint32(HEAD, true) : 0;
  // A binary file may begin with the word of the other format, too.
  const places = bytes.length === HEAD + 4 + count * TRIANGLE ? fromBytes(view, count) : fromText(bytes);
  const corners = places.length / 3;
  return {
    places,
    colors: null,
    faces: Uint32Array.from({ length: corners }, (_, i) => i),
    edges: new Uint32Array(),
    total: corners,
  };
}

function fromBytes(view: DataView, count: number): Float32Array {
  if (count > MOST_FACES) throw new RangeError('too many triangles');
  const places = new Float32Array(count * 9);
  for (let face = 0; face < count; face++) {
    // The normal comes first.
    const start = HEAD + 4 + face * TRIANGLE + 12;
    for (let i = 0; i < 9; i++) places[face * 9 + i] = view.getFloat32(start + 4 * i, true);
  }
  return places;
}

function fromText(bytes: Uint8Array): Float32Array {
  const places: number[] = [];
  for (const [, x, y, z] of new TextDecoder('latin1').decode(bytes).matchAll(/\bvertex\s+(\S+)\s+(\S+)\s+(\S+)/g)) {
    if (places.length > 9 * MOST_FACES) throw new RangeError('too many triangles');
    places.push(Number(x), Number(y), Number(z));
  }
  return Float32Array.from(places.slice(0, places.length - (places.length % 9)));
}
