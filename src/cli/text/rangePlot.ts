/** The loss by learning rate, drawn with characters. Golden-tested. */
import type { Paint } from './terminal.js';
import { l10n } from '../../format/l10n.js';

export interface RangePoint {
  rate: number;
  loss: number;
  /** Null where the test ended before. */
  smoothed: number | null;
}

const HEIGHT = 14;
const LEFT = 9;

/** Points by rising rate; those far above the start are cut off. `marked`: the rate that is suggested. */
export function rangePlot(
  points: readonly RangePoint[],
  marked: number | null,
  paint: Paint,
  columns: number,
): string[] {
  const drawn = points.filter(({ loss }) => Number.isFinite(loss));
  if (drawn.length < 2) return [l10n.t('(too few points to draw)')];
  const width = Math.max(20, Math.min(100, columns - LEFT - 2));
  const [from, to] = [Math.log10(drawn[0]!.rate), Math.log10(drawn.at(-1)!.rate)];
  const smoothed = drawn.flatMap((point) => point.smoothed ?? []);
  const low = Math.min(...(smoothed.length > 0 ? smoothed : drawn.map(({ loss }) => loss)));
  const start = smoothed[0] ?? drawn[0]!.loss;
  const high = start + 0.3 * Math.max(start - low, 0.1 * Math.abs(start), 1e-9);
  const bottom = low - 0.05 * (high - low);
  const cells = Array.from({ length: HEIGHT }, () => Array<string>(width).fill(' '));
  const column = (rate: number): number => Math.round(((Math.log10(rate) - from) / (to - from)) * (width - 1));
  const row = (loss: number): number => Math.round(((high - loss) / (high - bottom)) * (HEIGHT - 1));
  const put = (x: number, y: number, sign: string): void => {
    if (cells[y]?.[x] !== undefined) cells[y][x] = sign;
  };
  const mark = marked === null ? null : column(marked);
  if (mark !== null) for (let y = 0; y < HEIGHT; y++) put(mark, y, '│');
  for (const { rate, loss } of drawn) put(column(rate), row(loss), '·');
  for (const point of drawn) if (point.smoothed !== null) put(column(point.rate), row(point.smoothed), '•');

  const label = (value: number): string =>
    String(Number(value.toPrecision(3)))
      .slice(0, LEFT - 1)
      .padStart(LEFT - 1);
  const colored = (sign: string): string =>
    sign === '•' ? paint('cyan', sign) : sign === '│' ? paint('green', sign) : sign;
  const lines = cells.map((signs, y) => {
    const value = high - (y / (HEIGHT - 1)) * (high - bottom);
    const head = y % 4 === 0 ? label(value) : ' '.repeat(LEFT - 1);
    return `${paint('dim', `${head}┤`)}${signs.map(colored).join('')}`.trimEnd();
  });
  const axis = Array<string>(width).fill('─');
  const names = Array<string>(width + 6).fill(' ');
  for (let power = Math.ceil(from - 1e-9); power <= to + 1e-9; power++) {
    const x = column(10 ** power);
    axis[x] = '┴';
    const text = power >= -2 && power <= 3 ? String(10 ** power) : `1e${power}`;
    const at = Math.max(0, Math.min(x - Math.floor(text.length / 2), width + 6 - text.length));
    if (names.slice(Math.max(0, at - 1), at + text.length).every((sign) => sign === ' ')) {
      [...text].forEach((sign, i) => (names[at + i] = sign));
    }
  }
  return [
    ...lines,
    paint('dim', `${' '.repeat(LEFT - 1)}└${axis.join('')}`),
    `${' '.repeat(LEFT)}${names.join('')}`.trimEnd(),
  ];
}
