import { globSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { expect, test } from 'vitest';
import { parseExperiment, planRun } from '../../../src/experiment/index.js';

const files = globSync('examples/**/*.tune.yaml');

test('there are examples', () => expect(files.length).toBeGreaterThanOrEqual(3));

test.each(files)('%s has no mistake and can be planned', (name) => {
  const file = resolve(name);
  const { experiment, problems } = parseExperiment(readFileSync(file, 'utf8'), file);
  expect(problems).toEqual([]);
  const plan = planRun(experiment!, {}, { dist: '/dist', env: process.env });
  expect(plan.problems.filter(({ severity }) => severity === 'error')).toEqual([]);
});
