import { JSON_OPTION, type Command } from '../command.js';
import type { Context } from '../context.js';
import { differencesOf, SECTIONS, type RunToCompare } from '../../format/runDiff.js';
import { safeLine, table } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const diff: Command = {
  name: 'diff',
  usage: 'RUN RUN',
  summary: l10n.t('Shows what differs between two runs: parameters, metrics, environment, packages, code, data.'),
  details: l10n.t('RUN is an id, the beginning of one, a name, or `latest`.'),
  options: { json: JSON_OPTION },
  examples: [['tunesmith diff 3f2a latest', l10n.t('why the newest run differs from that one')]],
  args: [2, 2],
  async run(context, input) {
    const [a, b] = await Promise.all(input.args.map((word) => toCompare(context, word)));
    const found = differencesOf(a!, b!);
    if (input.flag('json')) {
      context.json({ runs: [a!.run.id, b!.run.id], ...found });
      return 0;
    }
    const { paint } = context;
    const cell = (text: string | null): string => (text === null ? '–' : safeLine(text));
    for (const section of SECTIONS) {
      if (found[section].length === 0) continue;
      context.print(paint('bold', section));
      table(
        [{ title: '' }, { title: a!.run.name }, { title: b!.run.name }],
        found[section].map(({ name, a, b }) => [safeLine(name), cell(a), cell(b)]),
        paint,
        context.columns,
      ).forEach((line) => context.print(`  ${line}`));
      context.print();
    }
    if (SECTIONS.every((section) => found[section].length === 0)) context.print(l10n.t('Nothing recorded differs.'));
    return 0;
  },
};

async function toCompare(context: Context, word: string): Promise<RunToCompare> {
  const { id } = await context.run(word);
  const engine = await context.engine();
  const [run, recorded, { changes }] = await Promise.all([
    engine.request('runs/get', { id }),
    engine.request('runs/recorded', { id }),
    engine.request('runs/code', { id }),
  ]);
  return { run, recorded, changes };
}
