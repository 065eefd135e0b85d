import * as path from 'node:path';
import type { EngineParts } from '../../parts.js';
import { checkOutCode, readCodeContents, readRecorded } from '../../runs/shown/recorded.js';
import { listRunFiles } from '../../runs/shown/runFiles.js';
import { GitError } from '../../machine/git.js';
import { refuseForeignRun } from '../foreign.js';
import { conflict, notFound } from '../requestError.js';
import type { Handlers } from '../server.js';
import { l10n } from '../../../format/l10n.js';

export function recordedHandlers({ store, folders }: EngineParts) {
  const existing = (id: string) => {
    const run = store.runs.detail(id);
    if (!run) throw notFound('run', id);
    return run;
  };
  return {
    'runs/lineage': ({ id }) => {
      const { search } = existing(id);
      const of = search === null ? null : store.searches.get(search);
      return { ...store.runs.kinship(id), search: of && { id: of.id, name: of.name } };
    },
    'runs/files': ({ id }) => listRunFiles(folders.path(existing(id).id)),
    'runs/recorded': ({ id }) => readRecorded(folders.path(existing(id).id)),
    'runs/code': ({ id }) => readCodeContents(folders.path(existing(id).id)),
    'runs/checkout': async ({ id, folder, toRun, trust }) => {
      const run = existing(id);
      if (toRun && !trust) refuseForeignRun(folders, run, folders.spec(id));
      if (!path.isAbsolute(folder)) throw conflict(l10n.t('The folder must be an absolute path.'));
      try {
        return await checkOutCode(folders.path(id), run.cwd, folder);
      } catch (error) {
        throw error instanceof GitError ? conflict(error.message) : error;
      }
    },
  } satisfies Partial<Handlers>;
}
