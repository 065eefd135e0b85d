/** A run's card in a notebook: name, status, a small chart for each metric. Built of nodes, never of markup: names are data. */
import { formatNumber } from '../../src/format/numbers.js';
import { l10n } from '../../src/format/l10n.js';
import type { NotebookRun } from '../../src/protocol/notebook.js';
import { STYLES } from './styles.js';

type Curve = NotebookRun['curves'][number];

const [WIDTH, HEIGHT, EDGE] = [280, 96, 4];
const SVG = 'http://www.w3.org/2000/svg';

const STATUS: Record<string, () => string> = {
  running: () => l10n.t('running'),
  completed: () => l10n.t('completed'),
  failed: () => l10n.t('failed'),
  stopped: () => l10n.t('stopped'),
  pruned: () => l10n.t('pruned'),
  paused: () => l10n.t('paused'),
};

/** Fills an element. Focus on the button stays where it was: a live card is drawn again every second. */
export function drawCard(element: HTMLElement, run: NotebookRun, open?: () => void): void {
  const root = rootOf(element);
  const hadFocus = root.activeElement?.tagName === 'BUTTON';
  const card = node('section', 'card');
  card.setAttribute('aria-label', run.name);
  const head = node('header');
  const status = node('span', `status ${run.status in STATUS ? run.status : ''}`, STATUS[run.status]?.() ?? run.status);
  head.append(node('strong', 'name', run.name), status);
  if (open) {
    const button = node('button', '', l10n.t('Show in Panel'));
    button.addEventListener('click', open);
    head.append(button);
  }
  const charts = node('div', 'charts');
  charts.append(...run.curves.map(figure));
  if (run.curves.length === 0) charts.append(node('p', 'empty', l10n.t('Nothing logged yet')));
  card.append(head, charts);
  root.replaceChildren(...styled(card));
  if (hadFocus) root.querySelector('button')?.focus();
}

/** Shows that the output is not one of ours. */
export function drawProblem(element: HTMLElement): void {
  rootOf(element).replaceChildren(
    ...styled(node('p', 'empty', l10n.t('This output is not a run that Tunesmith can show. Run the cell again.'))),
  );
}

/** Isolates our styles from the notebook's. */
const rootOf = (element: HTMLElement): ShadowRoot => element.shadowRoot ?? element.attachShadow({ mode: 'open' });

function styled(content: HTMLElement): Node[] {
  const style = document.createElement('style');
  style.textContent = STYLES;
  return [style, content];
}

function figure(curve: Curve): HTMLElement {
  const box = node('figure');
  const value = typeof curve.last === 'number' ? formatNumber(curve.last) : curve.last;
  const told = node('b', '', value);
  const caption = node('figcaption');
  caption.append(node('span', 'metric', curve.name), told);
  const { picture, at } = chart(curve);
  picture.setAttribute('aria-label', `${curve.name} ${value}`);
  picture.addEventListener('pointermove', (event) => {
    const point = at(event.offsetX);
    if (point) told.textContent = l10n.t('step {0}: {1}', formatNumber(point[0]), formatNumber(point[1] ?? NaN));
  });
  picture.addEventListener('pointerleave', () => (told.textContent = value));
  box.append(caption, picture);
  return box;
}

/**
 * The picture of a curve, with gaps where a value is not finite; `at`: the point nearest to a position on its x-axis.
 */
function chart({ points }: Curve) {
  const picture = document.createElementNS(SVG, 'svg');
  picture.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
  picture.setAttribute('role', 'img');
  const finite = points.filter((point): point is [number, number] => point[1] !== null);
  const [x0, x1] = extent(points.map(([x]) => x));
  const [y0, y1] = extent(finite.map(([, y]) => y));
  const left = (x: number): number => EDGE + ((x - x0) / (x1 - x0 || 1)) * (WIDTH - 2 * EDGE);
  const top = (y: number): number => HEIGHT - EDGE - ((y - y0) / (y1 - y0 || 1)) * (HEIGHT - 2 * EDGE);
  let line: string[] = [];
  const draw = (): void => {
    if (line.length === 0) return;
    const shape = document.createElementNS(SVG, 'polyline');
    // A point alone is a dot: a line without length has round ends.
    if (line.length === 1) shape.setAttribute('class', 'dot');
    shape.setAttribute('points', (line.length > 1 ? line : [line[0], line[0]]).join(' '));
    picture.append(shape);
    line = [];
  };
  for (const [x, y] of points) {
    if (y === null) draw();
    else line.push(`${left(x).toFixed(1)},${top(y).toFixed(1)}`);
  }
  draw();
  const at = (offset: number): Curve['points'][number] | undefined => {
    const x = x0 + ((offset - EDGE) / (WIDTH - 2 * EDGE)) * (x1 - x0);
    let nearest = points[0];
    for (const point of points) if (Math.abs(point[0] - x) < Math.abs(nearest![0] - x)) nearest = point;
    return nearest;
  };
  return { picture, at };
}

function extent(values: readonly number[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return low <= high ? [low, high] : [0, 1];
}

function node<K extends keyof HTMLElementTagNameMap>(tag: K, name = '', text?: string): HTMLElementTagNameMap[K] {
  const made = document.createElement(tag);
  if (name) made.className = name.trim();
  if (text !== undefined) made.textContent = text;
  return made;
}
