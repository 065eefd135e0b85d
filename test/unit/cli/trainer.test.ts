import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import * as path from 'node:path';
import { expect, it } from 'vitest';
import type { Context } from '../../../src/cli/context.js';
import { askTrainer } from '../../../src/cli/trainer.js';
import { TrainerLine } from '../../../src/protocol/trainer/index.js';

/** A trainer that says these lines, and what the person is told meanwhile. */
async function ask(...lines: unknown[]) {
  const dist = mkdtempSync(path.join(tmpdir(), 'tunesmith ask ☃ '));
  const text = lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join('');
  writeFileSync(path.join(dist, 'trainer.cjs'), `process.stdout.write(${JSON.stringify(text)});`);
  const said: string[] = [];
  const context = { dist, say: (line: string) => said.push(line) } as unknown as Context;
  return { said, answer: await askTrainer(context, [], 'Predicting', TrainerLine) };
}
const progress = (fraction: number | null, text: string) => ({ type: 'progress', fraction, text });
const answer = { type: 'exported', files: ['x.onnx'] };

it('a log shows the stages, but not every step', async () => {
  const steps = Array.from({ length: 50 }, (_, i) => progress(i / 50, `predicting ${i} of 50`));
  const { said, answer: found } = await ask(
    progress(null, 'reading'),
    ...steps,
    'a library',
    progress(1, 'writing'),
    answer,
  );
  expect(found).toEqual(answer);
  expect(said).toEqual(['Predicting: reading', 'Predicting: predicting 0 of 50', 'Predicting: writing']);
});

it('an error is printed in its own words, without control characters', async () => {
  await expect(ask({ type: 'error', message: 'no\u001b[31m such file' })).rejects.toThrow(/^no.*such file$/);
  await expect(ask('nothing')).rejects.toThrow(/Predicting ended with 0/);
});
