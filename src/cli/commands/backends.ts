import { suggest } from '../../experiment/suggest.js';
import { BackendLine } from '../../protocol/trainer/backends.js';
import { BackendId, type BackendReport } from '../../protocol/engine/index.js';
import { JSON_OPTION, type Command } from '../command.js';
import type { Context } from '../context.js';
import { CommandError, UsageError } from '../errors.js';
import { table } from '../text/terminal.js';
import { askTrainer } from '../trainer.js';
import { l10n } from '../../format/l10n.js';

export const backends: Command = {
  name: 'backends',
  usage: '[install [BACKEND] | remove BACKEND]',
  summary: l10n.t("Lists the built-in trainer's backends and why each works or does not; installs and removes them."),
  details: l10n.t(
    "BACKEND is one of {0}. Without a name, install takes the best one for this machine: a GPU's, else native TensorFlow on the CPU.",
    BackendId.options.join(', '),
  ),
  options: {
    python: {
      type: 'string',
      value: 'PATH',
      help: l10n.t('With tensorflow-python: the Python whose TensorFlow is used.'),
    },
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith backends', l10n.t('the backends that work here')],
    ['tunesmith backends install', l10n.t('the fastest backend for this machine')],
    ['tunesmith backends install tensorflow-python --python .venv/bin/python', l10n.t("use that Python's TensorFlow")],
  ],
  args: [0, 2],
  async run(context, input) {
    const [action, name] = input.args;
    const json = input.flag('json');
    if (action === undefined) {
      const { backends: reports, choices } = await probe(context);
      if (json) context.json(reports);
      else print(context, reports, choices);
      return reports.some((report) => report.works) ? 0 : 1;
    }
    if (action !== 'install' && action !== 'remove') {
      const near = suggest(action, ['install', 'remove']);
      throw new UsageError(
        l10n.t(
          'backends takes install or remove, not "{0}"{1}',
          action,
          near ? l10n.t('; did you mean "{0}"?', near) : '.',
        ),
      );
    }
    const python = input.text('python');
    if (name === undefined) {
      if (action === 'remove') throw new UsageError(l10n.t('Name the backend to remove.'));
      return installBest(context, json, python);
    }
    const id = BackendId.safeParse(name);
    if (!id.success) {
      const near = suggest(name, BackendId.options);
      throw new UsageError(
        l10n.t(
          'There is no backend "{0}"{1}',
          name,
          near ? l10n.t('; did you mean "{0}"?', near) : l10n.t('. It is one of: {0}.', BackendId.options.join(', ')),
        ),
      );
    }
    const report = await change(context, action, id.data, python);
    if (json) context.json(report);
    else print(context, [report]);
    return action === 'remove' || report.works ? 0 : 1;
  },
};

/** Tries the installable ones in the order of preference until one works. */
async function installBest(context: Context, json: boolean, python: string | undefined): Promise<number> {
  const { backends: reports } = await probe(context);
  const reasons: string[] = [];
  for (const candidate of reports) {
    if (candidate.works && candidate.chosen) {
      context.say(l10n.t('{0} already works: nothing better can be installed.', candidate.name));
      if (json) context.json(candidate);
      return 0;
    }
    if (!candidate.installable || candidate.works) continue;
    try {
      const report = await change(context, 'install', candidate.id, python);
      if (report.works) {
        if (json) context.json(report);
        else print(context, [report]);
        return 0;
      }
      reasons.push(`${candidate.id}: ${report.reason}`);
    } catch (error) {
      reasons.push(`${candidate.id}: ${(error as Error).message}`);
    }
  }
  throw new CommandError(
    l10n.t('No native backend could be installed.\n{0}', reasons.map((reason) => `  ${reason}`).join('\n')),
  );
}

async function probe(context: Context): Promise<Extract<BackendLine, { type: 'reports' }>> {
  const line = await askTrainer(context, ['--probe-backends'], l10n.t('Trying the backends'), BackendLine);
  if (line.type !== 'reports') throw new CommandError(l10n.t('The trainer did not list its backends.'));
  return line;
}

async function change(
  context: Context,
  action: 'install' | 'remove',
  id: BackendId,
  python?: string,
): Promise<BackendReport> {
  const line = await askTrainer(
    context,
    [`--${action}-backend`, id, ...(python ? ['--python', python] : [])],
    `${action === 'install' ? 'Installing' : 'Removing'} ${id}`,
    BackendLine,
  );
  if (line.type !== 'done')
    throw new CommandError(l10n.t('The trainer did not confirm that {0} was {1}ed.', id, action));
  return line.backend;
}

function print(context: Context, reports: BackendReport[], choices: string[] = []): void {
  table(
    [
      { title: '' },
      { title: l10n.t('backend') },
      { title: l10n.t('works'), color: (cell) => (cell.trim() === 'yes' ? 'green' : 'dim') },
      { title: l10n.t('device') },
      { title: l10n.t('why') },
    ],
    reports.map((report) => [
      report.chosen ? '→' : '',
      report.id,
      report.works ? 'yes' : 'no',
      report.device ?? '–',
      report.reason,
    ]),
    context.paint,
    Math.max(context.columns, 80),
  ).forEach((line) => context.print(line));
  if (reports.filter((report) => report.works && report.id !== 'cpu').length < 2) return;
  context.print('');
  context.print(
    l10n.t('If several work, each network is trained on the one that is fastest for it, measured at its first run.'),
  );
  for (const choice of choices) context.print(`  ${choice}`);
}
