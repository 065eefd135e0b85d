import * as path from 'node:path';
import { localFolder } from './localState.js';

/** Paths of everything that belongs to one workspace folder. */
export interface WorkspacePaths {
  /** Real path of the workspace folder. */
  workspace: string;
  /** `.tunesmith` in the workspace: data that can be shown anywhere, and nothing that is obeyed. */
  folder: string;
  runs: string;
  searches: string;
  gitignore: string;
  /** Says which host's engine starts work here. */
  schedulerLease: string;
  /** This person's own folder for the workspace, outside of it. It contains the following ones. */
  local: string;
  address: string;
  lock: string;
  log: string;
  store: string;
  /** Path of the record of runs and searches that this person has requested. */
  asked: string;
  /** Environments of the requesting clients. */
  environments: string;
  /** Budgets that the person has given to agents. */
  grants: string;
  /** Alert rules of the person. */
  alerts: string;
  /** Files that the person has agreed to send to other hosts. */
  sent: string;
}

/** `local`: the folder found by `prepareLocal`; by default, the usual one. */
export function workspacePaths(workspace: string, local = localFolder(workspace)): WorkspacePaths {
  const folder = path.join(workspace, '.tunesmith');
  return {
    workspace,
    folder,
    runs: path.join(folder, 'runs'),
    searches: path.join(folder, 'searches'),
    gitignore: path.join(folder, '.gitignore'),
    schedulerLease: path.join(folder, 'scheduler.json'),
    local,
    address: path.join(local, 'engine.json'),
    lock: path.join(local, 'engine.lock'),
    log: path.join(local, 'engine.log'),
    store: path.join(local, 'store.db'),
    asked: path.join(local, 'asked.db'),
    environments: path.join(local, 'env'),
    grants: path.join(local, 'grants.json'),
    alerts: path.join(local, 'alerts.json'),
    sent: path.join(local, 'sent.json'),
  };
}
