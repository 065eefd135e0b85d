import { LinearScale, type Scale } from 'chart.js';
import { symlogTicks } from '../../src/drawing/axes.js';
import { symlog, symlogInverse } from '../../src/drawing/symlog.js';

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
    return symlog(value, this.constant);
  }

  private back(value: number): number {
    return symlogInverse(value, this.constant);
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
