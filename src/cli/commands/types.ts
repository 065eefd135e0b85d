import { lstatSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { writeWholeSync } from '../../files/whole.js';
import type { Command } from '../command.js';
import { CommandError } from '../errors.js';
import { safeLine } from '../terminal.js';

export const types: Command = {
  name: 'types',
  usage: '[FOLDER]',
  summary: "Writes tunesmith.d.ts, the types that a training module can import from 'tunesmith/training'.",
  details: 'Put it into a folder that TypeScript reads. Without FOLDER: the current folder.',
  options: {},
  examples: [['tunesmith types src', 'beside the training modules']],
  args: [0, 1],
  run(context, input) {
    const folder = context.file(input.args[0] ?? '.');
    if (!statSync(folder).isDirectory()) throw new CommandError(`${safeLine(folder)} is not a folder.`);
    const file = path.join(folder, 'tunesmith.d.ts');
    const text = readFileSync(path.join(context.dist, '..', 'media', 'training.d.ts'), 'utf8');
    // A link is not followed, because it may lead out of the folder.
    const found = lstatSync(file, { throwIfNoEntry: false });
    const [header] = text.split('\n');
    if (found && !(found.isFile() && readFileSync(file, 'utf8').startsWith(header!))) {
      throw new CommandError(`${safeLine(file)} was not written by Tunesmith: move it away first.`);
    }
    writeWholeSync(file, text);
    context.print(`Written: ${safeLine(path.relative(context.cwd, file))}`);
    return Promise.resolve(0);
  },
};
