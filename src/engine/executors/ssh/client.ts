/** The system's OpenSSH client, used so that nothing it is given can become an option, a command or a question. */
import { spawn, spawnSync, type ChildProcess, type StdioOptions } from 'node:child_process';
import { existsSync } from 'node:fs';
import type { SshPlace } from '../../../protocol/run/cluster.js';
import { l10n } from '../../../format/l10n.js';

/** A configuration in place of the person's own. */
const CONFIG_VARIABLE = 'TUNESMITH_SSH_CONFIG';
const CONNECT_SECONDS = 15;
/** A connection that says nothing for three of these is taken for broken. */
const ALIVE_SECONDS = 10;
const MOST = 1 << 20;

export class SshError extends Error {}

/** Returns ssh's options. `control`: path of the socket by which calls share one connection; null: each has its own. */
export function sshOptions(place: SshPlace, control: string | null, env: NodeJS.ProcessEnv): string[] {
  const config = env[CONFIG_VARIABLE];
  const settings = [
    // No password, passphrase or host key is asked for: nobody could answer.
    'BatchMode=yes',
    `ConnectTimeout=${CONNECT_SECONDS}`,
    `ServerAliveInterval=${ALIVE_SECONDS}`,
    'ServerAliveCountMax=3',
    // Nothing of this machine can be reached from the host.
    'ForwardAgent=no',
    'ForwardX11=no',
    'ClearAllForwardings=yes',
    'PermitLocalCommand=no',
    'RequestTTY=no',
    ...(control === null ? [] : ['ControlMaster=auto', `ControlPath=${control}`, 'ControlPersist=60']),
  ];
  return [
    ...(config ? ['-F', config] : []),
    ...settings.flatMap((setting) => ['-o', setting]),
    ...(place.port === undefined ? [] : ['-p', String(place.port)]),
  ];
}

/** Returns the environment of ssh: without programs that would ask the person. */
export function sshEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return { ...env, SSH_ASKPASS_REQUIRE: 'never', LC_ALL: 'C' };
}

/** Starts a command on the host. It reaches the login shell there as one text. */
export function startSsh(
  place: SshPlace,
  command: string,
  { control, env, stdio }: { control: string | null; env: NodeJS.ProcessEnv; stdio: StdioOptions },
): ChildProcess {
  const args = [...sshOptions(place, control, env), '--', place.host, command];
  return spawn('ssh', args, { stdio, env: sshEnvironment(env), windowsHide: true });
}

/** Ends the connection that calls share, if there is one. */
export function endShared(place: SshPlace, control: string, env: NodeJS.ProcessEnv): void {
  if (!existsSync(control)) return;
  const args = [...sshOptions(place, control, env), '-O', 'exit', '--', place.host];
  spawnSync('ssh', args, { stdio: 'ignore', env: sshEnvironment(env), timeout: 2000, windowsHide: true });
}

/** Resolves to what the command printed. Rejects with SshError and the client's or the host's own words. */
export function runSsh(
  place: SshPlace,
  command: string,
  options: { control: string | null; env: NodeJS.ProcessEnv; input?: string; timeoutMs?: number },
): Promise<string> {
  const { control, env, input = '', timeoutMs = 120_000 } = options;
  return new Promise((resolve, reject) => {
    const child = startSsh(place, command, { control, env, stdio: ['pipe', 'pipe', 'pipe'] });
    const timer = setTimeout(() => child.kill('SIGKILL'), timeoutMs);
    let out = '';
    let words = '';
    child.stdout!.setEncoding('utf8').on('data', (text: string) => (out = (out + text).slice(0, MOST)));
    child.stderr!.setEncoding('utf8').on('data', (text: string) => (words = (words + text).slice(-4000)));
    child.stdin!.on('error', () => undefined);
    child.stdin!.end(input);
    child.on('error', (error) => {
      clearTimeout(timer);
      reject(new SshError(startProblem(error as NodeJS.ErrnoException)));
    });
    // Not `close`: the process that keeps the shared connection has our streams, too.
    child.on('exit', (code, signal) => {
      clearTimeout(timer);
      setTimeout(() => {
        if (code === 0) resolve(out);
        else reject(new SshError(reasonOf(words, place.host) || l10n.t('ssh ended with {0}', code ?? signal)));
      }, 20);
    });
  });
}

export function startProblem(error: NodeJS.ErrnoException): string {
  return error.code === 'ENOENT'
    ? l10n.t('There is no program "ssh" on the PATH. Install the OpenSSH client.')
    : l10n.t("ssh can't be started: {0}", error.message);
}

function adviceOn(words: string): string | undefined {
  if (/Host key verification failed|host key.*(changed|unknown)|authenticity of host/i.test(words))
    return l10n.t('Connect once in a terminal with `ssh HOST` and check its host key.');
  if (/Permission denied/i.test(words))
    return l10n.t(
      'Set up a key for it, or add the key to your agent (ssh-add): `ssh HOST` must work without a password.',
    );
  if (/Could not resolve hostname/i.test(words)) return l10n.t('Check the name, or add it to ~/.ssh/config.');
  return undefined;
}

/** Returns the client's own last words, and what to do about them. */
export function reasonOf(words: string, host: string): string {
  // Which file was the first without room says nothing, and its path may fill the line.
  if (/No space left on device|Disk quota exceeded|ENOSPC|EDQUOT/i.test(words))
    return l10n.t('The disk of {0} is full. Free some space there; Tunesmith tries again by itself.', host);
  const lines = words
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== '' && !/^(Warning: Permanently added|debug\d|@+$|mux_client|ControlSocket)/.test(line));
  const said = lines.slice(-3).join(' ').slice(0, 500);
  const advice = adviceOn(words);
  return advice ? `${said} ${advice.replaceAll('HOST', host)}` : said;
}
