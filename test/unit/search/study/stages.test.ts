import { describe, expect, it } from 'vitest';
import { createStudy, restoreStudy, BUILT_IN_SAMPLERS, SearchError } from '../../../../src/search/index.js';
import { defaultsOf, freeze, livingIn } from '../../../../src/search/stages/freeze.js';
import { planStages } from '../../../../src/search/stages/plan.js';
import { isBatchSize, isLearningRate, stageByName } from '../../../../src/search/stages/words.js';
import type { Params } from '../../../../src/protocol/values/index.js';
import type { Dimension, Space, StudyOptions } from '../../../../src/search/types.js';

const float = (name: string, low: number, high: number, more: Partial<Dimension> = {}): Dimension =>
  ({ kind: 'float', name, low, high, log: false, step: null, when: null, ...more }) as Dimension;
const int = (name: string, low: number, high: number, more: Partial<Dimension> = {}): Dimension =>
  ({ kind: 'int', name, low, high, log: false, step: 1, when: null, ...more }) as Dimension;
const choice = (name: string, choices: string[], more: Partial<Dimension> = {}): Dimension =>
  ({ kind: 'choice', name, choices, weights: null, when: null, ...more }) as Dimension;

const network: Space = {
  dimensions: [
    int('layers', 1, 8),
    choice('optimizer', ['sgd', 'adam']),
    float('lr', 1e-5, 1, { log: true } as Partial<Dimension>),
    float('momentum', 0, 1, { when: { optimizer: ['sgd'] } }),
    float('dropout', 0, 0.8),
    int('batch_size', 8, 512),
    { kind: 'constant', name: 'epochs', value: 10, when: null },
  ],
};
/**
 * The optimum is at 5 layers, sgd with momentum 0.9, lr 0.01 (more with larger batches), dropout 0.3, batches of 64.
 */
function loss(p: Params): number {
  const batch = Math.log2((p.batch_size as number) / 64);
  const lr = Math.log10(p.lr as number) + 2 - 0.15 * batch;
  const optimizer = p.optimizer === 'sgd' ? 0.5 * ((p.momentum as number) - 0.9) ** 2 : 0.1;
  return (
    0.01 * ((p.layers as number) - 5) ** 2 +
    optimizer +
    0.1 * lr ** 2 +
    ((p.dropout as number) - 0.3) ** 2 +
    0.005 * batch ** 2
  );
}
const options = (more: Partial<StudyOptions> = {}): StudyOptions => ({
  space: network,
  goals: ['minimize'],
  sampler: { name: 'tpe', startupTrials: 4 },
  pruner: null,
  seed: 3,
  trials: 60,
  stages: {},
  ...more,
});
/** Returns the params of all trials, and the stage in which each was asked for. */
function run(start: StudyOptions) {
  const study = createStudy(start);
  const stages: string[] = [];
  for (let asked = study.ask(); asked; asked = study.ask()) {
    stages.push(study.reason!);
    study.tell(asked.id, { state: 'completed', values: [loss(asked.params)] });
  }
  return { study, stages, params: study.trials.map((trial) => trial.params) };
}
const varying = (params: Params[]) =>
  [...new Set(params.flatMap((p) => Object.keys(p)))].filter((name) => new Set(params.map((p) => p[name])).size > 1);

