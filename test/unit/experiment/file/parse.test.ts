import { describe, expect, it } from 'vitest';
import { isExperimentFile, parseExperiment } from '../../../../src/experiment/index.js';
import type { FileProblem } from '../../../../src/protocol/engine/index.js';

const FILE = '/home/ann/my project/größe.tune.yaml';
const parse = (text: string, file = FILE) => parseExperiment(text, file);
/** `line:column-endLine:endColumn severity: message (hint)` */
const show = (p: FileProblem) =>
  `${p.line}:${p.column}-${p.endLine}:${p.endColumn} ${p.severity}: ${p.message}${p.hint ? ` (${p.hint})` : ''}`;
const problems = (text: string, file = FILE) => parse(text, file).problems.map(show);

describe('a whole file', () => {
  it('is read with everything it can say', () => {
    const { experiment, problems } = parse(`
name: lr study
description: finds the rate
run: python "my train.py" --lr {lr} --name 'a b'
params:
  lr: 1e-3
  optimizer: { name: sgd, momentum: 0.9 }
objective: { metric: val/loss, goal: minimize }
search:
  sampler: { name: grid, points: 3 }
  pruner: none
  parallel: 2
  seed: 7
  space:
    lr: { log: [1e-5, 1e-1] }
    optimizer.momentum: { uniform: [0.5, 0.9], step: 0.1, when: { optimizer.name: sgd } }
    optimizer.name: { choice: [sgd, adam] }
cwd: sub
env: { A: 1, B: yes it is }
resources: { gpus: 1, perGpu: 2 }
retries: { lost: 2 }
python: ./venv/bin/python
seed: 3
stopGrace: 5
`);
    expect(problems.map(({ severity, line, column, message }) => ({ severity, line, column, message }))).toEqual(
      [
        { column: 16, message: 'nothing in "run" or "env" passes "optimizer.name" on' },
        { column: 27, message: 'nothing in "run" or "env" passes "optimizer.momentum" on' },
      ].map((problem) => ({ severity: 'warning', line: 7, ...problem })),
    );
    expect(experiment).toEqual({
      file: FILE,
      name: 'lr study',
      program: { kind: 'run', argv: ['python', 'my train.py', '--lr', '{lr}', '--name', 'a b'] },
      params: { lr: 0.001, 'optimizer.name': 'sgd', 'optimizer.momentum': 0.9 },
      objective: { metric: 'val/loss', goal: 'minimize' },
      objectives: [{ metric: 'val/loss', goal: 'minimize' }],
      search: {
        sampler: { name: 'grid', points: 3 },
        pruner: null,
        trials: null,
        parallel: 2,
        seed: 7,
        constraints: { linear: [], measured: [] },
        maxSteps: null,
        checkpoints: false,
        giveUpAfter: 3,
        stages: null,
        warmStart: null,
        repeat: null,
        noise: 'auto',
        space: {
          lr: { log: [1e-5, 1e-1] },
          'optimizer.momentum': { uniform: [0.5, 0.9], step: 0.1, when: { 'optimizer.name': 'sgd' } },
          'optimizer.name': { choice: ['sgd', 'adam'] },
        },
      },
      cwd: 'sub',
      env: { A: '1', B: 'yes it is' },
      resources: { gpus: 1, perGpu: 2 },
      retries: { lost: 2 },
      python: './venv/bin/python',
      seed: 3,
      stopGrace: 5,
    });
  });

  it('may be tiny, JSON, or use anchors and merges; its name is then the file’s', () => {
    expect(parse('run: ./train').experiment).toMatchObject({ name: 'größe', program: { argv: ['./train'] } });
    const json = '{\n  "run": ["node", "a b.js", "{n}"],\n  "params": {"n": 1}\n}\n';
    expect(parse(json, '/x/j.tune.json').experiment).toMatchObject({
      name: 'j',
      program: { argv: ['node', 'a b.js', '{n}'] },
    });
    const merged = 'base: &base { a: 1 }\nrun: x {a} {b}\nparams: { <<: *base, b: 2 }\n';
    expect(problems(merged)).toEqual([
      `1:1-1:5 error: unknown key "base" (known: ${'$schema, name, description, module, network, pipeline, objective, search, cwd, env, capture, alerts, files, output, resources, on, slurm, ssh, ray, kubernetes, retries, python, seed, stopGrace, syncInterval'})`,
    ]);
    const inside = 'run: x {a} {b}\nparams: &p\n  a: 1\n  b: &two 2\nenv:\n  C: *two\n';
    expect(parse(inside).experiment).toMatchObject({ params: { a: 1, b: 2 }, env: { C: '2' } });
  });

  it('keeps line ends of Windows and a byte-order mark out of the way', () => {
    expect(parse('\uFEFFrun: a {x}\r\nparams:\r\n  x: 1\r\n').problems).toEqual([]);
    expect(problems('run: a\r\nparms:\r\n  x: 1\r\n')).toEqual([
      '2:1-2:6 error: unknown key "parms" (did you mean "params"?)',
    ]);
  });

  it('is known by its name', () => {
    expect(['a.tune.yaml', '/x/B.TUNE.YML', 'c.tune.json'].every(isExperimentFile)).toBe(true);
    expect(['a.yaml', 'tune.yaml', 'a.tune.yaml.bak'].some(isExperimentFile)).toBe(false);
  });
});

