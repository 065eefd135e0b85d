/** Cards that the person has made: as they are stored, changed and shown in their form. */
import { isUsual, MOST_READ, readAxes, type CardAxis } from '../../../src/drawing/cardAxes.js';
import type { Zoom } from './zoom.js';

/** A card of curves of several metrics or formulas. */
export interface OwnCard {
  id: string;
  title: string;
  series: string[];
  /** Its vertical axes; absent: one on the left. */
  axes?: CardAxis[];
}

export const withAxes = (card: OwnCard, axes: CardAxis[] | undefined): OwnCard => (axes ? { ...card, axes } : card);

/** Takes the valid cards of a stored view. A view may come with a folder from anybody: a card's curves have a bound. */
export const readCards = (stored: readonly unknown[]): OwnCard[] =>
  (stored as readonly (Partial<OwnCard> | null)[]).flatMap((card) => {
    if (typeof card?.id !== 'string' || typeof card.title !== 'string' || !isTexts(card.series)) return [];
    const series = card.series.slice(0, MOST_READ);
    return [withAxes({ id: card.id, title: card.title, series }, readAxes(series, card))];
  });

const isTexts = (value: unknown): value is string[] =>
  Array.isArray(value) && value.every((text) => typeof text === 'string');

interface Cards {
  cards: OwnCard[];
  zoom: Record<string, Zoom>;
}

/** Adds a card, or replaces the one with its id. A zoom remains only if each axis has the same curves. */
export function withCard({ cards, zoom }: Readonly<Cards>, card: OwnCard): Cards {
  const before = cards.find(({ id }) => id === card.id);
  const { [card.id]: _zoom, ...others } = zoom;
  return {
    cards: before ? cards.map((one) => (one.id === card.id ? card : one)) : [...cards, card],
    zoom: before && curvesOf(before) === curvesOf(card) ? zoom : others,
  };
}

/** The curves of each axis as one text. */
const curvesOf = ({ series, axes = [{ series, side: 'left', color: null }] }: OwnCard): string =>
  JSON.stringify(axes.map((axis) => axis.series));

/**
 * Returns the axes whose side and colour a form shows: those with curves, if there are several, or if the only one is coloured or
 * on the right. `ofCurves`: the place of each curve's axis.
 */
export function shownLooks<Look extends Pick<CardAxis, 'side' | 'color'>>(
  axes: readonly Look[],
  ofCurves: readonly number[],
): { look: Look; at: number }[] {
  const used = axes.map((look, at) => ({ look, at })).filter(({ at }) => ofCurves.includes(at));
  return used.length > 1 || used.some(({ look }) => !isUsual(look)) ? used : [];
}
