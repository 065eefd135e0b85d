import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { WhenSeen } from '../../components/whenSeen.js';
import { ModelGraph, PlotDrawing } from '../../../src/protocol/engine/drawingFiles.js';
import type { MediaFile } from '../../../src/protocol/engine/media.js';
import { MOST_MEDIA_BYTES } from '../../../src/protocol/engine/limits.js';
import type { Run } from '../../../src/protocol/engine/index.js';
import { formatNumber } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import { bytesOf, textOf, type MediaKind, type MediaOfRuns } from '../../model/media/media.js';
import { framePage, pageNonce } from '../../model/media/page.js';
import { readTable, type TextTable } from '../../model/media/tables.js';
import { readScene, type Scene } from '../../model/scene/scene.js';
import { plotDrawing } from '../drawings/drawing.js';
import './graph.js';
import './scene.js';
import './table.js';
import './text.js';

const MEBI = 2 ** 20;

/** One file of a run. It is read when it is seen, and forgotten when it is not. */
class MediaItem extends LitElement {
  static override properties = {
    media: { attribute: false },
    run: { attribute: false },
    at: { attribute: false },
    kind: { attribute: false },
    name: { attribute: false },
    step: { attribute: false },
    file: { state: true },
  };
  declare media: MediaOfRuns;
  declare run: Run;
  declare at: number;
  declare kind: MediaKind;
  declare name: string;
  declare step: number;
  /** Undefined while it is read. */
  declare file: MediaFile | null | undefined;
  private url: string | null = null;
  private content: {
    plot?: PlotDrawing | null;
    graph?: ModelGraph | null;
    scene?: Scene | null;
    table?: TextTable;
    text?: string;
  } = {};
  private readonly screen = new WhenSeen(this, () => void this.read());
  private wanted = '';

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.forget();
    this.wanted = '';
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('at') || changed.has('run')) void this.read();
  }

  private async read(): Promise<void> {
    const key = `${this.run.id}/${this.at}`;
    if (!this.screen.isSeen || key === this.wanted) return;
    this.wanted = key;
    const file = await this.media.read(this.run.id, this.at);
    if (this.wanted !== key) return;
    this.forget();
    this.take(file);
    this.file = file;
  }

  private take(file: MediaFile | null): void {
    const data = file?.data;
    if (!file || data === null || data === undefined) return;
    if (this.kind === 'image' || this.kind === 'audio' || this.kind === 'video')
      this.url = URL.createObjectURL(new Blob([bytesOf(data)], { type: file.mime }));
    else if (this.kind === 'plot') this.content = { plot: readJson(PlotDrawing, textOf(data)) };
    else if (this.kind === 'graph') this.content = { graph: readJson(ModelGraph, textOf(data)) };
    else if (this.kind === 'scene') this.content = { scene: readScene(bytesOf(data), file.mime) };
    else if (this.kind === 'table') this.content = { table: readTable(textOf(data), file.mime) };
    else if (this.kind === 'text' || this.kind === 'html') this.content = { text: textOf(data) };
  }

  private forget(): void {
    if (this.url !== null) URL.revokeObjectURL(this.url);
    this.url = null;
    this.content = {};
  }

  private get words(): string {
    return l10n.t('{0} of {1} at step {2}', this.name, this.run.name, formatNumber(this.step));
  }

  override render(): TemplateResult {
    const { file } = this;
    if (file === undefined) return html`<div class="media-wait" aria-busy="true"></div>`;
    if (file === null) return html`<p class="hint">${l10n.t('This file is gone, or can’t be read.')}</p>`;
    if (file.data === null) {
      const [size, most] = [(file.size / MEBI).toFixed(0), MOST_MEDIA_BYTES / MEBI];
      return html`<p class="hint">${l10n.t('{0} MiB: only files of up to {1} MiB are shown here.', size, most)}</p>`;
    }
    return this.view(file);
  }

  private view(file: MediaFile): TemplateResult {
    const { words, url, content } = this;
    switch (this.kind) {
      case 'image':
        return html`<img class="media-image" alt=${words} src=${url ?? ''} @error=${this.broken} />`;
      case 'audio':
        return html`<audio controls preload="metadata" aria-label=${words} src=${url ?? ''} @error=${this.broken}></audio>`;
      case 'video':
        return html`<video controls preload="metadata" aria-label=${words} src=${url ?? ''} @error=${this.broken}></video>`;
      case 'plot':
        return content.plot ? plotDrawing(content.plot, words) : this.unknown(file);
      case 'scene':
        return content.scene
          ? html`<ts-media-scene .scene=${content.scene} .label=${words}></ts-media-scene>`
          : this.unknown(file);
      case 'graph':
        return content.graph
          ? html`<ts-media-graph .graph=${content.graph} .label=${words}></ts-media-graph>`
          : this.unknown(file);
      case 'table':
        return html`<ts-media-table
          .table=${content.table}
          .label=${words}
          .picture=${this.picture}
        ></ts-media-table>`;
      case 'text':
        return html`<ts-media-text .text=${content.text ?? ''} .mime=${file.mime} .label=${words}></ts-media-text>`;
      case 'html':
        return html`<iframe
          class="media-page"
          sandbox=""
          title=${words}
          .srcdoc=${framePage(content.text ?? '', pageNonce(), colors())}
        ></iframe>`;
      default:
        return this.unknown(file);
    }
  }

  private unknown(file: MediaFile): TemplateResult {
    return html`<p class="hint">${l10n.t('{0}, {1} KiB: there is no view for it.', file.mime, Math.ceil(file.size / 1024))}</p>`;
  }

  /** Reads a picture of a cell. */
  private readonly picture = (path: string): Promise<MediaFile | null> =>
    this.media.read(this.run.id, this.at, path);

  private readonly broken = () => {
    this.file = null;
  };
}
customElements.define('ts-media-item', MediaItem);

function readJson<T>(schema: { safeParse(value: unknown): { data?: T } }, text: string): T | null {
  try {
    return schema.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

/** Colors of the editor, for a frame without its styles. */
function colors(): { foreground: string; background: string } {
  const style = getComputedStyle(document.body);
  return { foreground: style.color || 'black', background: style.backgroundColor || 'white' };
}

