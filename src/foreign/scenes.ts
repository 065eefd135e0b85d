/** Points, lines and surfaces of other programs' logs as OBJ files, which our panel and most other programs show. */

/** Points, faces and lines of one file. */
const MOST_PARTS = 1_000_000;

export const SCENE_MIME = 'model/obj';

export interface SceneParts {
  /** x, y, z of each point. */
  points: readonly number[];
  /** Red, green and blue of each point, from 0 to 255; absent: it has none. */
  colors?: readonly number[];
  /** Three places of points for each triangle, counted from 0. */
  faces?: readonly number[];
  /** Two for each line. */
  edges?: readonly number[];
}

/** The parts as a file; null if they are no scene. */
export function sceneFile({ points, colors, faces = [], edges = [] }: SceneParts): Buffer | null {
  const count = Math.floor(points.length / 3);
  if (count === 0 || count > MOST_PARTS || faces.length > 3 * MOST_PARTS || edges.length > 2 * MOST_PARTS) return null;
  const isColored = colors !== undefined && colors.length >= 3 * count;
  const lines: string[] = [];
  for (let i = 0; i < count; i++) {
    // A file of the format has no points that are nowhere; faces count all of them.
    const place = [0, 1, 2].map((axis) => finite(points[3 * i + axis]!));
    const color = isColored ? [0, 1, 2].map((part) => share(colors[3 * i + part]!)) : [];
    lines.push(['v', ...place, ...color].join(' '));
  }
  const add = (word: string, parts: readonly number[], size: number): void => {
    for (let i = 0; i + size <= parts.length; i += size) {
      const corners = parts.slice(i, i + size);
      if (corners.every((at) => Number.isInteger(at) && at >= 0 && at < count))
        lines.push([word, ...corners.map((at) => at + 1)].join(' '));
    }
  };
  add('f', faces, 3);
  add('l', edges, 2);
  return Buffer.from(`${lines.join('\n')}\n`);
}

const finite = (value: number): number => (Number.isFinite(value) ? value : 0);
/** A part of a colour as a fraction. */
const share = (value: number): number => Math.round((1000 * Math.min(255, Math.max(0, finite(value)))) / 255) / 1000;
