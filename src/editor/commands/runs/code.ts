/** Commands for the code that runs were started from. */
import { basename, dirname, join } from 'node:path';
import * as vscode from 'vscode';
import { fileWithin } from '../../../files/runCode.js';
import type { RecordedCode } from '../../../protocol/engine/recorded.js';
import { l10n } from '../../../format/l10n.js';
import type { Parts } from '../parts.js';
import { runFor, type RunIn } from '../asking/pick.js';
import type { Handlers } from '../registry.js';

type Names = Extract<keyof Handlers, 'run.openCode' | 'run.checkOutCode' | 'run.rerunCode'>;

export function codeCommands(parts: Parts): Pick<Handlers, Names> {
  return {
    'run.openCode': async (arg) => {
      const chosen = await runFor(parts, arg, { title: l10n.t('Open the Code of this Run') });
      const code = await codeOf(chosen);
      const { changes, untracked } = await chosen.folder.request('runs/code', { id: chosen.run.id });
      const content = asPatch(code, changes, untracked);
      const document = await vscode.workspace.openTextDocument({ language: 'diff', content });
      await vscode.window.showTextDocument(document, { preview: true });
    },

    'run.checkOutCode': async (arg) => {
      const chosen = await runFor(parts, arg, { title: l10n.t('Check Out in a Worktree') });
      const { folder } = await checkOut(chosen);
      const open = l10n.t('Open in New Window');
      const text = l10n.t('The code of {0} is in {1}.', chosen.run.name, folder);
      // Not awaited: the command is done, the message may stay for long.
      void vscode.window.showInformationMessage(text, open).then((answer) => {
        if (answer === open)
          void vscode.commands.executeCommand('vscode.openFolder', vscode.Uri.file(folder), { forceNewWindow: true });
      });
    },

    'run.rerunCode': async (arg) => {
      const chosen = await runFor(parts, arg, { title: l10n.t('Rerun with the Code of this Run') });
      const { folder, run } = chosen;
      const code = await codeOf(chosen);
      const detail = await folder.request('runs/get', { id: run.id });
      if (fileWithin(detail, code, '/') === null)
        throw new Error(l10n.t('{0} was not started from an experiment file in its repository.', run.name));
      const made = await checkOut(chosen, true);
      const { params, floats, seed } = detail;
      await folder.request('runs/start', { file: fileWithin(detail, code, made.folder)!, params, floats, seed });
    },
  };
}

async function codeOf({ folder, run }: RunIn): Promise<RecordedCode> {
  const { code } = await folder.request('runs/recorded', { id: run.id });
  if (!code) throw new Error(l10n.t('The code of {0} was not recorded: it is not in a Git repository.', run.name));
  return code;
}

/** Asks for a folder and makes it a worktree. */
async function checkOut(chosen: RunIn, toRun = false): Promise<{ folder: string; cwd: string }> {
  const { folder, run } = chosen;
  await codeOf(chosen);
  const beside = join(dirname(folder.path), `${basename(folder.path)}-${run.id}`);
  const answer = await vscode.window.showInputBox({
    title: l10n.t('Worktree with the code of {0}', run.name),
    prompt: l10n.t('A folder that does not exist yet'),
    value: beside,
  });
  if (!answer) throw new vscode.CancellationError();
  const options = {
    location: vscode.ProgressLocation.Notification,
    title: l10n.t('Checking out the code of {0}', run.name),
  };
  const made = await vscode.window.withProgress(options, () =>
    folder.request('runs/checkout', { id: run.id, folder: answer, toRun }),
  );
  if (made.notes.length > 0) void vscode.window.showWarningMessage(made.notes.slice(0, 3).join(' '));
  return made;
}

/** Everything that is recorded, as one patch; facts that are not part of a patch come before it. */
function asPatch(
  code: RecordedCode,
  changes: string | null,
  untracked: readonly { path: string; text: string }[],
): string {
  const added = untracked.map(({ path, text }) => {
    const lines = text.split('\n');
    const isWhole = lines.at(-1) === '';
    if (isWhole) lines.pop();
    const end = isWhole || lines.length === 0 ? '' : '\n\\ No newline at end of file';
    const body = lines.map((line) => `+${line}`).join('\n');
    return `diff --git a/${path} b/${path}\nnew file mode 100644\n--- /dev/null\n+++ b/${path}\n@@ -0,0 +1,${lines.length} @@\n${body}${end}\n`;
  });
  const head = [
    l10n.t('Commit {0}', code.commit) + (code.branch ? ` (${code.branch})` : ''),
    ...(code.remote ? [code.remote] : []),
    ...code.leftOut.map((text) => l10n.t('Left out: {0}', text)),
    ...(code.changed.length + untracked.length === 0 ? [l10n.t('Nothing differed from the commit.')] : []),
  ];
  return `${head.join('\n')}\n\n${changes ?? ''}${added.join('')}`;
}
