/** Vertical axes of a card with curves of several scales. */

export const SIDES = ['left', 'right'] as const;
export type Side = (typeof SIDES)[number];

export interface CardAxis {
  /** Metrics and formulas that belong to it. */
  series: readonly string[];
  side: Side;
  /** Colour of its numbers and title, `#rrggbb`; null: that of all texts. */
  color: string | null;
}

/** Axes of a card at most: each takes room from the curves. */
export const MOST_AXES = 12;

/** Curves of a card that are read from a file at most. */
export const MOST_READ = 100;

const COLOR = /^#[0-9a-f]{6}$/i;

/** Place of a curve's axis; curves that no axis names belong to the first. */
export const axisOf = (axes: readonly CardAxis[], text: string): number =>
  Math.max(
    0,
    axes.findIndex(({ series }) => series.includes(text)),
  );

/** Returns whether an axis alone needs no words: it is the one of a card that names none. */
export const isUsual = ({ side, color }: Pick<CardAxis, 'side' | 'color'>): boolean =>
  side === 'left' && color === null;

/**
 * Axes with the curves that a card has: each curve on one axis, those that none names on the first, and no axis without curves.
 * One axis that looks as usual is the same as none: undefined.
 */
export function soundAxes(series: readonly string[], axes: readonly CardAxis[]): [CardAxis, ...CardAxis[]] | undefined {
  const some = axes.slice(0, MOST_AXES);
  const places = new Map<string, number>();
  for (const [i, axis] of some.entries()) for (const text of axis.series) if (!places.has(text)) places.set(text, i);
  const onAxis: string[][] = some.map(() => []);
  for (const text of series) onAxis[places.get(text) ?? 0]?.push(text);
  const sound = some.map((axis, i) => ({ ...axis, series: onAxis[i]! })).filter((axis) => axis.series.length > 0);
  const [first, ...others] = sound;
  if (!first || (others.length === 0 && isUsual(first))) return undefined;
  return [first, ...others];
}

/** Reads axes as they are stored, or as earlier versions stored the curves of an axis on the right. */
export function readAxes(
  series: readonly string[],
  stored: { axes?: unknown; right?: unknown },
): CardAxis[] | undefined {
  if (Array.isArray(stored.axes)) {
    const axes = (stored.axes as (Partial<Record<keyof CardAxis, unknown>> | null)[]).flatMap((axis) =>
      isTexts(axis?.series)
        ? [{ series: axis.series, side: sideOf(axis.side), color: isColor(axis.color) ? axis.color : null }]
        : [],
    );
    return soundAxes(series, axes);
  }
  return isTexts(stored.right) ? twoAxes(series, stored.right) : undefined;
}

/** An axis on the left and one on the right. */
export function twoAxes(series: readonly string[], right: readonly string[]): CardAxis[] | undefined {
  const onRight = new Set(right);
  const left = series.filter((text) => !onRight.has(text));
  // A second axis alone would be the first.
  if (left.length === 0 || left.length === series.length) return undefined;
  return soundAxes(series, [
    { series: left, side: 'left', color: null },
    { series: right, side: 'right', color: null },
  ]);
}

const sideOf = (value: unknown): Side => SIDES.find((side) => side === value) ?? 'left';
export const isColor = (value: unknown): value is string => typeof value === 'string' && COLOR.test(value);
const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');
