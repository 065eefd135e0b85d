import { LinearScale, type Scale } from 'chart.js';

/**
 * A log axis through zero: linear within ±c, logarithmic beyond (symmetric log; Webber, 2013). `constant` in the
 * scale's options is c, the smallest distinguished magnitude.
 */
export class SymlogScale extends LinearScale {
  static override id = 'symlog';
  static override defaults = { constant: 1 };
  private from = 0;
  private span = 1;

  private get constant(): number {
    return (this.options as unknown as { constant: number }).constant || 1;
  }

  private forward(value: number): number {
    return Math.sign(value) * Math.log1p(Math.abs(value) / this.constant);
  }

  private back(value: number): number {
    return Math.sign(value) * Math.expm1(Math.abs(value)) * this.constant;
  }

  override buildTicks(): { value: number }[] {
    return symlogTicks(this.min, this.max, this.constant).map((value) => ({ value }));
  }

  override configure(): void {
    super.configure();
    this.from = this.forward(this.min);
    this.span = this.forward(this.max) - this.from || 1;
  }

  override getPixelForValue(value: number): number {
    return (this as Scale).getPixelForDecimal((this.forward(value) - this.from) / this.span);
  }

  override getValueForPixel(pixel: number): number {
    return this.back(this.from + (this as Scale).getDecimalForPixel(pixel) * this.span);
  }
}

/** Zero, and powers of ten beyond the linear part on both sides, at most about eight. */
export function symlogTicks(low: number, high: number, constant: number): number[] {
  const first = Math.ceil(Math.log10(constant) - 1e-9);
  const last = Math.max(first, Math.floor(Math.log10(Math.max(Math.abs(low), Math.abs(high), constant)) + 1e-9));
  const sides = (low < 0 ? 1 : 0) + (high > 0 ? 1 : 0);
  const every = Math.max(1, Math.ceil(((last - first + 1) * sides) / 8));
  const ticks: number[] = [0];
  for (let e = last; e >= first; e -= every)
    ticks.push(Number((10 ** e).toPrecision(12)), -Number((10 ** e).toPrecision(12)));
  return ticks.filter((value) => value >= low && value <= high).sort((a, b) => a - b);
}
