/** Templates of new experiment files. Each is a complete file that passes the checks. */
import { l10n } from '../../format/l10n.js';

export interface Template {
  label: string;
  detail: string;
  text(name: string): string;
}

const SEARCH = `search:
  sampler: random
  pruner: median
  trials: 20
  parallel: auto # as many as the devices hold
  space:
    lr: { log: [1e-5, 1e-1] }
    batch_size: { choice: [32, 64, 128] }
`;

export function templates(): Template[] {
  return [
    {
      label: l10n.t('Python script'),
      detail: l10n.t('Any command line; {param} stands for a parameter'),
      text: (name) => `name: ${JSON.stringify(name)}

# Each {name} is replaced by the parameter's value. In the script: import tunesmith; tunesmith.log({...}, step=...)
run: python train.py --lr {lr} --batch-size {batch_size}

params:
  lr: 0.001
  batch_size: 64

objective: { metric: val/loss, goal: minimize }

${SEARCH}`,
    },
    {
      label: l10n.t('JavaScript or TypeScript module'),
      detail: l10n.t('A module that exports an async function train(run)'),
      text: (name) => `name: ${JSON.stringify(name)}

# export default async function train(run) { run.params.lr …; run.log({ 'val/loss': loss }, { step }) }
module: ./train.ts

params:
  lr: 0.001
  batch_size: 64

objective: { metric: val/loss, goal: minimize }

${SEARCH}`,
    },
    {
      label: l10n.t('Network, no code'),
      detail: l10n.t('Layers, data and optimizer in this file; Tunesmith trains it'),
      text: (name) => `name: ${JSON.stringify(name)}

network:
  data: mnist
  layers:
    - flatten
    - dense: { units: '{units}', activation: relu }
    - dense: { units: 10 } # one logit a class
  loss: crossEntropy
  optimizer: { name: adam, learningRate: '{lr}' }
  batchSize: '{batch_size}'
  epochs: 3

params:
  lr: 0.001
  batch_size: 64
  units: 64

objective: { metric: val/accuracy, goal: maximize }

${SEARCH}`,
    },
  ];
}
