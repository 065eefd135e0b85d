import { readFileSync } from 'node:fs';
import { parseExperiment } from '../../experiment/index.js';
import type { Command } from '../command.js';
import { renderProblem } from '../errors.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const validate: Command = {
  name: 'validate',
  usage: 'FILE …',
  summary: l10n.t('Checks experiment files without starting anything.'),
  options: {},
  examples: [['tunesmith validate *.tune.yaml', l10n.t('every experiment file in this folder')]],
  args: [1, 1000],
  async run(context, input) {
    let wrong = 0;
    for (const name of input.args) {
      const file = context.file(name);
      const text = readFileSync(file, 'utf8');
      const { problems } = parseExperiment(text, file);
      problems.forEach((problem) => context.say(renderProblem(problem, context.cwd, context.paint, text)));
      if (problems.some((problem) => problem.severity === 'error')) wrong++;
      else context.print(`${safeLine(name)}: fine`);
    }
    return wrong ? 1 : 0;
  },
};
