/** Made-up media of every kind, for looking at the panel. */
import { GRAPH_MIME, HISTOGRAM_MIME, PLOT_MIME } from '../../src/protocol/run/mimes.js';
import type { ModelGraph } from '../../src/protocol/engine/drawings.js';
import type { MediaFile, MediaList, MediaSeries } from '../../src/protocol/engine/media.js';

const STEPS = Array.from({ length: 12 }, (_, i) => i * 100);
const FEW: [name: string, mime: string, steps: number[]][] = [
  ['samples/digits', 'image/svg+xml', STEPS],
  ['sounds/sine', 'audio/wav', [0, 1100]],
  ['weights/dense', HISTOGRAM_MIME, STEPS],
  ['val/roc', PLOT_MIME, [1100]],
  ['val/predictions', 'text/csv', [1100]],
  ['notes', 'text/markdown', [1100]],
  ['report', 'text/html', [1100]],
  ['film', 'video/mp4', [1100]],
  ['points', 'model/obj', [0, 1100]],
  ['surface', 'model/obj', [1100]],
  ['model graph', GRAPH_MIME, [0]],
];
let asked = 0;
/** Number of files that were read, for tests. */
export const readCount = (): number => asked;

export function mediaList(kind: string | null): MediaList {
  if (kind === 'many') {
    const steps = Array.from({ length: 10_000 }, (_, i) => i);
    // Every file is a picture: 31 lie between two of the same name below.
    return {
      series: [{ name: 'many', mime: 'image/svg+xml', steps, at: steps.map((i) => i * 31 + (i % 12)) }],
      cut: false,
    };
  }
  let at = 0;
  const series = FEW.map(([name, mime, steps]): MediaSeries => ({ name, mime, steps, at: steps.map(() => at++) }));
  return { series, cut: false };
}

export function mediaFile({ id, at, picture }: { id: string; at: number; picture?: string }): MediaFile {
  asked++;
  if (picture !== undefined) {
    const data = btoa(textOf('image/svg+xml', 100 * Number.parseInt(picture.slice('media/'.length)), 200));
    return { mime: 'image/svg+xml', size: data.length, data };
  }
  const all = FEW.flatMap(([, mime, steps]) => steps.map((step) => ({ mime, step })));
  const { mime, step } = all[at % all.length]!;
  const hue = (id.charCodeAt(id.length - 1) * 53 + step) % 360;
  const data = mime === 'audio/wav' ? wave() : btoa(unescape(encodeURIComponent(textOf(mime, step, hue))));
  return { mime, size: data.length, data };
}

function textOf(mime: string, step: number, hue: number): string {
  if (mime === 'image/svg+xml')
    return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 28 28"><rect width="28" height="28" fill="hsl(${hue} 60% 40%)"/><text x="5" y="20" font-size="14" fill="white">${step / 100}</text></svg>`;
  if (mime === HISTOGRAM_MIME) {
    const edges = Array.from({ length: 31 }, (_, i) => -3 + i * 0.2);
    const spread = 0.4 + step / 900;
    const counts = edges.slice(1).map((edge) => Math.round(1000 * Math.exp(-(((edge - step / 1500) / spread) ** 2))));
    return JSON.stringify({ counts, edges });
  }
  if (mime === PLOT_MIME) {
    const x = Array.from({ length: 21 }, (_, i) => i / 20);
    const series = [3, 5].map((power) => ({ name: `class ${power}`, x, y: x.map((each) => 1 - (1 - each) ** power) }));
    return JSON.stringify({ kind: 'line', title: 'ROC', x: 'false positive rate', y: 'true positive rate', series });
  }
  if (mime === 'text/csv')
    return `id,picture,label,score,comment\n${Array.from({ length: 250 }, (_, i) => `${i},![digit ${i % 10}](media/${i % 10}.png),${i % 10},${((i * 37) % 100) / 100},"digit ${i % 10}, hand written"`).join('\n')}`;
  if (mime === 'text/markdown')
    return '# Findings\n\nThe *learning rate* matters **most**; see `train.py` and [the paper](https://example.org).\n\n- one\n- two\n\n| lr | accuracy |\n| --- | --- |\n| 0.1 | 0.91 |\n| 0.01 | 0.97 |\n\n<img src=x onerror="document.title=\'bad\'">';
  if (mime === 'text/html')
    return '<h2 style="color: teal">Report</h2><p onclick="x()">Some <b>bold</b> words.</p><style>p { border-left: 3px solid orange; padding-left: 6px }</style><script>parent.document.title = "bad"</script><img src="https://example.org/x.png">';
  if (mime === 'model/obj') return step === 0 ? cloud(hue) : surface();
  if (mime === GRAPH_MIME) return JSON.stringify(network());
  return 'no film';
}

