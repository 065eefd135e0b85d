import { describe, expect, it } from 'vitest';
import { lenses, parseExperiment } from '../../../../src/experiment/index.js';

const FILE = '/workspace/small.tune.yaml';
const TRAIN = '- { stage: base, train: { data: mnist, layers: [flatten, { dense: 10 }], loss: crossEntropy } }';

/** Problems as lines of `line:column message (hint)`. */
function problems(pipeline: string, rest = ''): string[] {
  const text = `${rest}pipeline:\n${pipeline.trim().replace(/^/gm, '  ')}\n`;
  return parseExperiment(text, FILE).problems.map(
    ({ line, column, message, hint }) => `${line}:${column} ${message}${hint === undefined ? '' : ` (${hint})`}`,
  );
}

describe('pipeline:', () => {
  it('is accepted with commands and with networks', () => {
    expect(problems(`${TRAIN}\n- { stage: small, prune: { remove: 0.5 } }`)).toEqual([]);
    expect(problems('- { stage: a, run: python a.py }\n- { stage: b, run: "python b.py {stage.a.dir}/x" }')).toEqual(
      [],
    );
  });

  it.each([
    ['- { run: python a.py }', ['2:5 a stage needs a name: stage: NAME']],
    [
      '- { stage: a }',
      [expect.stringMatching(/^2:\d+ nothing says what the stage "a" does \(add one of: run, module/)],
    ],
    ['- { stage: a, run: x, module: y }', ['2:25 "module" can\'t be combined with "run": a stage does one thing']],
    ['- { stage: a, run: x }\n- { stage: a, run: x }', ['3:14 there is already a stage named "a"']],
    ['- { stage: a, from: bb, run: x }', ['2:23 no stage is named "bb" (stages: a)']],
    [
      '- { stage: a, from: b, run: x }\n- { stage: b, from: a, run: x }',
      ['2:23 these stages depend on each other: a → b → a (change a "from")'],
    ],
    ['- { stage: a, run: "x {stage.aa.dir}" }', ['2:22 no stage is named "aa" (did you mean "a"?)']],
    ['- { stage: a, run: "x {lr}" }', [expect.stringMatching(/^2:\d+ no parameter is named "lr"/)]],
    ['- { stage: a, run: "x | y" }', [expect.stringMatching(/^2:25 "\|" is not understood/)]],
    [
      '- { stage: a, run: x }\n- { stage: b, prune: {} }',
      ['3:17 "prune" needs the network of a stage before it (name one that trains: from: NAME)'],
    ],
    [`${TRAIN}\n- { stage: b, prune: { remov: 0.5 } }`, [expect.stringMatching(/^3:26 unknown key "remov"/)]],
    [`${TRAIN}\n- { stage: b, prune: { remove: -1 } }`, ['3:34 remove must be above 0']],
    [
      `${TRAIN}\n- { stage: b, distil: { alpha: 0.5 } }`,
      [expect.stringMatching(/^3:17 distil needs the layers of the student, or another stage as its teacher/)],
    ],
    [`${TRAIN}\n- { stage: b, distil: { teacher: bas } }`, ['3:36 no stage is named "bas" (did you mean "base"?)']],
    ['- { stage: a, run: x, network: {} }', [expect.stringMatching(/^2:\d+ "network" is for stages that train/)]],
    [
      '- { stage: a, train: { layers: [{ dens: 3 }], data: mnist, loss: crossEntropy } }',
      [expect.stringMatching(/^2:\d+ .*dens/)],
    ],
  ])('says where a mistake is: %s', (pipeline, expected) => {
    expect(problems(pipeline)).toEqual(expected);
  });

  const PARTS = `${TRAIN}\n- { stage: split, decompose: { parts: { features: flatten, head: end } } }`;
  it('takes parts of a network, and puts them together', () => {
    const stages = [
      '- { stage: smooth, from: split.features, transform: { smooth: { from: 2 } } }',
      '- { stage: small, from: split.head, quantise: { bits: 4 } }',
      '- { stage: again, from: small.head, transform: { whiten: all } }',
      '- { stage: whole, from: [smooth, again], integrate: { epochs: 2 } }',
    ];
    expect(problems(`${PARTS}\n${stages.join('\n')}`)).toEqual([]);
    expect(problems(`${PARTS}\n- { stage: whole, from: [split, split.head], integrate: {} }`)).toEqual([]);
  });

  it.each([
    [
      '- { stage: a, from: split.haed, prune: {} }',
      ['4:23 the network of the stage "split" has no part "haed" (did you mean "split.head"?)'],
    ],
    [
      '- { stage: a, from: base.head, prune: {} }',
      [expect.stringMatching(/^4:23 the network of the stage "base" has no parts \(name them in a stage before it/)],
    ],
    ['- { stage: a, from: spilt.head, prune: {} }', ['4:23 no stage is named "spilt" (did you mean "split"?)']],
    [
      '- { stage: a, from: [split, base], integrate: {} }',
      ['4:31 the stage "base" worked on no part that could be put in'],
    ],
    [
      '- { stage: a, from: [split.head, split.head], integrate: {} }',
      ['4:36 the part "head" is taken from "split" already'],
    ],
    ['- { stage: a, transform: { smooth: { from: 0 } } }', ['4:46 from must be above 0']],
    [
      '- { stage: a, transform: { smooth: {}, retrain: 2 } }',
      ['4:51 retrain is for normalise and whiten; smooth has the epochs of the network'],
    ],
    [
      '- { stage: a, transform: { whiten: all, local: {} } }',
      [expect.stringMatching(/^4:28 transform needs one of smooth, normalise, whiten, local/)],
    ],
    ['- { stage: a, quantise: { bits: 16 } }', ['4:35 bits must be at most 8']],
    [
      '- { stage: a, decompose: { parts: { features: flatten, head: dense } } }',
      ['4:64 the last part reaches the end of the network: write head: end'],
    ],
    ['- { stage: a, prune: {}, files: {} }', ['4:28 "files" is for stages with "run" or "module"']],
  ])('says where a mistake with parts and transformations is: %s', (stage, expected) => {
    expect(problems(`${PARTS}\n${stage}`)).toEqual(expected);
  });

  it('gives a command copies of files, and a folder to start in', () => {
    const good = '- { stage: a, run: "x {conf}", files: { conf.yaml: { lr: "{lr}", n: 2 } }, output: "{run.dir}/out" }';
    expect(problems(good, 'params: { lr: 1 }\n')).toEqual([]);
    expect(problems(good)).toEqual([expect.stringMatching(/no parameter is named "lr"/)]);
    expect(problems('- { stage: a, run: x, files: { conf.txt: {} }, output: /tmp }')).toEqual([
      '2:34 "conf.txt" is not a YAML, JSON or TOML file (only these can be filled in)',
      "2:58 output must be {run.dir} or a folder in it (such as: output: '{run.dir}/out')",
    ]);
    expect(problems('- { stage: a, run: x }', 'output: "{run.dir}"\n')).toEqual([
      '1:1 "output" has no effect beside "pipeline" (write it into the stage whose command it is for)',
    ]);
  });

  it('needs an objective that names a stage, and warns of values that no stage uses', () => {
    const rest = 'params: { lr: 1 }\nobjective: { metric: accuracy, goal: maximize }\n';
    expect(problems('- { stage: a, run: x }', rest)).toEqual([
      '1:11 no stage uses "lr"',
      '2:22 "accuracy" does not name a stage (write the stage before the metric, such as a/accuracy)',
    ]);
  });

  it('stands alone', () => {
    expect(problems('- { stage: a, run: x }', 'run: y\n')).toEqual([
      '2:1 "pipeline" can\'t be combined with "run" (keep one of run, module, network and pipeline)',
    ]);
  });

  it('has a lens at each stage', () => {
    const found = lenses('name: x\npipeline:\n  - stage: a\n    run: x\n  - { stage: b, run: y }\n');
    expect(found).toMatchObject({
      runLine: 1,
      stages: [
        { name: 'a', line: 2 },
        { name: 'b', line: 4 },
      ],
    });
  });
});
