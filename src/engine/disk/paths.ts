import * as path from 'node:path';

/** Where everything of one workspace folder lies. */
export interface WorkspacePaths {
  workspace: string;
  /** `.tunesmith` */
  folder: string;
  address: string;
  lock: string;
  log: string;
  store: string;
  runs: string;
  gitignore: string;
}

export function workspacePaths(workspace: string): WorkspacePaths {
  const folder = path.join(workspace, '.tunesmith');
  const at = (name: string): string => path.join(folder, name);
  return {
    workspace,
    folder,
    address: at('engine.json'),
    lock: at('engine.lock'),
    log: at('engine.log'),
    store: at('store.db'),
    runs: at('runs'),
    gitignore: at('.gitignore'),
  };
}
