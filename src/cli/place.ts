/** Where runs execute, as options of commands and the person's own file say. */
import * as fs from 'node:fs';
import * as path from 'node:path';
import { parse } from 'yaml';
import { tunesmithHome } from '../client/home.js';
import { parseExperiment, placeExperiment } from '../experiment/index.js';
import { PLACES, type ClusterKind, type ClusterNeed } from '../protocol/run/cluster.js';
import { Placing } from '../protocol/engine/placing.js';
import type { Input } from './command.js';
import { UsageError } from './errors.js';
import { l10n } from '../format/l10n.js';

export const PLACE_OPTION = {
  type: 'string',
  value: 'PLACE',
  help: l10n.t('Where it executes: {0}. Default: as the file says.', PLACES.join(', ')),
} as const;

/** The person's defaults for each kind of cluster, in the Tunesmith home. The editor has settings for them. */
const DEFAULTS_FILE = 'clusters.yaml';

/** The editor's settings, for the commands that it runs. */
const VARIABLE = 'TUNESMITH_CLUSTERS';

/** Returns the part of a request that says where to execute; nothing if the file alone says it. */
export function readPlaceOption(input: Input): { place?: Placing } {
  const given = input.text('on');
  const on = PLACES.find((place) => place === given);
  if (given !== undefined && !on)
    throw new UsageError(l10n.t('--on must be one of {0}, not "{1}".', PLACES.join(', '), given));
  const own = readOwnPlace();
  if (on === undefined && own.defaults === undefined) return {};
  return { place: { ...own, ...(on !== undefined && { on }) } };
}

/** Returns the person's defaults. */
export function readOwnPlace(): Placing {
  const defaults = ownDefaults();
  return defaults ? { defaults } : {};
}

/** Returns the need of a job by the person's defaults alone. */
export function ownNeed(on: ClusterKind): ClusterNeed | undefined {
  const { experiment } = parseExperiment('run: hello\n', 'hello.tune.yaml');
  placeExperiment(experiment!, { ...readOwnPlace(), on });
  return experiment!.cluster;
}

function ownDefaults(): Placing['defaults'] {
  const given = process.env[VARIABLE];
  const file = given === undefined ? path.join(tunesmithHome(), DEFAULTS_FILE) : VARIABLE;
  let text: string;
  try {
    text = given ?? fs.readFileSync(file, 'utf8');
  } catch {
    return undefined;
  }
  try {
    return Placing.parse({ defaults: (parse(text) ?? {}) as unknown }).defaults;
  } catch {
    throw new UsageError(
      l10n.t('{0} must have a section for each kind of cluster, such as: slurm: { partition: gpu }', file),
    );
  }
}
