import { homedir } from 'node:os';
import { join } from 'node:path';

/**
 * Returns the folder for this user's data that belongs to no workspace (installed backends, downloaded data sets), the
 * same for editor and terminal. `TUNESMITH_HOME` overrides it. Does not create it.
 */
export function tunesmithHome(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string {
  if (env.TUNESMITH_HOME) return env.TUNESMITH_HOME;
  if (platform === 'win32') return join(env.LOCALAPPDATA ?? join(homedir(), 'AppData', 'Local'), 'tunesmith');
  if (platform === 'darwin') return join(homedir(), 'Library', 'Application Support', 'tunesmith');
  return join(env.XDG_DATA_HOME || join(homedir(), '.local', 'share'), 'tunesmith');
}
