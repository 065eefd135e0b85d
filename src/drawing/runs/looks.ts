/** Looks by the values of fields: colours and dashes that say something about a run. */
import type { Run } from '../../protocol/engine/index.js';
import { entryOf } from '../../protocol/values/records.js';
import { compareValues, type RunGroup } from './groups.js';
import { valueOf } from './fields.js';
import { COLORS, DASHES, look, type Look } from '../palette.js';

export interface LookSettings {
  colorBy: string;
  dashBy: string;
  colors: Readonly<Record<string, string>>;
}

/** Viridis (Smith and van der Walt, 2015) at nine places, without its darkest and lightest end. */
const SCALE = ['#482878', '#3e4a89', '#31688e', '#26828e', '#1f9e89', '#35b779', '#6ece58', '#b5de2b', '#d8e219'];

/** The colour for a share in [0, 1] of the way from the least to the greatest value. */
export function scaleColor(share: number): string {
  const at = Math.max(0, Math.min(1, share)) * (SCALE.length - 1);
  const [from, to] = [SCALE[Math.floor(at)]!, SCALE[Math.ceil(at)]!];
  const mixed = [1, 3, 5].map((i) => {
    const [a, b] = [parseInt(from.slice(i, i + 2), 16), parseInt(to.slice(i, i + 2), 16)];
    return Math.round(a + (at - Math.floor(at)) * (b - a))
      .toString(16)
      .padStart(2, '0');
  });
  return `#${mixed.join('')}`;
}

/** How each of these runs looks. `own`: its look without any settings. */
export function looksOf(runs: readonly Run[], settings: LookSettings, own: (id: string) => Look): Map<string, Look> {
  const color = colorsBy(runs, settings.colorBy);
  const dash = settings.dashBy === '' ? null : places(runs, settings.dashBy);
  return new Map(
    runs.map((run) => {
      const base = own(run.id);
      const chosen = entryOf(settings.colors, run.id);
      const dashes = dash ? DASHES[dash(run) % DASHES.length]! : settings.colorBy !== '' ? [] : base.dash;
      return [run.id, { ...base, ...color(run), dash: dashes, ...(chosen !== undefined && { css: chosen }) }];
    }),
  );
}

/** Groups get the theme's colours in their order. */
export function groupLooks(groups: readonly RunGroup[], colors: LookSettings['colors']): Map<string, Look> {
  return new Map(
    groups.map(({ id }, i) => {
      const chosen = entryOf(colors, id);
      return [id, { ...look(i), ...(chosen !== undefined && { css: chosen }) }];
    }),
  );
}

/** Many numbers are mapped to a color scale; few values get a color each. */
function colorsBy(runs: readonly Run[], key: string): (run: Run) => Partial<Look> {
  if (key === '') return () => ({});
  const values = runs.map((run) => valueOf(run, key)).filter((value) => value !== null);
  const numbers = values.filter((value) => typeof value === 'number' && Number.isFinite(value)) as number[];
  const different = new Set(values.map((value) => JSON.stringify(value)));
  if (numbers.length === values.length && different.size > COLORS) {
    const [low, high] = [Math.min(...numbers), Math.max(...numbers)];
    // Learning rates and the like differ by factors.
    const isLog = low > 0 && high / low >= 100;
    const at = (value: number): number =>
      isLog ? (Math.log(value) - Math.log(low)) / (Math.log(high) - Math.log(low)) : (value - low) / (high - low || 1);
    return (run) => {
      const value = valueOf(run, key);
      return typeof value === 'number' ? { css: scaleColor(at(value)) } : { color: COLORS - 1 };
    };
  }
  const place = places(runs, key);
  return (run) => ({ color: place(run) % COLORS });
}

/** Place of a run's value among the different ones, in their order. */
function places(runs: readonly Run[], key: string): (run: Run) => number {
  const text = (run: Run): string => JSON.stringify(valueOf(run, key));
  const all = new Map(runs.map((run) => [text(run), valueOf(run, key)]));
  const order = [...all].sort((a, b) => compareValues(a[1], b[1])).map(([id]) => id);
  const places = new Map(order.map((id, i) => [id, i]));
  return (run) => places.get(text(run)) ?? 0;
}