describe('stages', () => {
  it('tune one group after the other, the learning rate again with the batch size, and the important ones together', () => {
    const { stages, params, study } = run(options());
    const inStage = (n: number) => params.filter((_, i) => stages[i]!.startsWith(`stage ${n} of 5`));
    expect(stages[0]).toBe('stage 1 of 5, architecture (layers); tpe');
    expect(varying(inStage(1))).toEqual(['layers']);
    expect(varying(inStage(2)).sort()).toEqual(['lr', 'momentum', 'optimizer']);
    expect(varying(inStage(3))).toEqual(['dropout']);
    expect(varying(inStage(4)).sort()).toEqual(['batch_size', 'lr']);
    expect(inStage(5).length).toBe(15);
    expect(varying(inStage(5)).length).toBeLessThanOrEqual(4);
    expect(study.trials.length).toBe(60);
    expect(loss(study.best()[0]!.params)).toBeLessThan(0.03);
  });

  it("begin at the user's priors, else in the middle, and freeze the best so far", () => {
    const dimensions = network.dimensions.map((d) =>
      d.name === 'lr' ? { ...d, prior: { value: 0.01 } } : d,
    ) as Dimension[];
    const { params, stages } = run(options({ space: { dimensions } }));
    expect(params[0]).toEqual({
      layers: 5,
      optimizer: 'sgd',
      lr: 0.01,
      momentum: 0.5,
      dropout: 0.4,
      batch_size: expect.any(Number),
      epochs: 10,
    });
    const second = stages.findIndex((text) => text.startsWith('stage 2'));
    const best = params.slice(0, second).reduce((a, b) => (loss(b) < loss(a) ? b : a));
    expect(params.slice(second, second + 5).every(({ layers }) => layers === best.layers)).toBe(true);
  });

  it('begin at the best of earlier trials', () => {
    const study = createStudy(options());
    const known = { layers: 7, optimizer: 'adam', lr: 0.1, dropout: 0.1, batch_size: 100, epochs: 10 };
    study.import([
      { params: known, values: [0] },
      { params: { ...known, layers: 2 }, values: [1] },
    ]);
    expect(study.ask()!.params).toEqual(known);
  });

  it('come in the given order with their shares, and unnamed parameters last', () => {
    const order = [
      { name: 'a', params: ['dropout', 'lr'], share: 0.5 },
      { name: 'b', params: ['layers'] },
    ];
    const { stages } = run(options({ stages: { order, joint: 0 } }));
    expect(stages.filter((text) => text.startsWith('stage 1 of 3, a (lr, dropout)')).length).toBe(30);
    expect(stages.at(-1)).toMatch('stage 3 of 3, others (optimizer, lr, momentum, batch_size)');
  });

  it('respect the stage that a dimension names', () => {
    const dimensions = [float('x', 0, 1, { stage: 'batch' }), float('lr', 0, 1), int('batch', 1, 9)];
    expect(planStages({ dimensions }, {}).map(({ name, params }) => [name, params])).toEqual([
      ['optimizer', ['lr']],
      ['batch', ['x', 'lr', 'batch']],
    ]);
  });

  it('keep a parameter with its parent, and refuse an order that contradicts this', () => {
    const space: Space = {
      dimensions: [choice('regularizer', ['none', 'l2']), int('units', 1, 9, { when: { regularizer: ['l2'] } })],
    };
    expect(planStages(space, {}).map(({ params }) => params)).toEqual([['regularizer', 'units']]);
    const order = [
      { name: 'first', params: ['units'] },
      { name: 'then', params: ['regularizer'] },
    ];
    expect(() => createStudy(options({ space, stages: { order } }))).toThrow(
      '"units" is tuned in stage "first", but depends on "regularizer" of the later stage "then"; ' +
        'put "regularizer" into the same stage or an earlier one',
    );
  });

  it('refuse invalid settings', () => {
    const refused = (stages: StudyOptions['stages']) => () => createStudy(options({ stages }));
    expect(refused({ order: [{ name: 'a', params: ['layer'] }] })).toThrow(
      '"layer" is not in the search space; did you mean "layers"?',
    );
    expect(refused({ order: [{ name: 'a' }, { name: 'a' }] })).toThrow('the stage "a" appears twice');
    expect(
      refused({
        order: [
          { name: 'a', params: ['lr'] },
          { name: 'b', params: ['lr'] },
        ],
      }),
    ).toThrow('"lr" is in the stages "a" and "b"');
    expect(refused({ joint: 1.5 })).toThrow('the number of parameters of the joint round must be a whole number');
    expect(refused({ order: [{ name: 'a', share: 2 }] })).toThrow('the share of stage "a" must be from 0 to 1');
  });

  it('skip parameters that are inactive with the frozen values', () => {
    const space: Space = {
      dimensions: [
        choice('optimizer', ['sgd', 'adam']),
        float('dropout', 0, 1, { when: { optimizer: ['adam'] } }),
        float('batch', 1, 9),
      ],
    };
    const study = createStudy(options({ space, stages: { joint: 0 }, trials: 20 }));
    const stages = new Set<string>();
    for (let asked = study.ask(); asked; asked = study.ask()) {
      stages.add(study.reason!.slice(0, 12));
      study.tell(asked.id, { state: 'completed', values: [asked.params.optimizer === 'sgd' ? 0 : 1] });
    }
    expect([...stages]).toEqual(['stage 1 of 3', 'stage 3 of 3']);
    expect(study.trials.length).toBe(20);
  });

  it('restart a stage if a late result of the previous one changes the best trial', () => {
    const order = [{ name: 'a', params: ['layers'], share: 0.2 }, { name: 'b' }];
    const study = createStudy(options({ stages: { order, joint: 0 }, trials: 20, seed: 1 }));
    const first = Array.from({ length: 4 }, () => study.ask()!);
    for (const { id } of first.slice(0, 3)) study.tell(id, { state: 'completed', values: [1] });
    const frozen = study.ask()!.params.layers;
    const late = first[3]!;
    expect(frozen).not.toBe(late.params.layers);
    study.tell(late.id, { state: 'completed', values: [-5] });
    expect(study.ask()!.params.layers).toBe(late.params.layers);
  });

  it('work without a number of trials, with failures only, and from their saved state', () => {
    const study = createStudy(options({ trials: null }));
    for (let i = 0; i < 80; i++) study.tell(study.ask()!.id, { state: 'failed' });
    expect(study.reason).toMatch('stage 5 of 5');
    const restored = restoreStudy(JSON.parse(JSON.stringify(study.save())));
    expect(restored.ask()).toEqual(study.ask());
    expect(restored.reason).toBe(study.reason);
  });

  it('work with every sampler that can use the space, and end when everything was tried', () => {
    for (const sampler of BUILT_IN_SAMPLERS) {
      const dimensions = [choice('units', ['a', 'b']), choice('optimizer', ['c', 'd', 'e']), int('batch', 1, 2)];
      try {
        const study = createStudy(options({ space: { dimensions }, sampler, trials: 24 }));
        for (let asked = study.ask(); asked; asked = study.ask())
          study.tell(asked.id, { state: 'completed', values: [asked.id % 5] });
        expect(study.trials.length).toBeGreaterThan(3);
      } catch (error) {
        if (!(error instanceof SearchError)) throw error;
      }
    }
  });

  it('tune everything together when the joint round has run dry', () => {
    const dimensions = [choice('units', ['a', 'b', 'c']), choice('optimizer', ['c', 'd', 'e']), int('batch', 1, 2)];
    const study = createStudy(options({ space: { dimensions }, stages: { joint: 1 }, trials: null }));
    const points = new Set<string>();
    for (let asked = study.ask(); asked; asked = study.ask()) {
      points.add(JSON.stringify(asked.params));
      study.tell(asked.id, { state: 'completed', values: [asked.id] });
    }
    expect([points.size, study.trials.length]).toEqual([18, 18]);
  });

  it('are a single one if there are only constants', () => {
    const space: Space = { dimensions: [{ kind: 'constant', name: 'x', value: 1, when: null }] };
    expect(createStudy(options({ space })).ask()!.params).toEqual({ x: 1 });
  });
});

