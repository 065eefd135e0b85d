/** A report with every kind of block, drawn from real runs and exported by the real command line. */
import { readFileSync, writeFileSync } from 'node:fs';
import * as path from 'node:path';
import { inflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Workspace } from './workspace.js';

const TRAIN = `import { appendFileSync } from 'node:fs';
const [lr, kind] = [Number(process.argv[2]), process.argv[3]];
for (let step = 0; step < 20; step++) {
  const values = { 'val/loss': step === 7 ? 'NaN' : Math.exp(-lr * step), 'train/loss': Math.exp(-lr * step) / 2, rate: lr };
  appendFileSync(process.env.TUNESMITH_JOURNAL, JSON.stringify({ type: 'metrics', step, values }) + '\\n');
}
`;
const EXPERIMENT = `name: réport
run: node train.mjs {lr} {kind}
params: { lr: 0.1, kind: a }
objective: { metric: val/loss, goal: minimize }
`;
const block = (kind: string, ...lines: string[]): string => ['```tunesmith ' + kind, ...lines, '```', ''].join('\n');
const REPORT = [
  '---',
  'experiment: réport',
  '---',
  '# Results',
  '',
  '<script>alert(1)</script>',
  '',
  block('chart', 'metrics: [val/loss, train/loss]', 'right: rate', 'smoothing: 0.5'),
  block('chart', 'metrics: val/loss - train/loss', 'groupBy: kind', 'x: time', 'logY: true'),
  block('table', 'best: 2', 'columns: [lr, kind, objective, val/loss - train/loss, duration]', 'title: The best'),
  block('table', 'groupBy: kind', 'columns: [objective, duration]'),
  block('runs', 'newest: 3'),
  block('compare', 'best: 2', 'sections: [params, metrics]'),
  block('parallel'),
  block('scatter', 'x: lr', 'color: kind'),
  block('importance'),
].join('\n');

let workspace: Workspace;
beforeAll(async () => {
  const files = { 'train.mjs': TRAIN, 'a.tune.yaml': EXPERIMENT, 'results.report.md': REPORT };
  workspace = await Workspace.open(files);
  for (const [lr, kind] of [
    [0.05, 'a'],
    [0.1, 'a'],
    [0.2, 'b'],
    [0.4, 'b'],
    [0.8, 'b'],
  ] as const) {
    const { code } = await workspace.tunesmith(['run', 'a.tune.yaml', '--set', `lr=${lr}`, '--set', `kind=${kind}`]);
    expect(code).toBe(0);
  }
}, 120_000);
afterAll(() => workspace?.dispose());

const file = (name: string): string => path.join(workspace.folder, name);

it('writes one HTML file with charts as SVG and tables as tables, without a script', async () => {
  const { code, out, err } = await workspace.tunesmith(['report', 'results.report.md', '--html', 'out.html']);
  expect(err).toBe('');
  expect({ code, out }).toEqual({ code: 0, out: 'out.html\n' });
  const html = readFileSync(file('out.html'), 'utf8');
  expect(html.match(/<svg /g)).toHaveLength(5);
  expect(html.match(/<figure>/g)).toHaveLength(9);
  expect(html).not.toMatch(/<script|https?:\/\/(?!www\.w3\.org)/);
  expect(html).toContain('5 runs · 5 NaN or infinite (×)');
  expect(html).toContain('<figcaption>The best</figcaption>');
  // The best is the smallest loss: the largest rate first.
  const rows = /The best<\/figcaption>.*?<tbody>(.*?)<\/tbody>/s.exec(html)![1]!;
  expect([...rows.matchAll(/<td>(0\.\d)<\/td><td>b<\/td>/g)].map(([, lr]) => lr)).toEqual(['0.8', '0.4']);
  expect(html).toContain('kind b (3)');
  expect(html).toContain('2 groups, mean ± standard deviation');
});

it('writes a PDF with drawings as vectors', async () => {
  const { code, err } = await workspace.tunesmith(['report', 'results.report.md', '--pdf', 'out.pdf']);
  expect(err).toBe('');
  expect(code).toBe(0);
  const pdf = readFileSync(file('out.pdf'));
  expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
  const text = pdf.toString('latin1');
  expect(text).not.toContain('/Subtype /Image');
  expect(text).toContain('Roboto');
  // Paths are drawn: the streams of the pages have curves of many points.
  const streams = [...text.matchAll(/stream\r?\n([\s\S]*?)\r?\nendstream/g)].flatMap(([, data]) => {
    try {
      return [inflateSync(Buffer.from(data!, 'latin1')).toString('latin1')];
    } catch {
      return [];
    }
  });
  expect(streams.filter((stream) => stream.includes(' l\n')).length).toBeGreaterThan(0);
});

it('replaces nothing unless it is told to', async () => {
  writeFileSync(file('mine.html'), 'mine');
  const refused = await workspace.tunesmith(['report', 'results.report.md', '--html', 'mine.html']);
  expect(refused.code).not.toBe(0);
  expect(refused.err).toContain('already exists. Replace it with --force.');
  expect(readFileSync(file('mine.html'), 'utf8')).toBe('mine');
});

it('says where a block has a mistake, and writes the rest', async () => {
  workspace.write(
    'bad.report.md',
    `# Bad\n\n${block('chart', 'experiment: réport', 'metrics: val/los')}\n${block('chart', 'experiment: report')}\n${block('table')}`,
  );
  const { code, err, out } = await workspace.tunesmith(['report', 'bad.report.md', '--html', 'bad.html']);
  expect(code).toBe(1);
  expect(out).toBe('bad.html\n');
  expect(err).toBe(
    [
      'bad.report.md:5:1: No run shown here has the metric "val/los". Did you mean "val/loss"?',
      'bad.report.md:9:1: There is no experiment "report". Did you mean "réport"?',
      'bad.report.md:12:1: Say which runs: experiment, runs, search, filter or view. Experiments here: réport.',
      '',
    ].join('\n'),
  );
  expect(readFileSync(file('bad.html'), 'utf8')).toContain('<strong>Line 5, column 1</strong>');
});

it('takes the settings of a saved view', async () => {
  const view = {
    name: 'mine',
    experiment: 'réport',
    tab: 'charts',
    selected: null,
    view: { logY: true, groupBy: ['param:kind'] },
  };
  workspace.write('tunesmith.views.json', JSON.stringify({ version: 1, views: [view], defaults: {} }));
  workspace.write('view.report.md', `${block('chart', 'view: mine')}\n${block('chart', 'view: mien')}`);
  const { code, err } = await workspace.tunesmith(['report', 'view.report.md', '--html', 'view.html']);
  expect(code).toBe(1);
  expect(err).toBe('view.report.md:6:1: There is no saved view "mien". Did you mean "mine"?\n');
  expect(readFileSync(file('view.html'), 'utf8')).toContain('kind a (2)');
});
