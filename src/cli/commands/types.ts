import { lstatSync, readFileSync, statSync } from 'node:fs';
import * as path from 'node:path';
import { writeWholeSync } from '../../files/whole.js';
import type { Command } from '../command.js';
import { CommandError } from '../errors.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const types: Command = {
  name: 'types',
  usage: '[FOLDER]',
  summary: l10n.t("Writes tunesmith.d.ts, the types that a training module can import from 'tunesmith/training'."),
  details: l10n.t('Put it into a folder that TypeScript reads. Without FOLDER: the current folder.'),
  options: {},
  examples: [['tunesmith types src', l10n.t('beside the training modules')]],
  args: [0, 1],
  run(context, input) {
    const folder = context.file(input.args[0] ?? '.');
    if (!statSync(folder).isDirectory()) throw new CommandError(l10n.t('{0} is not a folder.', safeLine(folder)));
    const file = path.join(folder, 'tunesmith.d.ts');
    const text = readFileSync(path.join(context.dist, '..', 'media', 'training.d.ts'), 'utf8');
    // A link is not followed, because it may lead out of the folder.
    const found = lstatSync(file, { throwIfNoEntry: false });
    const [header] = text.split('\n');
    if (found && !(found.isFile() && readFileSync(file, 'utf8').startsWith(header!))) {
      throw new CommandError(l10n.t('{0} was not written by Tunesmith: move it away first.', safeLine(file)));
    }
    writeWholeSync(file, text);
    context.print(l10n.t('Written: {0}', safeLine(path.relative(context.cwd, file))));
    return Promise.resolve(0);
  },
};
