/** Exact hypervolume of two or three objectives, all to be minimised; our samplers have their own, which this one checks. */

export function hypervolume(points: readonly number[][], reference: readonly number[]): number {
  const inside = points.filter((point) => point.every((v, i) => v < reference[i]!));
  return reference.length === 2 ? area(inside, reference) : volume(inside, reference);
}

function area(points: readonly number[][], [x, y]: readonly number[]): number {
  let [total, low] = [0, y!];
  for (const [a, b] of [...points].sort((p, q) => p[0]! - q[0]! || p[1]! - q[1]!)) {
    if (b! >= low) continue;
    total += (x! - a!) * (low - b!);
    low = b!;
  }
  return total;
}

/** By slices along the third objective. */
function volume(points: readonly number[][], [x, y, z]: readonly number[]): number {
  const sorted = [...points].sort((p, q) => p[2]! - q[2]!);
  let total = 0;
  let front: number[][] = [];
  for (const [i, point] of sorted.entries()) {
    front = front.filter((other) => !(point[0]! <= other[0]! && point[1]! <= other[1]!));
    if (!front.some((other) => other[0]! <= point[0]! && other[1]! <= point[1]!)) front.push(point);
    const next = sorted[i + 1]?.[2] ?? z!;
    if (next > point[2]!) total += area(front, [x!, y!]) * (next - point[2]!);
  }
  return total;
}
