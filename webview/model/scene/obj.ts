/** Wavefront's OBJ format: a vertex or a face a line. Materials and other files that it names are not read. */
import { MOST_FACES, MOST_POINTS, type Scene } from './types.js';

export function readObj(bytes: Uint8Array): Scene {
  const places: number[] = [];
  const colors: number[] = [];
  const faces: number[] = [];
  const edges: number[] = [];
  const count = (): number => places.length / 3;
  for (const line of new TextDecoder().decode(bytes).split('\n')) {
    const [word, ...rest] = line.trim().split(/\s+/);
    if (word === 'v') {
      if (count() >= MOST_POINTS) throw new RangeError('too many vertices');
      const numbers = rest.map(Number);
      places.push(numbers[0] ?? 0, numbers[1] ?? 0, numbers[2] ?? 0);
      if (numbers.length >= 6) colors.push(...numbers.slice(3, 6).map((part) => Math.round(255 * part)));
    } else if (word === 'f' || word === 'l') {
      // `vertex/texture/normal`, counted from 1; negative ones count from the newest.
      const corners = rest.map((part) => Number.parseInt(part, 10)).map((at) => (at < 0 ? count() + at : at - 1));
      if (word === 'l') for (let i = 1; i < corners.length; i++) edges.push(corners[i - 1]!, corners[i]!);
      else for (let i = 2; i < corners.length; i++) faces.push(corners[0]!, corners[i - 1]!, corners[i]!);
      if (faces.length > 3 * MOST_FACES || edges.length > 2 * MOST_FACES) throw new RangeError('too many faces');
    }
  }
  return {
    places: Float32Array.from(places),
    colors: colors.length === places.length ? Uint8Array.from(colors) : null,
    faces: Uint32Array.from(faces),
    edges: Uint32Array.from(edges),
    total: count(),
  };
}
