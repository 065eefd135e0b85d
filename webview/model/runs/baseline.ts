import { formatNumber } from '../../../src/format/numbers.js';
import { fromWire, type WireNumber } from '../../../src/protocol/values/wireNumber.js';

/** `+0.012 (+1.3 %)`: how far a value is from the baseline's; '' if one of them is not a number. */
export function differenceText(value: WireNumber | null | undefined, baseline: WireNumber | null | undefined): string {
  if (value === null || value === undefined || baseline === null || baseline === undefined) return '';
  const [a, b] = [fromWire(value), fromWire(baseline)];
  const difference = a - b;
  if (!Number.isFinite(difference)) return '';
  const sign = (number: number): string => (number > 0 ? '+' : number < 0 ? '−' : '±');
  const share = b === 0 ? '' : ` (${sign(difference)}${Number(Math.abs((100 * difference) / b).toPrecision(2))} %)`;
  return `${sign(difference)}${formatNumber(Number(Math.abs(difference).toPrecision(3)))}${share}`;
}
