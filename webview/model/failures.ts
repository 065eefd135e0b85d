import { l10n } from '../../src/format/l10n.js';
import { DeclinedError, RequestError, type Host } from '../host.js';
import type { Toasts } from './toasts.js';

/** Tells the person what went wrong and what to do; says nothing if they have just refused. */
export function showFailure(toasts: Toasts, host: Pick<Host, 'command'>, doing: string, error: unknown): void {
  if (error instanceof DeclinedError) return;
  const message = error instanceof Error ? error.message : String(error);
  const problem = error instanceof RequestError ? error.problems[0] : undefined;
  const action = problem
    ? {
        label: l10n.t('Open line {0}', problem.line),
        run: () => host.command('tunesmith.file.open', problem.file, problem.line, problem.column),
      }
    : undefined;
  const detail = problem ? `${problem.message}${problem.hint ? ` (${problem.hint})` : ''}` : message;
  toasts.add({ kind: 'error', text: l10n.t('{0} failed: {1}', doing, detail), action });
}
