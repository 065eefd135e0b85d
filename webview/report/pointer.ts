/** Values of curves under the pointer, in a drawing that the host has made. */
import { withPoints } from '../../src/format/locale.js';
import { formatNumber } from '../../src/format/numbers.js';
import { X_AXES } from '../../src/drawing/series.js';
import { formatX, xTitle } from '../../src/drawing/xAxis.js';
import { nearest } from '../../src/drawing/series.js';
import type { ReportHover } from '../../src/protocol/report.js';

/** Rows of the tip. */
const ROWS = 16;
const NAMESPACE = 'http://www.w3.org/2000/svg';
type Curve = ReportHover['curves'][number];

export class ReportPointer {
  private readonly hovers = new WeakMap<Element, ReportHover>();
  private readonly tip = document.createElement('div');
  private line: SVGElement | null = null;

  constructor() {
    this.tip.className = 'r-tip';
    this.tip.hidden = true;
    this.tip.dataset.testid = 'report-tip';
    document.body.append(this.tip);
    document.addEventListener('pointermove', (event) => this.move(event));
    document.addEventListener('pointerleave', () => this.clear());
    document.addEventListener('scroll', () => this.clear(), { passive: true });
  }

  set(block: Element, hover: ReportHover | null): void {
    if (hover) this.hovers.set(block, hover);
    else this.hovers.delete(block);
  }

  clear(): void {
    this.tip.hidden = true;
    this.line?.remove();
    this.line = null;
  }

  private move(event: PointerEvent): void {
    const drawing = (event.target as Element).closest?.('.r-drawing');
    const block = drawing?.closest('.r-block');
    const hover = block ? this.hovers.get(block) : undefined;
    const svg = drawing?.querySelector('svg');
    if (!hover || !svg) return this.clear();
    const box = svg.getBoundingClientRect();
    const scale = svg.viewBox.baseVal.width / box.width;
    const [x, y] = [(event.clientX - box.left) * scale, (event.clientY - box.top) * scale];
    const { left, top, width, height } = hover.place;
    if (x < left - 4 || x > left + width + 4 || y < top || y > top + height) return this.clear();
    const hits = hover.curves.flatMap((curve) => {
      const at = nearest(curve.px, x);
      // A curve that ends before the pointer has no value there.
      return at >= 0 && Math.abs(curve.px[at]! - x) < Math.max(12, width / 40) ? [{ curve, at }] : [];
    });
    if (hits.length === 0) return this.clear();
    const closest = hits.reduce((best, hit) =>
      Math.abs(hit.curve.py[hit.at]! - y) < Math.abs(best.curve.py[best.at]! - y) ? hit : best,
    );
    this.mark(svg, closest.curve.px[closest.at]!, top, height);
    // As in the drawing: a report has points in every language.
    withPoints(() => this.show(hover, hits, closest, event));
  }

  private mark(svg: SVGSVGElement, x: number, top: number, height: number): void {
    if (this.line?.ownerSVGElement !== svg) {
      this.line?.remove();
      this.line = document.createElementNS(NAMESPACE, 'path');
      this.line.setAttribute('stroke', 'var(--r-axis)');
      this.line.setAttribute('pointer-events', 'none');
      svg.append(this.line);
    }
    this.line.setAttribute('d', `M${x} ${top}v${height}`);
  }

  private show(
    hover: ReportHover,
    hits: readonly { curve: Curve; at: number }[],
    closest: { curve: Curve; at: number },
    event: PointerEvent,
  ): void {
    const axis = X_AXES.find((one) => one === hover.x) ?? 'step';
    const head = document.createElement('strong');
    head.textContent = `${xTitle(axis)} ${formatX(axis, closest.curve.x[closest.at]!)}`;
    const table = document.createElement('table');
    const rank = (value: number): number => (Number.isNaN(value) ? -Infinity : value);
    const sorted = [...hits].sort((a, b) => rank(b.curve.y[b.at]!) - rank(a.curve.y[a.at]!));
    const from = Math.max(0, Math.min(sorted.indexOf(closest) - ROWS / 2, sorted.length - ROWS));
    for (const hit of sorted.slice(from, from + ROWS)) {
      const row = table.insertRow();
      const swatch = document.createElement('span');
      swatch.className = `r-swatch r-series-${hit.curve.color}`;
      if (hit.curve.css !== undefined) swatch.style.backgroundColor = hit.curve.css;
      row.insertCell().append(swatch);
      row.insertCell().textContent = formatNumber(hit.curve.y[hit.at]!);
      row.insertCell().textContent = hit.curve.name;
      if (hit === closest) row.style.fontWeight = 'bold';
    }
    this.tip.replaceChildren(head, table);
    this.tip.hidden = false;
    const { width, height } = this.tip.getBoundingClientRect();
    const left = event.clientX + 16 + width > innerWidth ? event.clientX - 16 - width : event.clientX + 16;
    const top = Math.min(event.clientY + 12, innerHeight - height - 4);
    Object.assign(this.tip.style, { left: `${Math.max(4, left)}px`, top: `${Math.max(4, top)}px` });
  }
}
