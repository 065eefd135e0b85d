/** Sends files to a folder on the host: with rsync if both sides have it, else as a tar archive. */
import { spawn } from 'node:child_process';
import * as fs from 'node:fs';
import * as path from 'node:path';
import type { SshPlace } from '../../../protocol/run/cluster.js';
import { reasonOf, SshError, sshEnvironment, sshOptions, startSsh } from './client.js';
import { quoted } from '../shell.js';
import { l10n } from '../../../format/l10n.js';

export interface Transfer {
  place: SshPlace;
  control: string | null;
  env: NodeJS.ProcessEnv;
  /** Absolute folder here, and the paths of the files in it. */
  from: string;
  files: readonly string[];
  /** Absolute folder on the host, which is there and empty. */
  to: string;
  /** Name of a folder beside `to` with files that are probably the same. */
  earlier: string | null;
  hasRsync: boolean;
}

/** Without a sign of progress for so long, it is given up and tried again later. */
const SILENT_MS = 180_000;

export async function transfer(given: Transfer): Promise<void> {
  if (given.files.length === 0) return;
  if (given.hasRsync && isOnPath('rsync', given.env)) await byRsync(given);
  else await byTar(given);
}

async function byRsync({ place, control, env, from, files, to, earlier }: Transfer): Promise<void> {
  const shell = ['ssh', ...sshOptions(place, control, env)].map(rsyncWord).join(' ');
  const args = [
    // Links stay links, times make the next transfer short.
    ...['-l', '-p', '-t', '-z', '--secluded-args', '--from0', '--files-from=-', '--info=progress2'],
    ...(earlier === null ? [] : [`--copy-dest=../${earlier}`]),
    ...['-e', shell, '--', `${from}/`, `${place.host}:${to}/`],
  ];
  const child = spawn('rsync', args, { env: sshEnvironment(env), stdio: ['pipe', 'pipe', 'pipe'] });
  await finished('rsync', place.host, child, (stop) => {
    child.stdout.on('data', stop);
    child.stdin.on('error', () => undefined);
    child.stdin.end(files.join('\0'));
  });
}

async function byTar({ place, control, env, from, files, to }: Transfer): Promise<void> {
  const command = `exec tar -xzf - -C ${quoted(to)}`;
  const host = startSsh(place, command, { control, env, stdio: ['pipe', 'ignore', 'pipe'] });
  const tar = spawn('tar', ['--null', '-T', '-', '-czf', '-'], { cwd: from, stdio: ['pipe', 'pipe', 'pipe'] });
  tar.stdin.on('error', () => undefined);
  tar.stdin.end(files.map((name) => `./${name}`).join('\0'));
  host.stdin!.on('error', () => tar.kill());
  tar.stdout.pipe(host.stdin!);
  await Promise.all([
    finished('tar', place.host, tar, (stop) => tar.stdout.on('data', stop)),
    finished('ssh', place.host, host, (stop) => tar.stdout.on('data', stop)),
  ]);
}

/** Resolves when the program ended well. `watch` calls its argument at each sign of progress. */
function finished(
  name: string,
  host: string,
  child: ReturnType<typeof spawn>,
  watch: (progress: () => void) => void,
): Promise<void> {
  return new Promise((resolve, reject) => {
    let timer = setTimeout(() => child.kill('SIGKILL'), SILENT_MS);
    watch(() => {
      clearTimeout(timer);
      timer = setTimeout(() => child.kill('SIGKILL'), SILENT_MS);
    });
    let words = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-4000)));
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new SshError(l10n.t("{0} can't be started: {1}", name, error.message)));
    });
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      if (code === 0) return resolve();
      setTimeout(
        () => reject(new SshError(reasonOf(words, host) || l10n.t('{0} ended with {1}', name, code ?? signal))),
        20,
      );
    });
  });
}

/** One word of the command that rsync takes apart itself: it knows quotes, and no escapes. */
const rsyncWord = (word: string): string => (/[\s'"]/.test(word) ? `"${word.replaceAll('"', '""')}"` : word);

function isOnPath(name: string, env: NodeJS.ProcessEnv): boolean {
  const folders = (env.PATH ?? '').split(path.delimiter).filter(Boolean);
  return folders.some((folder) => fs.existsSync(path.join(folder, name)));
}
