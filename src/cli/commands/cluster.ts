import { parseExperiment, placeExperiment } from '../../experiment/index.js';
import type { Place } from '../../engine/executors/check.js';
import { PLACES, SSH_HOST } from '../../protocol/run/cluster.js';
import { readFileSync } from 'node:fs';
import { JSON_OPTION, type Command } from '../command.js';
import type { Context } from '../context.js';
import { UsageError } from '../errors.js';
import { ownNeed, readOwnPlace } from '../place.js';
import { safeLine } from '../text/terminal.js';
import { l10n } from '../../format/l10n.js';

export const cluster: Command = {
  name: 'cluster',
  usage: 'check [local|slurm|kubernetes|ssh HOST|ray [URL]|FILE]',
  summary: l10n.t('Checks where runs can execute: this machine, Slurm, Kubernetes, an SSH host, Ray.'),
  details: l10n.t(
    'A small program goes the whole way of a run, to the host or through the scheduler to a node, and back. Without a name, this machine is checked, Slurm if sbatch is on the PATH, Kubernetes if there is a kubeconfig, and the SSH host and the Ray cluster of your clusters.yaml. An experiment file stands for the place that it names. Exit code 1 means that one of them does not work.',
  ),
  options: { json: JSON_OPTION },
  examples: [
    ['tunesmith cluster check', l10n.t('check every place that is available')],
    ['tunesmith cluster check ssh gpu-box', l10n.t('try a host as ssh knows it')],
    ['tunesmith cluster check train.tune.yaml', l10n.t('try the place that the file names')],
    ['tunesmith cluster check slurm --json', l10n.t('try Slurm, as an array of {name, kind, ok, reason}')],
  ],
  args: [1, 3],
  async run(context, input) {
    const [action, name, target] = input.args;
    if (action !== 'check') throw new UsageError(l10n.t('unknown action "{0}": use `tunesmith cluster check`', action));
    // Loaded on demand, so that all other commands start faster.
    const { check, nameOf, placesToCheck } = await import('../../engine/executors/check.js');
    const places =
      name === undefined ? [...placesToCheck().map(withOwnNeed), ...ownPlaces()] : [placeOf(context, name, target)];
    const checks = [];
    for (const place of places) {
      if (!input.flag('json')) context.say(`${safeLine(nameOf(place))} …`);
      checks.push(await check(place, { workspace: context.workspace, dist: context.dist }));
    }
    if (input.flag('json')) context.json(checks);
    else
      for (const { name: place, ok, reason } of checks)
        context.print(
          `${ok ? context.paint('green', '✓') : context.paint('red', '✗')} ${safeLine(place).padEnd(6)} ${safeLine(reason)}`,
        );
    return checks.every(({ ok }) => ok) ? 0 : 1;
  },
};

/** Returns the SSH host and the Ray cluster of the person's defaults. */
function ownPlaces(): Place[] {
  const { defaults = {} } = readOwnPlace();
  const ssh = defaults.ssh ? ownNeed('ssh')?.ssh : undefined;
  const ray = defaults.ray ? ownNeed('ray')?.ray : undefined;
  return [
    ...(ssh ? [{ kind: 'ssh', ssh } as const] : []),
    ...(ray ? [{ kind: 'ray', address: ray.address } as const] : []),
  ];
}

/** With the partition, image and the like of the person's defaults. */
function withOwnNeed(place: Place): Place {
  return place.kind === 'slurm' || place.kind === 'kubernetes' ? { ...place, need: ownNeed(place.kind) } : place;
}

function placeOf(context: Context, name: string, target: string | undefined): Place {
  if (/\.tune\.(ya?ml|json)$/.test(name)) return placeOfFile(context.file(name));
  const kind = PLACES.find((each) => each === name);
  if (!kind)
    throw new UsageError(l10n.t('unknown place "{0}" (known: {1}, or an experiment file)', name, PLACES.join(', ')));
  if (kind === 'ssh') {
    if (target === undefined)
      throw new UsageError(l10n.t('name the host, such as: tunesmith cluster check ssh gpu-box'));
    if (!SSH_HOST.test(target)) throw new UsageError(l10n.t('"{0}" is not the name of a host', target));
    return { kind, ssh: { host: target, folder: 'tunesmith' } };
  }
  if (kind === 'ray') {
    const address = target ?? 'http://127.0.0.1:8265';
    if (!/^https?:\/\//.test(address) || !URL.canParse(address))
      throw new UsageError(l10n.t('"{0}" is not the URL of a Ray dashboard, such as http://head:8265', address));
    return { kind, address: address.replace(/\/+$/, '') };
  }
  if (target !== undefined) throw new UsageError(l10n.t('unexpected argument "{0}"', target));
  return kind === 'local' ? { kind } : { kind, need: ownNeed(kind) };
}

function placeOfFile(file: string): Place {
  const { experiment, problems } = parseExperiment(readFileSync(file, 'utf8'), file);
  if (!experiment)
    throw new UsageError(
      `${file}:${problems[0]?.line ?? 1}: ${problems[0]?.message ?? l10n.t('is not an experiment file')}`,
    );
  placeExperiment(experiment, readOwnPlace());
  const { cluster: need } = experiment;
  if (need?.kind === 'ssh' && need.ssh) return { kind: 'ssh', ssh: need.ssh };
  if (need?.kind === 'ray' && need.ray) return { kind: 'ray', address: need.ray.address };
  return need?.kind === 'slurm' || need?.kind === 'kubernetes' ? { kind: need.kind, need } : { kind: 'local' };
}
