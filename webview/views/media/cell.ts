import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { WhenSeen } from '../../components/whenSeen.js';
import type { MediaFile } from '../../../src/protocol/engine/media.js';
import { l10n } from '../../../src/format/l10n.js';
import { bytesOf } from '../../model/media/media.js';

/** A picture in a cell of a table: a thumbnail that a click or a key enlarges. It is read when it is seen. */
class MediaCell extends LitElement {
  static override properties = {
    path: { attribute: false },
    caption: { attribute: false },
    picture: { attribute: false },
    url: { state: true },
    large: { state: true },
  };
  declare path: string;
  declare caption: string;
  declare picture: (path: string) => Promise<MediaFile | null>;
  /** Undefined while it is read; null if it can't be. */
  declare url: string | null | undefined;
  declare large: boolean;
  private readonly screen = new WhenSeen(this, () => void this.read());
  private wanted = '';

  constructor() {
    super();
    this.large = false;
  }

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.forget();
    this.wanted = '';
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (!changed.has('path')) return;
    this.large = false;
    this.forget();
    void this.read();
  }

  private async read(): Promise<void> {
    const { path } = this;
    if (!this.screen.isSeen || path === this.wanted) return;
    this.wanted = path;
    const file = await this.picture(path);
    if (this.wanted !== path) return;
    this.forget();
    this.url = file?.data ? URL.createObjectURL(new Blob([bytesOf(file.data)], { type: file.mime })) : null;
  }

  private forget(): void {
    if (this.url) URL.revokeObjectURL(this.url);
    this.url = undefined;
  }

  override render(): TemplateResult {
    const { url, caption, large } = this;
    if (url === undefined) return html`<span class="media-thumb-wait" aria-busy="true">${caption}</span>`;
    if (url === null) return html`<span class="hint" title=${l10n.t('This file is gone, or can’t be read.')}>${caption}</span>`;
    return html`<button
      type="button"
      class="media-thumb ${large ? 'large' : ''}"
      aria-expanded=${large}
      title=${large ? l10n.t('Show {0} small', caption) : l10n.t('Enlarge {0}', caption)}
      @click=${() => (this.large = !large)}
    >
      <img alt=${caption} src=${url} @error=${() => (this.url = null)} />
    </button>`;
  }
}
customElements.define('ts-media-cell', MediaCell);
