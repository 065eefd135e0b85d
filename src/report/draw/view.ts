/** Settings of a saved view that a block begins with; anything unsound is left out. */
import { BANDS, type Band } from '../../drawing/bands.js';
import { X_AXES, type XAxis } from '../../drawing/series.js';
import { SMOOTHINGS, type Smoothing } from '../../drawing/smoothing.js';

type Stored = Readonly<Record<string, unknown>>;

export const textIn = (view: Stored, key: string): string | undefined => {
  const value = view[key];
  return typeof value === 'string' && value !== '' ? value : undefined;
};
export const textsIn = (view: Stored, key: string): string[] | undefined => {
  const value = view[key];
  return Array.isArray(value) && value.length > 0 && value.every((one) => typeof one === 'string') ? value : undefined;
};
export const flagIn = (view: Stored, key: string): boolean | undefined => {
  const value = view[key];
  return typeof value === 'boolean' ? value : undefined;
};
export const numberIn = (view: Stored, key: string, below: number): number | undefined => {
  const value = view[key];
  return typeof value === 'number' && value >= 0 && value < below ? value : undefined;
};
export const xIn = (view: Stored): XAxis | undefined => X_AXES.find((x) => x === view.x);
export const bandIn = (view: Stored): Band | undefined => BANDS.find((band) => band === view.band);
export const smoothKindIn = (view: Stored): Smoothing | undefined =>
  SMOOTHINGS.find((kind) => kind === view.smoothKind);
export const colorsIn = (view: Stored): Record<string, string> => {
  const value = view.colors;
  if (typeof value !== 'object' || value === null) return {};
  const sound = Object.entries(value as Record<string, unknown>).filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && /^#[0-9a-f]{6}$/i.test(entry[1]),
  );
  return Object.fromEntries(sound);
};
