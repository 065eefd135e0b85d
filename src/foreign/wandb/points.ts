/** Points and boxes as W&B keeps them in `….pts.json` files. */
import { sceneFile, type SceneParts } from '../scenes.js';

/** Colours of categories: Okabe and Ito's, as in our Python client. */
const COLORS = [
  ...[
    [230, 159, 0],
    [86, 180, 233],
    [0, 158, 115],
    [240, 228, 66],
  ],
  ...[
    [0, 114, 178],
    [213, 94, 0],
    [204, 121, 167],
  ],
];
/** Places of the corners that an edge of a box joins. */
const EDGES = [0, 1, 1, 3, 3, 2, 2, 0, 4, 5, 5, 7, 7, 6, 6, 4, 0, 4, 1, 5, 2, 6, 3, 7];
const MOST_BOXES = 10_000;

/** The scene as a file of our own; null if it is none. */
export function pointsFile(content: unknown): Buffer | null {
  const { points = content, boxes = [] } = (isObject(content) ? content : {}) as { points?: unknown; boxes?: unknown };
  if (!Array.isArray(points)) return null;
  const parts = { points: [] as number[], colors: [] as number[], edges: [] as number[] };
  for (const point of points as unknown[]) {
    if (!Array.isArray(point) || point.length < 3) continue;
    const numbers = point.map(Number);
    parts.points.push(...numbers.slice(0, 3));
    if (numbers.length >= 6) parts.colors.push(...numbers.slice(3, 6));
    else if (numbers.length === 4)
      parts.colors.push(...(COLORS[Math.abs(Math.trunc(numbers[3]!)) % COLORS.length] ?? [128, 128, 128]));
  }
  const isColored = parts.colors.length === parts.points.length && parts.colors.length > 0;
  for (const box of Array.isArray(boxes) ? boxes.slice(0, MOST_BOXES) : []) addBox(parts, box, isColored);
  const scene: SceneParts = { points: parts.points, edges: parts.edges, ...(isColored && { colors: parts.colors }) };
  return sceneFile(scene);
}

function addBox(
  parts: { points: number[]; colors: number[]; edges: number[] },
  box: unknown,
  isColored: boolean,
): void {
  const { corners, color } = (isObject(box) ? box : {}) as { corners?: unknown; color?: unknown };
  if (
    !Array.isArray(corners) ||
    corners.length !== 8 ||
    !corners.every((one) => Array.isArray(one) && one.length === 3)
  )
    return;
  const first = parts.points.length / 3;
  parts.points.push(...(corners as unknown[][]).flat().map(Number));
  parts.edges.push(...EDGES.map((at) => first + at));
  const paint = Array.isArray(color) && color.length === 3 ? color.map(Number) : [255, 255, 255];
  if (isColored) for (let i = 0; i < 8; i++) parts.colors.push(...paint);
}

const isObject = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
