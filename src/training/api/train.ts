/** Runs a whole training for a person's own program, as for a `network:` section. */
import type { RunClient } from '../../client/index.js';
import { trainRun } from '../loop/trainRun.js';
import { setOf } from './data.js';
import { normal } from './settings.js';
import type { Trained, TrainingApi } from './types.js';

export const train: TrainingApi['train'] = async (run, section, { data } = {}) => {
  const network = normal(section);
  const trained: Trained = { completed: false, metrics: {}, weights: [] };
  trained.completed = await trainRun(run as unknown as RunClient, { network, seed: run.seed }, process.cwd(), {
    dataset: data && setOf(data),
    onLog: (values) => Object.assign(trained.metrics, values),
    onTrained: async (training) => void (trained.weights = await training.weights()),
  });
  return trained;
};
