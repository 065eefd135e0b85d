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
