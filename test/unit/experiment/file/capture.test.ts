import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { jsonSchema, parseExperiment } from '../../../../src/experiment/index.js';
import { CAPTURE_AUTO, CAPTURE_OFF, LIBRARIES, readCapture } from '../../../../src/protocol/run/captureSettings.js';
import { Capture } from '../../../../src/protocol/run/capture.js';

const read = (capture: string) => parseExperiment(`run: ./train\ncapture: ${capture}\n`, '/x/a.tune.yaml');
const problems = (capture: string) =>
  read(capture).problems.map(
    ({ line, column, message, hint }) => `${line}:${column} ${message}${hint ? ` (${hint})` : ''}`,
  );

describe('capture', () => {
  it('is a word, a list of libraries or settings', () => {
    expect(parseExperiment('run: ./train\n', '/x/a.tune.yaml').experiment).not.toHaveProperty('capture');
    expect(read('auto').experiment?.capture).toEqual(CAPTURE_AUTO);
    expect(read('off').experiment?.capture).toEqual(CAPTURE_OFF);
    expect(read('false').experiment?.capture).toEqual(CAPTURE_OFF);
    expect(read('[keras, tqdm]').experiment?.capture).toEqual({ ...CAPTURE_AUTO, libraries: ['keras', 'tqdm'] });
    expect(read('{ wandb: replace, output: ["a (?P<b>c)"], files: off, system: false }').experiment?.capture).toEqual({
      libraries: 'auto',
      wandb: 'replace',
      output: ['a (?P<b>c)'],
      files: 'off',
      system: false,
    });
  });

  it('reports errors with position and advice', () => {
    const known = LIBRARIES.join(', ');
    expect(problems('maybe')).toEqual([
      '2:10 capture must be auto, off, a list of libraries, or settings such as { wandb: replace }',
    ]);
    expect(problems('[keras, tensorbord]')).toEqual([`2:18 unknown library "tensorbord" (known: ${known})`]);
    expect(problems('{ libraries: [pandas] }')).toEqual([`2:24 unknown library "pandas" (known: ${known})`]);
    expect(problems('{ wandb: both }')).toEqual(['2:19 wandb must be listen or replace']);
    expect(problems('{ outputs: off }')).toEqual(['2:12 unknown key "outputs" (did you mean "output"?)']);
    expect(problems('{ files: [] }')).toEqual(['2:19 files must be auto, off or a list of at most 100 file patterns']);
    expect(problems('{ output: ["loss"] }')).toEqual([
      '2:21 output: "loss" does not name a metric: write (?<loss>[\\d.]+), or (?<name>\\w+)=(?<value>[\\d.]+)',
    ]);
    expect(problems('{ output: ["(?<loss>"] }')[0]).toMatch(/^2:21 output: .* is not a regular expression: /);
    expect(problems('{ output: ["(?<step>x)"] }')).toHaveLength(1);
    expect(problems('{ system: 1 }')).toEqual(['2:20 system must be true or false']);
  });

  it('is explained and completed', () => {
    expect(JSON.stringify(jsonSchema())).toContain('`replace`: `import wandb` gives a stand-in');
  });
});

describe('the Python client', () => {
  it('knows the same libraries, each a separate module', () => {
    const folder = join(import.meta.dirname, '../../../../python/tunesmith/capture');
    const modules = readdirSync(folder).filter((name) => /^[a-z]\w*\.py$/.test(name));
    expect(modules.map((name) => name.slice(0, -3)).sort()).toEqual([...LIBRARIES]);
    const named = readFileSync(join(folder, '_settings.py'), 'utf8').match(/LIBRARIES = \(([^)]*)\)/)![1]!;
    expect(named.match(/\w+/g)).toEqual([...LIBRARIES]);
  });
});

describe('readCapture', () => {
  it('reads the normal form and texts, and makes do with nonsense', () => {
    const some = { libraries: ['keras' as const], wandb: 'replace' as const, output: ['x'], files: [], system: false };
    expect(readCapture(some)).toEqual(some);
    expect(readCapture(JSON.stringify(some))).toEqual(some);
    expect(readCapture('off')).toEqual(CAPTURE_OFF);
    expect(readCapture(' keras, nothing ,tqdm')).toEqual({ ...CAPTURE_AUTO, libraries: ['keras', 'tqdm'] });
    for (const odd of [undefined, null, 7, '', '{', '[]', { libraries: 7, output: {}, system: 'no' }]) {
      const capture = readCapture(odd);
      expect(Capture.safeParse(capture).success, JSON.stringify(odd)).toBe(true);
    }
  });
});
