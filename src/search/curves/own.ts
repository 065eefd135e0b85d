/**
 * The search's own curves as shapes. Whatever all its trainings share (a learning rate that drops at a certain epoch, a warm-up,
 * a cosine, a plateau) shows in those that have completed, and no family of formulas contains it.
 */
import { lastAtMost, type Curve } from './curve.js';

/** Maximum number of trials whose curves serve as shapes. */
export const MOST_OWN = 8;

/** Drop that counts as learning, in standard deviations of the curve's noise. */
export const LEARNING = 4;

/** Returns the noise of at least two losses, estimated from the differences of adjacent ones. */
export function noiseOf(losses: readonly number[]): number {
  const steps = losses.slice(1).map((loss, i) => Math.abs(loss - losses[i]!));
  // The median, because the few large first steps of a smooth curve are not noise; for a normal distribution it is
  // 0.954 standard deviations.
  return steps.sort((a, b) => a - b)[steps.length >> 1]! / 0.954;
}

/** Values by step: 1 at the first report, 0 at the last. Between reports it is linear, outside of them constant. */
export class OwnShape {
  constructor(
    private readonly steps: readonly number[],
    private readonly values: readonly number[],
  ) {}

  at(step: number): number {
    const { steps, values } = this;
    const low = lastAtMost(steps, step);
    if (low < 0) return values[0]!;
    if (low === steps.length - 1) return values[low]!;
    const share = (step - steps[low]!) / (steps[low + 1]! - steps[low]!);
    return values[low]! + share * (values[low + 1]! - values[low]!);
  }
}

/** Returns the shape of a curve; null if it has no clear drop from its first report to its last. */
export function shapeOf(curve: Curve): OwnShape | null {
  const at = curve.losses.flatMap((loss, i) => (Number.isFinite(loss) ? [i] : []));
  if (at.length < 3) return null;
  const losses = at.map((i) => curve.losses[i]!);
  const end = curve.levelAt(curve.last);
  const drop = losses[0]! - end;
  if (!Number.isFinite(end) || !(drop > LEARNING * noiseOf(losses))) return null;
  return new OwnShape(
    at.map((i) => curve.steps[i]!),
    losses.map((loss) => (loss - end) / drop),
  );
}

/** Returns at most `MOST_OWN` of the items, evenly spaced, the first and the last among them. */
export function spread<T>(items: readonly T[]): T[] {
  if (items.length <= MOST_OWN) return [...items];
  return Array.from({ length: MOST_OWN }, (_, k) => items[Math.round((k * (items.length - 1)) / (MOST_OWN - 1))]!);
}
