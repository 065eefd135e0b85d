import { html, LitElement, type PropertyValues, type TemplateResult } from 'lit';
import { button } from '../../components/controls.js';
import { formatCount } from '../../../src/format/numbers.js';
import { l10n } from '../../../src/format/l10n.js';
import { Renderer, START, type Pose } from '../../model/scene/render.js';
import type { Scene } from '../../model/scene/scene.js';

/** Radians for each pixel that the pointer moves, and for each press of an arrow. */
const DRAG = 0.01;
const PRESS = Math.PI / 24;
const ZOOM = 1.2;
const [SMALLEST, LARGEST] = [0.2, 40];
/** Pixels of a side that are drawn at most: more make no difference to see, and take longer. */
const MOST_SIDE = 900;

/** Points or a surface, which a pointer or keys turn and enlarge. */
class MediaScene extends LitElement {
  static override properties = { scene: { attribute: false }, label: { attribute: false } };
  declare scene: Scene;
  declare label: string;
  private pose: Pose = START;
  private renderer: Renderer | null = null;
  private frame = 0;
  private readonly sizes = new ResizeObserver(() => this.soon());

  override createRenderRoot(): HTMLElement {
    return this;
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    this.sizes.disconnect();
    cancelAnimationFrame(this.frame);
    this.frame = 0;
  }

  protected override willUpdate(changed: PropertyValues): void {
    if (changed.has('scene')) this.renderer = new Renderer(this.scene);
  }

  protected override updated(): void {
    const canvas = this.querySelector('canvas');
    if (canvas) this.sizes.observe(canvas);
    this.soon();
  }

  override render(): TemplateResult {
    const { places, faces, total } = this.scene;
    const count = places.length / 3;
    const shown =
      total > count
        ? l10n.t('{0} of {1} points', formatCount(count), formatCount(total))
        : l10n.t('{0} points', formatCount(count));
    const surface = faces.length > 0 ? ` · ${l10n.t('{0} triangles', formatCount(faces.length / 3))}` : '';
    return html`<canvas
        class="media-scene"
        tabindex="0"
        role="img"
        aria-label=${this.label}
        aria-keyshortcuts="ArrowLeft ArrowRight ArrowUp ArrowDown + - 0"
        title=${l10n.t('Drag or use the arrow keys to turn it; + and − to enlarge; 0 to begin again')}
        data-turn=${this.pose.turn.toFixed(2)}
        @pointerdown=${this.grab}
        @keydown=${this.press}
        @wheel=${this.wheel}
      ></canvas>
      <div class="media-scene-foot">
        <span class="hint">${shown}${surface}</span>
        ${button({ label: l10n.t('Enlarge'), icon: 'zoom-in', iconOnly: true, onClick: () => this.enlarge(ZOOM) })}
        ${button({ label: l10n.t('Shrink'), icon: 'zoom-out', iconOnly: true, onClick: () => this.enlarge(1 / ZOOM) })}
        ${button({ label: l10n.t('Reset view'), icon: 'discard', iconOnly: true, onClick: () => this.look(START) })}
      </div>`;
  }

  private look(pose: Pose): void {
    this.pose = pose;
    const canvas = this.querySelector('canvas');
    if (canvas) canvas.dataset.turn = pose.turn.toFixed(2);
    this.soon();
  }

  private turnBy(turn: number, tilt: number): void {
    const { pose } = this;
    // It is seen from above to below, never from behind.
    const tilted = Math.max(-Math.PI / 2, Math.min(Math.PI / 2, pose.tilt + tilt));
    this.look({ ...pose, turn: pose.turn + turn, tilt: tilted });
  }

  private enlarge(factor: number): void {
    this.look({ ...this.pose, zoom: Math.max(SMALLEST, Math.min(LARGEST, this.pose.zoom * factor)) });
  }

  private readonly grab = (event: PointerEvent): void => {
    if (event.button !== 0) return;
    const canvas = event.currentTarget as HTMLCanvasElement;
    canvas.setPointerCapture(event.pointerId);
    let [x, y] = [event.clientX, event.clientY];
    const move = (to: PointerEvent): void => {
      this.turnBy((to.clientX - x) * DRAG, (to.clientY - y) * DRAG);
      [x, y] = [to.clientX, to.clientY];
    };
    const end = (): void => {
      canvas.removeEventListener('pointermove', move);
      canvas.removeEventListener('pointerup', end);
      canvas.removeEventListener('pointercancel', end);
    };
    canvas.addEventListener('pointermove', move);
    canvas.addEventListener('pointerup', end);
    canvas.addEventListener('pointercancel', end);
  };

  private readonly press = (event: KeyboardEvent): void => {
    const acts: Record<string, () => void> = {
      ArrowLeft: () => this.turnBy(-PRESS, 0),
      ArrowRight: () => this.turnBy(PRESS, 0),
      ArrowUp: () => this.turnBy(0, -PRESS),
      ArrowDown: () => this.turnBy(0, PRESS),
      '+': () => this.enlarge(ZOOM),
      '=': () => this.enlarge(ZOOM),
      '-': () => this.enlarge(1 / ZOOM),
      '0': () => this.look(START),
    };
    const act = event.ctrlKey || event.metaKey || event.altKey ? undefined : acts[event.key];
    if (!act) return;
    event.preventDefault();
    event.stopPropagation();
    act();
  };

  /** The wheel scrolls the page, unless a key is held or the drawing has the focus. */
  private readonly wheel = (event: WheelEvent): void => {
    if (!event.ctrlKey && document.activeElement !== event.currentTarget) return;
    event.preventDefault();
    this.enlarge(event.deltaY < 0 ? ZOOM : 1 / ZOOM);
  };

  private soon(): void {
    if (this.frame === 0)
      this.frame = requestAnimationFrame(() => {
        this.frame = 0;
        this.draw();
      });
  }

  private draw(): void {
    const canvas = this.querySelector('canvas');
    const context = canvas?.getContext('2d');
    if (!canvas || !context || !this.renderer || canvas.clientWidth === 0) return;
    const scale = Math.min(devicePixelRatio, MOST_SIDE / Math.max(canvas.clientWidth, canvas.clientHeight));
    const [width, height] = [canvas.clientWidth, canvas.clientHeight].map((side) => Math.max(1, Math.round(side * scale)));
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = [width!, height!];
    const picture = context.createImageData(width!, height!);
    this.renderer.draw({ data: picture.data, width: width!, height: height! }, this.pose, textColor(canvas));
    context.putImageData(picture, 0, 0);
  }
}
customElements.define('ts-media-scene', MediaScene);

/** The theme's colour of the element, for points that have none. */
function textColor(element: Element): [number, number, number] {
  const parts = getComputedStyle(element).color.match(/[\d.]+/g)?.map(Number) ?? [];
  return [parts[0] ?? 128, parts[1] ?? 128, parts[2] ?? 128];
}
