import { describe, expect, it } from 'vitest';
import { bestValues, lensTexts, NOTHING, type FileState } from '../../../src/editor/language/lensTexts.js';
import { lenses } from '../../../src/experiment/file/lenses.js';
import type { FileLenses } from '../../../src/experiment/types.js';
import type { Params } from '../../../src/protocol/values/index.js';
import { run, search } from './samples.js';

const FILE = '/w/digits.tune.yaml';
const LINES = `name: digits
run: python train.py --lr {lr}
params:
  lr: 0.002 # learning rate
  batch_size: 128
search:
  trials: 60
  space:
    lr: { log: [1e-4, 1e-1] }
    momentum: { uniform: [0, 1] }`.split('\n');
const WHERE: FileLenses = {
  runLine: 2,
  rateLine: null,
  paramsLine: 2,
  searchLine: 5,
  stages: [],
  parameters: [
    { name: 'lr', line: 3, where: 'params' },
    { name: 'batch_size', line: 4, where: 'params' },
    { name: 'lr', line: 8, where: 'space' },
    { name: 'momentum', line: 9, where: 'space' },
  ],
};
const PARAMS: Params = { lr: 0.002, batch_size: 128 };

/** The file as a person sees it: lenses above their lines. */
function render(state: FileState, params: Params | null = PARAMS, trusted = true): string {
  const lenses = lensTexts(FILE, WHERE, params, state, trusted);
  return LINES.flatMap((line, at) => {
    const here = lenses.filter((lens) => lens.line === at).map(({ title }) => title);
    return here.length > 0 ? [`  ⟨ ${here.join(' | ')} ⟩`, line] : [line];
  }).join('\n');
}

const BEST = {
  run: 'r7',
  name: 'digits-7',
  params: { lr: 0.0031, batch_size: 128, momentum: 0.9 },
  objective: 0.99214,
  metric: 'val/accuracy',
  goal: 'maximize' as const,
  of: 14,
};

describe('lenses of an experiment file', () => {
  it('says where the next run executes, if there is something to choose from', () => {
    const shown = (place: { name: 'slurm' | 'local'; isChosen: boolean } | null) =>
      lensTexts(FILE, WHERE, PARAMS, NOTHING, true, true, place).filter(
        ({ command }) => command === 'tunesmith.place.pick',
      );
    expect(shown(null)).toEqual([]);
    expect(shown({ name: 'slurm', isChosen: true })).toMatchObject([
      { title: 'on slurm ▾', args: [FILE], tooltip: expect.stringMatching(/^Your choice/) as string },
    ]);
    expect(shown({ name: 'local', isChosen: false })).toMatchObject([{ title: 'on local ▾' }]);
  });

  it.each(['run: python train.py', 'module: ./train.ts', 'network: { data: mnist }', 'pipeline: []'])(
    'say it above *Run* for any program: %s',
    (program) => {
      const place = { name: 'slurm', isChosen: false } as const;
      const found = lensTexts(FILE, lenses(`name: a\n${program}\n`), {}, NOTHING, true, true, place);
      expect(found.filter(({ line }) => line === 1).map(({ title }) => title)).toEqual(
        expect.arrayContaining(['$(play) Run', 'on slurm ▾']),
      );
    },
  );

  it('look like this', async () => {
    const failed = run({ status: 'failed', error: { kind: 'exit', message: 'exit code 1', logTail: '' } });
    const running = run({ status: 'running', progress: { fraction: 0.42, text: '' } });
    const scenes: [string, string][] = [
      ['nothing has run', render(NOTHING)],
      ['not trusted', render(NOTHING, PARAMS, false)],
      ['one runs', render({ ...NOTHING, runs: [running, run()] })],
      [
        'three run',
        render({ ...NOTHING, runs: [running, run({ id: 'b', status: 'queued' }), run({ id: 'c', status: 'paused' })] }),
      ],
      ['last one ended', render({ best: { ...BEST, of: 1 }, runs: [run()], searches: [] })],
      ['last one failed', render({ ...NOTHING, runs: [failed] })],
      ['a search runs', render({ best: BEST, runs: [], searches: [search()] })],
      ['a search is paused', render({ best: BEST, runs: [], searches: [search({ status: 'paused', best: null })] })],
      ['a search was stopped', render({ best: BEST, runs: [run()], searches: [search({ status: 'stopped' })] })],
      ['a search has ended', render({ best: BEST, runs: [], searches: [search({ status: 'completed', trials: 12 })] })],
      ['the best is applied', render({ ...NOTHING, best: BEST }, { lr: 0.0031, batch_size: 128 })],
      [
        'a search says what matters',
        render({
          best: BEST,
          runs: [],
          searches: [search({ status: 'completed' })],
          importance: { lr: 0.62, momentum: 0.02 },
        }),
      ],
      ['the file has mistakes', render({ ...NOTHING, best: BEST }, null)],
    ];
    const text = scenes.map(([title, scene]) => `── ${title}\n${scene}\n`).join('\n');
    await expect(text).toMatchFileSnapshot('golden/lenses.txt');
  });

  it('leave best values out if these are shown elsewhere', () => {
    const lenses = lensTexts(FILE, WHERE, PARAMS, { ...NOTHING, best: BEST }, true, false);
    expect(lenses.map(({ title }) => title).filter((title) => /best/i.test(title))).toEqual([]);
    expect(bestValues(WHERE, PARAMS, { best: BEST }).map(({ name, value }) => [name, value])).toEqual([
      ['lr', '0.0031'],
      ['momentum', '0.9'],
    ]);
  });

  it('offer to find a learning rate if one is set', () => {
    const lenses = lensTexts(FILE, { ...WHERE, rateLine: 4 }, PARAMS, NOTHING, true);
    const found = lenses.find(({ command }) => command === 'tunesmith.run.lrRange');
    expect(found).toMatchObject({ line: 4, title: 'Find learning rate', args: [FILE] });
    expect(lensTexts(FILE, { ...WHERE, rateLine: 4 }, PARAMS, NOTHING, false)).toHaveLength(1);
  });

  it('carry what their commands need', () => {
    const lenses = lensTexts(FILE, WHERE, PARAMS, { best: BEST, runs: [], searches: [search()] }, true);
    const of = (title: string) => lenses.find((lens) => lens.title.includes(title));
    expect(of('Run')).toMatchObject({ command: 'tunesmith.run.start', args: [FILE] });
    expect(of('Pause')).toMatchObject({ command: 'tunesmith.search.pause', args: ['s1'] });
    expect(of('Apply best')).toMatchObject({ command: 'tunesmith.best.apply', args: [FILE, 'lr'], line: 3 });
  });
});
