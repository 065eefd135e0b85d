/** Refuses requests that would change what this user may only read, before they have any effect. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { RequestName } from '../../protocol/engine/index.js';
import { ID_PATTERN } from '../../protocol/run/runFiles.js';
import type { WorkspacePaths } from '../disk/paths.js';
import { whyReadOnly } from '../disk/readOnly.js';
import { CHANGING } from './changing.js';
import { conflict } from './requestError.js';
import type { Handlers } from './server.js';

export function refuseReadOnly(handlers: Handlers, paths: WorkspacePaths): Handlers {
  const guarded = { ...handlers } as Record<string, (params: never, client: never) => unknown>;
  for (const name of CHANGING) {
    const handle = guarded[name]!;
    guarded[name] = (params, client) => {
      const why = foldersOf(name, params, paths).map(whyReadOnly).find(Boolean);
      if (why) throw conflict(why);
      return handle(params, client);
    };
  }
  return guarded as unknown as Handlers;
}

/** The folder of all runs or searches, and the folders of the named ones. */
function foldersOf(
  name: RequestName,
  { id, ids = [] }: { id?: string; ids?: string[] },
  paths: WorkspacePaths,
): string[] {
  const all = name.startsWith('runs/') ? paths.runs : paths.searches;
  const named = [...(id === undefined ? [] : [id]), ...ids].filter((each) => ID_PATTERN.test(each));
  const there = [all, paths.folder, paths.workspace].find((folder) => fs.existsSync(folder));
  return [...(there ? [there] : []), ...named.map((each) => path.join(all, each))];
}
