import { html, LitElement, svg, type SVGTemplateResult, type TemplateResult } from 'lit';
import type { PlotAxis } from '../../../src/drawing/axes.js';

/** The frame that marks are drawn into; pixels, y downwards. */
export interface Frame {
  width: number;
  height: number;
}

/** Limits of the left margin, which is as wide as the texts of the y axis. */
const LEFT = [52, 130] as const;
/** Approximate width of a letter in pixels. */
const LETTER = 6.5;
const RIGHT = 10;
const TOP = 8;
const BOTTOM = 20;

/** Axes as wide as there is room, with marks in between; letters keep their size. */
class Plot extends LitElement {
  static override properties = {
    label: { attribute: false },
    height: { attribute: false },
    x: { attribute: false },
    y: { attribute: false },
    marks: { attribute: false },
    width: { state: true },
  };
  /** Description of the picture in one sentence, for screen readers. */
  declare label: string;
  declare height: number;
  declare x: PlotAxis;
  declare y: PlotAxis;
  declare marks: (frame: Frame) => SVGTemplateResult | SVGTemplateResult[];
  declare width: number;
  private observer: ResizeObserver | null = null;

  constructor() {
    super();
    this.width = 0;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.observer = new ResizeObserver(([entry]) => (this.width = Math.round(entry!.contentRect.width)));
    this.observer.observe(this);
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.observer?.disconnect();
  }

  override render(): TemplateResult {
    const { width: all, height, x, y } = this;
    const words = Math.max(0, ...y.ticks.map(({ text }) => text.length));
    const left = Math.min(Math.max(LEFT[0], 10 + words * LETTER), LEFT[1], Math.max(LEFT[0], all / 4));
    const frame = { width: Math.max(10, all - left - RIGHT), height: height - TOP - BOTTOM };
    if (all === 0) return html`<svg width="1" height=${height}></svg>`;
    const room = frame.width / Math.max(1, x.ticks.length);
    return html`<svg width=${all} height=${height} role="img" aria-label=${this.label}>
      <g transform="translate(${left} ${TOP})">
        ${y.ticks.map(({ at, text }) => {
          const py = (1 - at) * frame.height;
          return svg`<line class="grid" x1="0" x2=${frame.width} y1=${py} y2=${py}></line>
            <text class="tick" x="-6" y=${py} dy="0.32em" text-anchor="end">${shorten(text, left - 10)}<title>${text}</title></text>`;
        })}
        ${x.ticks.map(({ at, text }, i) => {
          // The outermost words stay within the plot.
          const anchor = at < 0.04 ? 'start' : at > 0.96 ? 'end' : 'middle';
          return svg`<text class="tick" x=${at * frame.width} y=${frame.height + 14} text-anchor=${anchor} data-tick=${i}
            >${shorten(text, room)}<title>${text}</title></text>`;
        })}
        <line class="axis" x1="0" x2=${frame.width} y1=${frame.height} y2=${frame.height}></line>
        ${this.marks(frame)}
      </g>
    </svg>`;
  }
}
customElements.define('ts-plot', Plot);

function shorten(text: string, room: number): string {
  const most = Math.max(2, Math.floor(room / LETTER));
  return text.length > most ? `${text.slice(0, most - 1)}…` : text;
}

export interface PlotOptions {
  label: string;
  height: number;
  x: PlotAxis;
  y: PlotAxis;
  marks(frame: Frame): SVGTemplateResult | SVGTemplateResult[];
}

export function plot({ label, height, x, y, marks }: PlotOptions): TemplateResult {
  return html`<ts-plot .label=${label} .height=${height} .x=${x} .y=${y} .marks=${marks}></ts-plot>`;
}
