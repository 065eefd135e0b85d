import { svg, html, type TemplateResult } from 'lit';
import { styles } from '../../components/cssVars.js';
import type { Look } from '../../../src/drawing/palette.js';

/** A short piece of a curve, in its colour and dash pattern. */
export function swatch(look: Look): TemplateResult {
  return html`<svg
    class="swatch series-${look.color}"
    ${styles(look.css === undefined ? {} : { stroke: look.css })}
    width="22"
    height="10"
    viewBox="0 0 22 10"
    aria-hidden="true"
  >
    ${svg`<line x1="1" y1="5" x2="21" y2="5" stroke-dasharray=${look.dash.map((part) => part * 0.6).join(' ')}></line>`}
  </svg>`;
}
