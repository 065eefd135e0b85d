import { html, LitElement, nothing, type TemplateResult } from 'lit';
import { keyed } from 'lit/directives/keyed.js';
import type { PanelModel } from '../../model/panel.js';
import { Follows } from '../../model/signal.js';
import './compare.js';
import './run.js';

/** The page shown instead of the tabs: of a run, or a comparison. */
class Page extends LitElement {
  static override properties = { model: { attribute: false } };
  declare model: PanelModel;

  constructor() {
    super();
    new Follows(this, () => this.model.signal, ['state']);
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override render(): TemplateResult | typeof nothing {
    const { model } = this;
    const { page } = model.state;
    switch (page?.kind) {
      case 'run':
        return html`${keyed(page.run, html`<ts-run-page .model=${model} .run=${page.run} .section=${page.section}></ts-run-page>`)}`;
      case 'compare':
        return html`${keyed(page.runs.join(), html`<ts-compare .model=${model} .runs=${page.runs}></ts-compare>`)}`;
      default:
        return nothing;
    }
  }
}
customElements.define('ts-page', Page);
