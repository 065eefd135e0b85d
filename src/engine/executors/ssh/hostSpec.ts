/** From a run's `run.json` here to the one on the host: what names a file here names its copy there. */
import * as path from 'node:path';
import { toRecord } from '../../../files/runPaths.js';
import { forJson } from '../../../protocol/values/floats.js';
import type { RunSpec } from '../../../protocol/run/runFolder.js';
import { l10n } from '../../../format/l10n.js';

export interface Places {
  workspace: string;
  dist: string;
  /** The same on the host. */
  hostWorkspace: string;
  hostDist: string;
}

/** Throws with a sentence for the person when the program can't be started from a copy of the workspace. */
export function hostSpec(spec: RunSpec, places: Places): string {
  const { workspace } = places;
  const cwd = toRecord(workspace, spec.cwd);
  if (path.isAbsolute(cwd))
    throw new Error(l10n.t('cwd is {0}, outside of the workspace {1}: only that is sent.', cwd, workspace));
  const moved = (text: string): string => hostText(text, places);
  const variables = spec.variables?.map((variable) => {
    const before = (spec.argv[variable.argument] ?? '').slice(0, variable.at);
    return { ...variable, at: moved(before).length };
  });
  const { launch } = spec;
  const checkpoint = launch?.checkpoint ? toRecord(workspace, launch.checkpoint) : null;
  return JSON.stringify({
    ...spec,
    params: forJson(spec.params, spec.floats),
    file: spec.file === null ? null : toRecord(workspace, spec.file),
    cwd,
    argv: spec.argv.map(moved),
    ...(variables && { variables }),
    env: movedAll(spec.env, moved),
    ...(spec.network === undefined ? {} : { network: movedAll(spec.network, moved) }),
    ...(launch && { launch: { ...launch, from: undefined, checkpoint } }),
  });
}

/** Returns the text with the paths of this machine's folders replaced by those of the host. */
export function hostText(text: string, { workspace, dist, hostWorkspace, hostDist }: Places): string {
  return replaced(replaced(text, dist, hostDist), workspace, hostWorkspace);
}

/** Only whole names of folders. */
function replaced(text: string, folder: string, by: string): string {
  let result = '';
  let from = 0;
  for (let at = text.indexOf(folder); at >= 0; at = text.indexOf(folder, from)) {
    const end = at + folder.length;
    const isWhole = !/[\w.\-/]/.test(text[at - 1] ?? '') && !/[\w.-]/.test(text[end] ?? '');
    result += text.slice(from, at) + (isWhole ? by : folder);
    from = end;
  }
  return result + text.slice(from);
}

function movedAll<T>(value: T, moved: (text: string) => string): T {
  if (typeof value === 'string') return moved(value) as T;
  if (Array.isArray(value)) return value.map((each) => movedAll(each as unknown, moved)) as T;
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, movedAll(each as unknown, moved)])) as T;
}
