import { createHash } from 'node:crypto';
import * as os from 'node:os';
import * as path from 'node:path';

/** Name of a workspace's folder on hosts: told apart from another one of the same name. */
export function placeName(workspace: string): string {
  const plain = path
    .basename(workspace)
    .replaceAll(/[\u0000-\u001f/\\]/g, '_')
    .replace(/^\.+/, '')
    .slice(0, 60);
  const hash = createHash('sha256').update(`${os.hostname()}\0${workspace}`).digest('hex').slice(0, 8);
  return `${plain || 'workspace'}-${hash}`;
}
