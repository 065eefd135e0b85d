import * as fs from 'node:fs';
import * as os from 'node:os';
import * as path from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readDrawings } from '../../../../src/engine/runs/shown/drawings.js';
import { filesIn } from '../../../../src/engine/runs/shown/mediaFiles.js';
import { HISTOGRAM_MIME, PLOT_MIME } from '../../../../src/protocol/run/mimes.js';

let folder: string;
beforeAll(() => {
  folder = path.join(fs.mkdtempSync(path.join(os.tmpdir(), 'tunesmith drawings ')), 'run');
  fs.mkdirSync(path.join(folder, 'media'), { recursive: true });
});
const record = (name: string, step: number | null, file: string, mime = HISTOGRAM_MIME) => ({
  ...{ time: 0, name, step, mime, path: `media/${file}` },
});
const write = (file: string, content: unknown): void =>
  fs.writeFileSync(path.join(folder, 'media', file), typeof content === 'string' ? content : JSON.stringify(content));
const histogram = (count: number) => ({ counts: [count], edges: [0, 1] });

describe('histograms and plots of a run', () => {
  it('are listed by name and step, and read one at a time', () => {
    for (const step of [1, 2, 3]) write(`w${step}.json`, histogram(step));
    const plot = { kind: 'line', title: '', x: 'x', y: '', series: [{ name: 'a', x: [0, 1], y: [1, null] }] };
    write('roc.json', plot);
    const media = [
      record('w', 2, 'w2.json'),
      record('w', 1, 'w1.json'),
      record('w', 3, 'w3.json'),
      record('roc', null, 'roc.json', PLOT_MIME),
      record('picture', 1, 'p.png', 'image/png'),
    ];
    const all = readDrawings(filesIn(folder), media, {});
    expect(all.names).toEqual([
      { name: 'w', steps: [1, 2, 3] },
      { name: 'roc', steps: [0] },
    ]);
    expect(all.shown).toEqual({ name: 'w', step: 3, drawing: { histogram: histogram(3) } });
    expect(readDrawings(filesIn(folder), media, { name: 'w', step: 2.5 }).shown?.step).toBe(2);
    expect(readDrawings(filesIn(folder), media, { name: 'w', step: -1 }).shown?.step).toBe(3);
    expect(readDrawings(filesIn(folder), media, { name: 'roc' }).shown?.drawing).toEqual({ plot });
    expect(readDrawings(filesIn(folder), media, { name: 'constructor' }).shown).toBeNull();
  });

  it('are not read if they are invalid, too large, or outside the run’s folder', () => {
    for (const odd of [
      '',
      '{',
      '[]',
      { counts: [], edges: [0] },
      { counts: [1], edges: [0] },
      { counts: [-1], edges: [0, 1] },
    ]) {
      write('odd.json', odd);
      expect(readDrawings(filesIn(folder), [record('odd', 0, 'odd.json')], {}).shown, JSON.stringify(odd)).toBeNull();
    }
    write('large.json', JSON.stringify(histogram(1)).padEnd(5 * 2 ** 20));
    expect(readDrawings(filesIn(folder), [record('large', 0, 'large.json')], {}).shown).toBeNull();
    fs.writeFileSync(path.join(folder, '..', 'outside.json'), JSON.stringify(histogram(1)));
    expect(readDrawings(filesIn(folder), [record('out', 0, '../../outside.json')], {}).shown).toBeNull();
    if (process.platform !== 'win32') {
      fs.symlinkSync(path.join(folder, '..', 'outside.json'), path.join(folder, 'media/link.json'));
      expect(readDrawings(filesIn(folder), [record('link', 0, 'link.json')], {}).shown).toBeNull();
    }
  });
});
