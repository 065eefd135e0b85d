/** `output:`: the program starts in its own folder, so that files it writes by relative paths replace nothing. */
import { existsSync } from 'node:fs';
import * as path from 'node:path';
import type { RunPlan } from '../types.js';
import { l10n } from '../../format/l10n.js';

/** The key as it is written: `'{run.dir}/out'`; without quotes YAML reads `{run.dir}` as a group. */
export function outputText(written: unknown): string | null {
  if (typeof written === 'string') return written;
  const [only, ...others] = typeof written === 'object' && written !== null ? Object.entries(written) : [];
  return only && others.length === 0 && only[1] === null ? `{${only[0]}}` : null;
}

/** Returns the problem of the folder, or null. Only folders within the run's folder are exclusive to the run. */
export function outputFault(text: string | null): { message: string; hint: string } | null {
  if (text !== null && /^\{run\.dir\}(\/(?!\.\.?(\/|$))[\w. -]+)*\/?$/.test(text)) return null;
  return {
    message: l10n.t('output must be {run.dir} or a folder in it'),
    hint: l10n.t("such as: output: '{run.dir}/out'"),
  };
}

/**
 * Moves the program into `folder` (absolute). Arguments that name files or folders of the old one are passed as absolute paths, and
 * `python -m` still finds the modules there.
 */
export function startIn(folder: string, plan: RunPlan): void {
  const from = plan.cwd;
  plan.argv = plan.argv.map((argument, i) =>
    i === 0 && !/[\\/]/.test(argument) ? argument : absolute(argument, from),
  );
  if (plan.argv[1] === '-m' || plan.argv[2] === '-m') plan.env = { PYTHONPATH: from, ...plan.env };
  plan.cwd = folder;
}

/** `conf.yaml` and the value of `--config=conf.yaml`, if there is such a file. */
function absolute(argument: string, from: string): string {
  const [, option = '', value] = /^(-{0,2}[\w.-]+=)?(.*)$/s.exec(argument)!;
  if (value === '' || value!.startsWith('-') || path.isAbsolute(value!) || value!.includes('\0')) return argument;
  return existsSync(path.resolve(from, value!)) ? option + path.resolve(from, value!) : argument;
}
