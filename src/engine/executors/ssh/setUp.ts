/** Makes a host ready: looks at what it has, and brings what is missing. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { randomBytes } from 'node:crypto';
import type { SshPlace } from '../../../protocol/run/cluster.js';
import { partsToBring } from './bring.js';
import { runSsh } from './client.js';
import { isSamePlatform, OLDEST_NODE, probeScript, readProbe, type HostProbe } from './probe.js';
import { transfer } from './transfer.js';
import { quoted } from '../shell.js';
import { l10n } from '../../../format/l10n.js';

export interface Host {
  probe: HostProbe;
  /** Absolute path of a Node there, and of the folder with our bundles. */
  node: string;
  dist: string;
}

/** The host can't be used as it is; the message says what to do. */
export class UnusableHost extends Error {}

interface Given {
  place: SshPlace;
  control: string | null;
  env: NodeJS.ProcessEnv;
  /** Folder of our bundles. */
  dist: string;
}

export async function setUp(given: Given): Promise<Host> {
  const { place, control, env, dist } = given;
  const answer = await runSsh(place, 'exec /bin/sh -s', { control, env, input: probeScript(place.folder) });
  const probe = readProbe(answer);
  const parts = partsToBring(dist);
  if (!probe.hasTar && !probe.hasRsync)
    throw new UnusableHost(l10n.t('{0} has neither rsync nor tar. Install one of them there.', place.host));
  const bin = `${probe.folder}/bin`;
  const own = `${bin}/${parts.hash}`;
  await bring(given, probe, parts.from, parts.files, own);
  const node = probe.node ?? (await bringNode(given, probe, bin));
  return { probe, node, dist: `${own}/${path.basename(dist)}` };
}

/** Sends files into a new folder there, which gets its name once it is complete. */
async function bring(
  { place, control, env }: Given,
  probe: HostProbe,
  from: string,
  files: string[],
  to: string,
): Promise<void> {
  const incoming = `${to}.incoming-${randomBytes(4).toString('hex')}`;
  const begin = `[ -d ${quoted(to)} ] && echo there || mkdir -p -m 700 -- ${quoted(incoming)}`;
  const answer = await runSsh(place, 'exec /bin/sh -s', { control, env, input: `${begin}\n` });
  if (answer.trim().endsWith('there')) return;
  try {
    await transfer({ place, control, env, from, files, to: incoming, earlier: null, hasRsync: probe.hasRsync });
  } catch (error) {
    // Otherwise a disk that is full would get fuller with every attempt.
    const undo = `rm -rf -- ${quoted(incoming)}\n`;
    await runSsh(place, 'exec /bin/sh -s', { control, env, input: undo }).catch(() => undefined);
    throw error;
  }
  // Another engine may have been faster.
  const end =
    `if [ -d ${quoted(to)} ]; then rm -rf -- ${quoted(incoming)}; ` +
    `else mv -- ${quoted(incoming)} ${quoted(to)}; fi`;
  await runSsh(place, 'exec /bin/sh -s', { control, env, input: `${end}\n` });
}

async function bringNode(given: Given, probe: HostProbe, bin: string): Promise<string> {
  const { place, control, env } = given;
  const { nodeVersion, system } = probe;
  const advice = l10n.t('Install Node {0} or newer there, so that it is on the PATH of a login shell.', OLDEST_NODE);
  if (process.versions.electron || !isSamePlatform(system))
    throw new UnusableHost(
      nodeVersion === null
        ? l10n.t('{0} ({1}) has no Node, and this machine has none for it. {2}', place.host, system, advice)
        : l10n.t(
            '{0} ({1}) has only Node {2}, and this machine has no newer one for it. {3}',
            ...[place.host, system, nodeVersion, advice],
          ),
    );
  const own = fs.realpathSync(process.execPath);
  const folder = `${bin}/node-${process.version}`;
  const name = path.basename(own);
  await bring(given, probe, path.dirname(own), [name], folder);
  const node = `${folder}/${name}`;
  const answer = await runSsh(place, 'exec /bin/sh -s', {
    control,
    env,
    input: `${quoted(node)} --version 2>&1\n`,
  }).catch((error: Error) => error.message);
  if (answer.trim().endsWith(process.version)) return node;
  const said = answer.trim().slice(0, 200);
  throw new UnusableHost(
    nodeVersion === null
      ? l10n.t('{0} has no Node, and the one of this machine does not run there: {1} {2}', place.host, said, advice)
      : l10n.t(
          '{0} has only Node {1}, and the one of this machine does not run there: {2} {3}',
          ...[place.host, nodeVersion, said, advice],
        ),
  );
}
