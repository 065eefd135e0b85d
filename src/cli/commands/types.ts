import { copyFileSync, existsSync, readFileSync } from 'node:fs';
import * as path from 'node:path';
import type { Command } from '../command.js';
import { CommandError } from '../errors.js';

export const types: Command = {
  name: 'types',
  usage: '[FOLDER]',
  summary: "Writes tunesmith.d.ts: types of what a training module may import from 'tunesmith/training'.",
  details: 'TypeScript finds it where it looks for the sources. FOLDER is the working folder, if none is named.',
  options: {},
  examples: [['tunesmith types src', 'beside the modules that train']],
  args: [0, 1],
  run(context, input) {
    const file = path.join(context.file(input.args[0] ?? '.'), 'tunesmith.d.ts');
    const source = path.join(context.dist, '..', 'media', 'training.d.ts');
    const [header] = readFileSync(source, 'utf8').split('\n');
    if (existsSync(file) && !readFileSync(file, 'utf8').startsWith(header!)) {
      throw new CommandError(`${file} was not written by Tunesmith: move it away first.`);
    }
    copyFileSync(source, file);
    context.print(`Written: ${path.relative(context.cwd, file)}`);
    return Promise.resolve(0);
  },
};