describe('a frozen space', () => {
  const space: Space = {
    dimensions: [
      choice('a', ['x', 'y']),
      float('b', 0, 4, { when: { a: ['x'] } }),
      float('c', 0, 1, { when: { b: [2] } }),
    ],
    constraints: [{ terms: { b: 1, c: 1 }, atMost: 1 }],
  };
  it('has constants, with their conditions', () => {
    expect(freeze(space, new Set(['a']), { a: 'x', b: 2, c: 1 }).dimensions.slice(1)).toEqual([
      { kind: 'constant', name: 'b', when: { a: ['x'] }, value: 2 },
      { kind: 'constant', name: 'c', when: { b: [2] }, value: 1 },
    ]);
  });
  it('knows which parameters may be active', () => {
    expect(livingIn(space, new Set(['b', 'c']), { a: 'y' })).toEqual([]);
    expect(livingIn(space, new Set(['b', 'c']), { a: 'x' })).toEqual(['b', 'c']);
    expect(livingIn(space, new Set(['a', 'c']), { b: 2 })).toEqual(['a', 'c']);
  });
  it('begins at an allowed point', () => {
    const { b } = defaultsOf(space);
    expect(b).toBeLessThanOrEqual(1);
  });
});

describe('names of parameters', () => {
  it('tell the stage', () => {
    const stages = {
      architecture: ['layers', 'n_units', 'model.hiddenDim', 'kernel_size', 'activation', 'num-heads'],
      optimizer: ['lr', 'learning_rate', 'optimizer.name', 'adam_beta1', 'layer_lr', 'warmup_steps', 'momentum'],
      regularization: ['dropout', 'weight_decay', 'optimizer.weightDecay', 'label_smoothing', 'l2', 'dropout_layer1'],
      batch: ['batch_size', 'batchSize', 'epochs', 'grad_accumulation'],
    };
    for (const [stage, names] of Object.entries(stages))
      for (const name of names) expect(stageByName(name), name).toBe(stage);
    expect(stageByName('x1')).toBeNull();
  });
  it('tell learning rates and batch sizes', () => {
    expect(['lr', 'optim.lr', 'learning_rate', 'learningRate', 'eta'].every(isLearningRate)).toBe(true);
    expect(['lr_decay', 'rate', 'dropout_rate'].some(isLearningRate)).toBe(false);
    expect(['batch', 'batch_size', 'train.batchSize', 'bs'].every(isBatchSize)).toBe(true);
    expect(['batch_norm', 'size'].some(isBatchSize)).toBe(false);
  });
});