/** Half a second of a tone. */
function wave(): string {
  const [rate, count] = [8000, 4000];
  const view = new DataView(new ArrayBuffer(44 + count));
  [...'RIFF____WAVEfmt '].forEach((letter, i) => view.setUint8(i, letter.charCodeAt(0)));
  view.setUint32(4, 36 + count, true);
  view.setUint32(16, 16, true);
  view.setUint16(20, 1, true);
  view.setUint16(22, 1, true);
  view.setUint32(24, rate, true);
  view.setUint32(28, rate, true);
  view.setUint16(32, 1, true);
  view.setUint16(34, 8, true);
  [...'data'].forEach((letter, i) => view.setUint8(36 + i, letter.charCodeAt(0)));
  view.setUint32(40, count, true);
  for (let i = 0; i < count; i++) view.setUint8(44 + i, 128 + 100 * Math.sin((i / rate) * 2 * Math.PI * 440));
  return btoa(String.fromCharCode(...new Uint8Array(view.buffer)));
}

/** A spiral of coloured points. */
function cloud(hue: number): string {
  return Array.from({ length: 4000 }, (_, i) => {
    const [turn, height] = [i / 60, i / 4000];
    const radius = 0.4 + 0.2 * Math.sin(i * 12.9898 + hue);
    const color = [height, 0.4, 1 - height].map((part) => part.toFixed(2)).join(' ');
    return `v ${(radius * Math.cos(turn)).toFixed(3)} ${(radius * Math.sin(turn)).toFixed(3)} ${(2 * height).toFixed(3)} ${color}`;
  }).join('\n');
}

/** A torus of triangles. */
function surface(): string {
  const [around, across] = [40, 16];
  const lines: string[] = [];
  for (let i = 0; i < around; i++)
    for (let j = 0; j < across; j++) {
      const [a, b] = [(2 * Math.PI * i) / around, (2 * Math.PI * j) / across];
      const radius = 1 + 0.4 * Math.cos(b);
      lines.push(`v ${radius * Math.cos(a)} ${radius * Math.sin(a)} ${0.4 * Math.sin(b)}`);
    }
  const at = (i: number, j: number): number => (i % around) * across + (j % across) + 1;
  for (let i = 0; i < around; i++)
    for (let j = 0; j < across; j++) lines.push(`f ${at(i, j)} ${at(i + 1, j)} ${at(i + 1, j + 1)} ${at(i, j + 1)}`);
  return lines.join('\n');
}

function network(): ModelGraph {
  const nodes: ModelGraph['nodes'] = [{ name: 'Net', type: 'Net', parent: null, shape: [null, 10] }];
  const weight = (name: string, shape: number[], trained = true) => ({ name, shape, trained });
  for (const [i, channels] of [16, 32].entries()) {
    const whole = nodes.push({ name: `blocks.${i}`, type: 'Block', parent: 0, shape: [null, channels, 14, 14] }) - 1;
    const from = i === 0 ? 1 : 16;
    nodes.push({
      ...{ name: `blocks.${i}.conv`, type: 'Conv2d', parent: whole, shape: [null, channels, 28, 28] },
      weights: [weight('weight', [channels, from, 3, 3], i > 0), weight('bias', [channels], i > 0)],
    });
    nodes.push({
      name: `blocks.${i}.norm`,
      type: 'BatchNorm2d',
      parent: whole,
      inputs: [whole + 1],
      weights: [weight('weight', [channels]), weight('bias', [channels])],
    });
    nodes.push({
      name: `blocks.${i}.act`,
      type: 'ReLU',
      parent: whole,
      shape: [null, channels, 14, 14],
      inputs: [whole + 1, whole + 2],
    });
  }
  nodes.push({
    name: 'head',
    type: 'Linear',
    parent: 0,
    shape: [null, 10],
    weights: [weight('weight', [10, 6272]), weight('bias', [10])],
  });
  return { nodes };
}
