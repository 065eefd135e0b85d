/** Points, lines and surfaces in three dimensions, as files have them. The files are a program's: nothing in them is believed. */
import { readObj } from './obj.js';
import { readPly } from './ply.js';
import { readStl } from './stl.js';
import type { Scene } from './types.js';

export type { Scene };

/** Reads a scene by the type of its file; null if it is none that is known, or is broken. */
export function readScene(bytes: Uint8Array, mime: string): Scene | null {
  try {
    const read =
      mime === 'model/ply' ? readPly : mime === 'model/obj' ? readObj : mime === 'model/stl' ? readStl : null;
    const scene = read?.(bytes) ?? null;
    return scene && scene.places.length > 0 ? withoutNowhere(scene) : null;
  } catch {
    return null;
  }
}

export const isSceneMime = (mime: string): boolean =>
  mime === 'model/ply' || mime === 'model/obj' || mime === 'model/stl';

/** Leaves out lines and triangles whose points are not there, and puts points that are nowhere at the origin. */
function withoutNowhere(scene: Scene): Scene {
  const { places } = scene;
  for (let i = 0; i < places.length; i++) if (!Number.isFinite(places[i]!)) places[i] = 0;
  const count = places.length / 3;
  return { ...scene, faces: known(scene.faces, 3, count), edges: known(scene.edges, 2, count) };
}

function known(parts: Uint32Array, size: number, count: number): Uint32Array {
  let kept = 0;
  for (let i = 0; i + size <= parts.length; i += size) {
    const part = parts.subarray(i, i + size);
    if (part.every((at) => at < count)) {
      parts.copyWithin(kept, i, i + size);
      kept += size;
    }
  }
  return parts.subarray(0, kept);
}

/** Middle of the scene, and the distance from there to the farthest point. */
export function boundsOf({ places }: Scene): { center: [number, number, number]; radius: number } {
  const low = [Infinity, Infinity, Infinity];
  const high = [-Infinity, -Infinity, -Infinity];
  for (let i = 0; i < places.length; i++) {
    const axis = i % 3;
    if (places[i]! < low[axis]!) low[axis] = places[i]!;
    if (places[i]! > high[axis]!) high[axis] = places[i]!;
  }
  const center = [0, 1, 2].map((axis) => (low[axis]! + high[axis]!) / 2) as [number, number, number];
  let farthest = 0;
  for (let i = 0; i < places.length; i += 3) {
    const square =
      (places[i]! - center[0]) ** 2 + (places[i + 1]! - center[1]) ** 2 + (places[i + 2]! - center[2]) ** 2;
    if (square > farthest) farthest = square;
  }
  return { center, radius: Math.sqrt(farthest) || 1 };
}
