import { svg, type SVGTemplateResult } from 'lit';
import type { Frame } from '../insight/plot.js';

/** A rectangle in a plot, in [0, 1]; y upwards. */
export interface Area {
  left: number;
  right: number;
  bottom: number;
  top: number;
}

/** Pixels that the pointer moves at least; less is a click. */
const LEAST = 4;

/**
 * A layer that receives the pointer's drags over the plot: with `kind` a rectangle, or a band over the whole height or
 * width. A click outside the marks selects nothing (null).
 */
export function brushLayer(
  frame: Frame,
  onBrush: (area: Area | null) => void,
  kind: 'rectangle' | 'across' = 'rectangle',
): SVGTemplateResult {
  const start = (event: PointerEvent) => {
    if (event.button !== 0) return;
    const layer = event.currentTarget as SVGRectElement;
    const mark = layer.nextElementSibling as SVGRectElement;
    const box = layer.getBoundingClientRect();
    const at = (one: PointerEvent) => ({
      x: Math.max(0, Math.min(1, (one.clientX - box.left) / box.width)),
      y: Math.max(0, Math.min(1, 1 - (one.clientY - box.top) / box.height)),
    });
    const from = at(event);
    const areaTo = (one: PointerEvent): Area => {
      const to = at(one);
      const whole = kind === 'across';
      return {
        left: Math.min(from.x, to.x),
        right: Math.max(from.x, to.x),
        bottom: whole ? 0 : Math.min(from.y, to.y),
        top: whole ? 1 : Math.max(from.y, to.y),
      };
    };
    const move = (one: PointerEvent) => {
      const area = areaTo(one);
      mark.setAttribute('x', String(area.left * frame.width));
      mark.setAttribute('width', String((area.right - area.left) * frame.width));
      mark.setAttribute('y', String((1 - area.top) * frame.height));
      mark.setAttribute('height', String((area.top - area.bottom) * frame.height));
    };
    const end = (one: PointerEvent) => {
      layer.removeEventListener('pointermove', move);
      layer.removeEventListener('pointerup', end);
      layer.removeEventListener('pointercancel', end);
      for (const name of ['width', 'height']) mark.setAttribute(name, '0');
      if (one.type === 'pointercancel') return;
      const far = Math.hypot(one.clientX - event.clientX, one.clientY - event.clientY) >= LEAST;
      onBrush(far ? areaTo(one) : null);
    };
    layer.setPointerCapture(event.pointerId);
    layer.addEventListener('pointermove', move);
    layer.addEventListener('pointerup', end);
    layer.addEventListener('pointercancel', end);
    event.preventDefault();
  };
  return svg`<rect class="brush-layer" width=${frame.width} height=${frame.height} @pointerdown=${start}></rect>
    <rect class="brush-area" width="0" height="0"></rect>`;
}
