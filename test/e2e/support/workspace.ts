/** Copies of the example, small enough for a test. */
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { root } from './cli.js';
import { setup } from './setup.js';

export const FILE = 'digits.tune.yaml';

export interface Changes {
  /** Training examples (the example itself uses all 60,000). */
  limit?: number;
  epochs?: number;
  trials?: number;
  parallel?: number;
}

/** A copy of the example in a folder of this name. */
export function exampleWorkspace(
  name: string,
  { limit = 4000, epochs = 3, trials = 4, parallel }: Changes = {},
): string {
  const folder = join(setup.scratch, name);
  mkdirSync(dirname(folder), { recursive: true });
  cpSync(join(root, 'examples', 'digits'), folder, { recursive: true });
  const file = join(folder, FILE);
  const replace = (text: string, from: RegExp, to: string) => {
    if (!from.test(text)) throw new Error(`The example no longer has ${from}`);
    return text.replace(from, to);
  };
  let text = readFileSync(file, 'utf8');
  text = replace(text, /data: mnist/, `data: { mnist: { limit: ${limit} } }`);
  text = replace(text, /^ {2}epochs: \d+/m, `  epochs: ${epochs}`);
  text = replace(text, /^ {2}trials: \d+/m, `  trials: ${trials}`);
  // Tests wait for trials that run to their end, which asha's first rung would stop.
  text = replace(text, /^ {2}pruner: .*/m, '  pruner: median');
  if (parallel) text = replace(text, /^ {2}parallel: \w+/m, `  parallel: ${parallel}`);
  writeFileSync(file, text);
  return folder;
}
