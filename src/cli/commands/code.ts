import * as path from 'node:path';
import type { RecordedCode } from '../../protocol/engine/recorded.js';
import { JSON_OPTION, TRUST_OPTION, type Command } from '../command.js';
import { CommandError, UsageError } from '../errors.js';
import { safe, safeLine } from '../text/terminal.js';
import { fileWithin } from '../../files/runCode.js';
import { l10n } from '../../format/l10n.js';

export const code: Command = {
  name: 'code',
  usage: 'RUN [--diff | --worktree DIR [--run]]',
  summary: l10n.t('Shows the code that a run was started from, or checks it out into a git worktree.'),
  details: l10n.t(
    'That is the commit, the changes to it, and small files that git does not track. Files that may hold secrets, such as .env, are only listed. RUN is an id, the beginning of one, a name, or `latest`.',
  ),
  options: {
    diff: { type: 'boolean', help: l10n.t('Print the changes to the commit as a patch.') },
    worktree: { type: 'string', value: 'DIR', help: l10n.t('Make DIR a worktree of the repository with that code.') },
    run: { type: 'boolean', help: l10n.t('Run it there, with the same parameters and seed.') },
    trust: TRUST_OPTION,
    json: JSON_OPTION,
  },
  examples: [
    ['tunesmith code latest', l10n.t('the code of the newest run')],
    ['tunesmith code 3f2a --worktree ../as-it-was --run', l10n.t('run exactly that code again')],
  ],
  args: [1, 1],
  async run(context, input) {
    const { id } = await context.run(input.args[0]!);
    const engine = await context.engine();
    const worktree = input.text('worktree');
    if (input.flag('run') && worktree === undefined) throw new UsageError(l10n.t('--run needs --worktree DIR.'));
    const { code: recorded } = await engine.request('runs/recorded', { id });
    if (!recorded)
      throw new CommandError(
        l10n.t('No code is recorded for {0}: its working folder was not in a git repository.', id),
      );
    if (worktree !== undefined) {
      const folder = path.resolve(context.cwd, worktree);
      const trust = input.flag('trust') ? { trust: true } : {};
      const made = await engine.request('runs/checkout', { id, folder, toRun: input.flag('run'), ...trust });
      for (const note of made.notes) context.say(safeLine(note));
      if (!input.flag('run')) {
        if (input.flag('json')) context.json(made);
        else context.print(l10n.t('Its code is in {0}', safeLine(made.cwd)));
        return 0;
      }
      const detail = await engine.request('runs/get', { id });
      const file = fileWithin(detail, recorded, made.folder);
      if (file === null)
        throw new CommandError(
          l10n.t('{0} was not started from a file in the repository: start it in {1}.', id, made.cwd),
        );
      const { params, floats, seed } = detail;
      const { run } = await engine.request('runs/start', { file, params, floats, seed });
      if (input.flag('json')) context.json({ ...made, run: run.id });
      else context.print(l10n.t('started {0} in {1}', run.id, safeLine(made.cwd)));
      return 0;
    }
    if (input.flag('diff')) {
      const { changes } = await engine.request('runs/code', { id });
      context.print(safe(changes ?? '').trimEnd());
      return 0;
    }
    if (input.flag('json')) context.json(recorded);
    else for (const line of codeLines(recorded)) context.print(safeLine(line));
    return 0;
  },
};

/** Golden-tested. */
export function codeLines(code: RecordedCode): string[] {
  const { changed, untracked, leftOut } = code;
  const list = (names: readonly string[]): string[] => [
    ...names.slice(0, 50).map((name) => `  ${name}`),
    ...(names.length > 50 ? [`  ${l10n.t('… and {0} more', names.length - 50)}`] : []),
  ];
  return [
    l10n.t('commit {0}{1}', code.commit, code.branch ? ` (${code.branch})` : ''),
    ...(code.remote ? [l10n.t('remote {0}', code.remote)] : []),
    ...(code.folder ? [l10n.t('folder {0}', code.folder)] : []),
    ...(changed.length > 0 ? [l10n.t('changed:'), ...list(changed)] : [l10n.t('no changes to the commit')]),
    ...(untracked.length > 0
      ? [
          l10n.t('not tracked:'),
          ...list(untracked.map(({ path, kept }) => (kept ? path : l10n.t('{0} (content not kept)', path)))),
        ]
      : []),
    ...(leftOut.length > 0 ? [l10n.t('left out:'), ...list(leftOut)] : []),
  ];
}