describe('problems have the right position and advice', () => {
  it.each<[string, string[]]>([
    ['', ['1:1-1:1 error: this file is empty (begin with: run: python train.py --lr {lr})']],
    [
      '- a\n',
      ['1:1-1:4 error: an experiment file consists of keys and values (begin with: run: python train.py --lr {lr})'],
    ],
    [
      'name: x\n',
      [
        '1:1-1:8 error: nothing says what to run (add one of: run: python train.py --lr {lr} · module: ./train.ts · network: { … } · pipeline: [ … ])',
      ],
    ],
    [
      'run: a\nmodule: b.ts\n',
      ['2:1-2:7 error: "module" can\'t be combined with "run" (keep one of run, module, network and pipeline)'],
    ],
    ['run: a\nrun: b\n', ['2:1-2:4 error: this key is written twice (keep one of the two)']],
    ['run: a\n\tname: b\n', ['2:1-2:2 error: YAML does not allow tabs for indentation (indent with spaces)']],
    ['run: a\nobjective: { metric: loss, goal: minimise }\n', ['2:34-2:42 error: goal must be minimize or maximize']],
    ['run: a\nobjective: { goal: minimize }\n', ['2:12-2:30 error: metric must be text']],
    ['run: a\nseed: 1.5\n', ['2:7-2:10 error: seed must be a whole number']],
    ['run: a {lrr}\nparams:\n  lr: 1\n', ['1:8-1:13 error: no parameter is named "lrr" (did you mean "{lr}"?)']],
    [
      'run: "a {zzz}"\nparams:\n  lr: 1\n',
      ['1:9-1:14 error: no parameter is named "zzz" (add zzz to params; for literal braces write {{zzz}})'],
    ],
    [
      'run: [a, "{zz}"]\nparams: {}\n',
      ['1:10-1:16 error: no parameter is named "zz" (add zz to params; for literal braces write {{zz}})'],
    ],
    [
      'run: a\nparams:\n  lr: .nan\n',
      ['3:7-3:11 error: "lr" must be a finite number (write a number, or text in quotes)'],
    ],
    ['run: a ${argss}\n', ['1:8-1:16 error: unknown ${argss} (did you mean "${args}"?)']],
    ['run: a -x=${args}\n', ['1:8-1:18 error: ${args} must be an argument by itself (put spaces around it)']],
    ['run: a\nresources: { gpu: 1 }\n', ['2:14-2:17 error: unknown key "gpu" (did you mean "gpus"?)']],
    [
      'run: a\n---\nrun: b\n',
      ['2:1-2:4 error: one file holds one experiment (remove the line "---" and everything after it)'],
    ],
  ])('%j', (text, expected) => {
    expect(problems(text)).toEqual(expected);
    expect(parse(text).experiment).toBeNull();
  });

  it.each<[string, string]>([
    [
      'a | b',
      '1:8-1:9 error: "|" is not understood: no shell is involved (a pipe needs a shell: put the pipeline into a script and run that; put it in quotes if "|" belongs to the argument)',
    ],
    ['a && b', '1:8-1:10 error: "&&" is not understood'],
    ['a > out.txt', '1:8-1:9 error: ">" is not understood'],
    [
      'a $HOME',
      '1:8-1:13 error: "$HOME" is not understood: no shell is involved (write ${envvar:HOME} for the environment variable, or quote it)',
    ],
    ['a $(date)', '1:8-1:10 error: "$(" is not understood'],
    [
      'X=1 python a.py',
      '1:6-1:9 error: "X=1" sets a variable, which needs a shell (set it under env, such as: env: { X: "1" })',
    ],
    ["a 'b", "1:8-1:9 error: this quote (') is never closed"],
  ])('what only a shell could do: %s', (run, expected) => {
    expect(problems(`run: ${run}\n`)[0]).toContain(expected);
  });

  const search = (rest: string) =>
    `run: a {lr} {opt}\nparams: { lr: 0.1, opt: sgd }\nobjective: { metric: m, goal: minimize }\nsearch:\n  trials: 3\n${rest}`;
  it.each<[string, string[]]>([
    ['  space:\n    lr: { lgo: [1, 2] }\n', ['7:11-7:14 error: unknown kind of range "lgo" (did you mean "log"?)']],
    [
      '  space:\n    lr: { log: [0, 2] }\n',
      ['7:16-7:22 error: "lr": a logarithmic range must begin above 0, not at 0'],
    ],
    [
      '  space:\n    lr: { uniform: [2, 1] }\n',
      ['7:20-7:26 error: "lr": the lower bound 2 is above the upper bound 1'],
    ],
    [
      '  space:\n    lr: { uniform: [1, two] }\n',
      ['7:20-7:28 error: "uniform" needs two numbers [from, to] (such as { uniform: [0, 1] })'],
    ],
    ['  space:\n    lr: { uniform: [0, 1], stp: 2 }\n', ['7:28-7:31 error: unknown key "stp" (did you mean "step"?)']],
    [
      '  space:\n    lr: [1, 2]\n',
      [
        '7:9-7:15 error: "lr" is a list; is it a range or a choice? (write { choice: [1,2] } or { uniform: [low, high] })',
      ],
    ],
    ['  space:\n    opt: { choice: [] }\n', ['7:20-7:22 error: name at least one choice']],
    [
      '  space:\n    opt: { values: [a, b] }\n',
      ['7:12-7:18 error: unknown kind of range "values" (write { choice: [a, b] })'],
    ],
    [
      '  space:\n    lrr: { log: [1e-3, 1] }\n',
      ['7:5-7:8 warning: "lrr" is not one of the params (did you mean "lr"?)'],
    ],
    ['  space: {}\n', ['6:10-6:12 error: the search space is empty (write']],
    [
      '  sampler: gird\n  space: { lr: { log: [0.01, 1] } }\n',
      ['6:12-6:16 error: unknown sampler "gird" (did you mean "grid"?)'],
    ],
    [
      '  pruner: { name: median, startup: 3 }\n  space: { lr: { log: [0.01, 1] } }\n',
      ['6:27-6:34 error: unknown setting "startup" of pruner "median" (did you mean "startupTrials"?)'],
    ],
    [
      '  space:\n    lr: { log: [1, 2], when: { optt: sgd } }\n    opt: { choice: [sgd] }\n',
      ['3', '7:38-7:41 error: the condition names "optt", which is not searched (did you mean "opt"?)'],
    ],
    [
      '  space:\n    lr: { log: [0.1, 2], when: { opt: sdg } }\n    opt: { choice: [sgd, adam] }\n',
      ['7:39-7:42 error: "opt" is never "sdg": it must be one of "sgd", "adam" (did you mean "sgd"?)'],
    ],
    [
      '  space:\n    lr: { log: [0.1, 2], when: { opt: sgd } }\n    opt: { choice: [sgd], when: { lr: 1 } }\n',
      ['7:32-7:44 error: conditions go round in a circle: lr → opt → lr'],
    ],
    [
      '  space:\n    lr: { log: [1, 2] }\n',
      ['2:15-2:18 warning: "lr" must be from 1 to 2, not 0.1 (widen its range in search.space, or change the value)'],
    ],
    ['  space:\n    lr: { int: [1, 2] }\n', ['2:15-2:18 error: "lr" must be a whole number, not 0.1']],
    ['  space:\n    opt: { int: [1, 2] }\n', ['2:25-2:28 error: "opt" must be a number, not "sgd"']],
    ['  trails: 4\n  space: { lr: { log: [0.01, 1] } }\n', ['6:3-6:9 error: unknown key "trails"']],
  ])('in the search: %j', (rest, expected) => {
    const found = problems(search(rest)).filter((text) => expected.length < 2 || !text.startsWith('2:'));
    const wanted = expected.filter((text) => text !== '3');
    expect(found.length, found.join('\n')).toBe(wanted.length);
    for (const [i, text] of wanted.entries()) expect(found[i]).toContain(text);
  });

  it('all at once, without false positives', () => {
    const text =
      'nam: x\nrun: a | b {lr}\nparms: { lr: 1 }\nobjective: { metric: m, goal: up }\nsearch:\n  sampler: grd\n  trails: 3\n  space: { lr: { log: [0, 1] } }\n';
    expect(problems(text).map((line) => line.replace(/ \(.*/, ''))).toEqual([
      '1:1-1:4 error: unknown key "nam"',
      '2:8-2:9 error: "|" is not understood: no shell is involved',
      '3:1-3:6 error: unknown key "parms"',
      '4:31-4:33 error: goal must be minimize or maximize',
      '6:12-6:15 error: unknown sampler "grd"',
      '7:3-7:9 error: unknown key "trails"',
      '8:23-8:29 error: "lr": a logarithmic range must begin above 0, not at 0',
    ]);
    expect(problems('run: a {lr}\nparams: 3\n')).toEqual(['2:9-2:10 error: "params" must be a group of settings']);
  });

  it('a search without objective or end', () => {
    expect(problems('run: a {x}\nparams: { x: 0.5 }\nsearch:\n  space: { x: { uniform: [0, 1] } }\n')).toEqual([
      '3:1-3:7 error: a search needs an objective (add: objective: { metric: val/loss, goal: minimize })',
      '3:1-3:7 warning: this search runs until someone stops it (set the number of trials: trials: 50)',
    ]);
  });

  it('in the network section, with placeholders', () => {
    const text = `network:
  data: mnist
  layers:
    - dense: { units: '{unts}', activaton: relu }
  loss: crossEntropy
params:
  units: 10
`;
    expect(problems(text)).toEqual([
      '4:24-4:30 error: no parameter is named "unts" (did you mean "{units}"?)',
      '4:33-4:42 error: unknown key "activaton" (did you mean "activation"?)',
    ]);
  });
});

describe('hostile files', () => {
  it('refuses alias bombs', () => {
    const bomb = [
      'a: &a [x,x,x,x,x,x,x,x,x]',
      ...'bcdefghij'.split('').map((c, i) => {
        const p = 'abcdefghij'[i];
        return `${c}: &${c} [*${p},*${p},*${p},*${p},*${p},*${p},*${p},*${p},*${p}]`;
      }),
    ].join('\n');
    expect(problems(bomb).join()).toContain('expand to too much');
  });
  it.each([
    ['deep brackets', 'run: ' + '['.repeat(100_000)],
    ['deep braces', 'run: ' + '{a: '.repeat(100_000)],
    ['deep dashes', '- '.repeat(50_000) + 'x'],
    ['huge', 'run: a\nname: ' + 'x'.repeat(2_000_000)],
    ['an unknown anchor', 'run: *nowhere'],
    ['an anchor of itself', 'run: &a [*a]'],
    ['control characters', 'run: a\u0000b\nname: "\\u001b[31m"\n'],
    ['prototype', '__proto__: { x: 1 }\nrun: a\n'],
    [
      'constructor',
      'run: a\nparams: { constructor: 1 }\nsearch: { sampler: toString, space: { x: { hasOwnProperty: [1, 2] } } }\n',
    ],
    ['tags', 'run: !!js/function "x"\n'],
    ['half a flow map', 'run: a\nparams: { lr: 0.1,\n'],
    ['only quotes', '"""'],
    ['numbers for keys', '1: 2\n? [a]\n: b\n'],
  ])('%s', (_name, text) => {
    const result = parse(text);
    for (const p of result.problems) {
      expect(p.line).toBeGreaterThan(0);
      expect(p.column).toBeGreaterThan(0);
      expect(p.message.length).toBeLessThan(1000);
    }
    expect(({} as Record<string, unknown>).x).toBeUndefined();
  });
  it('never throws on prefixes of a good file, nor on its letters shuffled', () => {
    const good =
      'name: x\nrun: python a.py {lr}\nparams:\n  lr: &a 0.1 # c\n  b: [1, 2]\nsearch:\n  space: { lr: { log: [1e-3, 1] } }\nobjective: { metric: m, goal: minimize }\n';
    for (let i = 0; i <= good.length; i++) parse(good.slice(0, i));
    for (let i = 0; i < good.length; i++) parse(good.slice(i) + good.slice(0, i));
  });
  it('strict JSON only in .json', () => {
    expect(problems('{ run: a }', '/x/a.tune.json').join()).toContain('this is not JSON');
  });
});
