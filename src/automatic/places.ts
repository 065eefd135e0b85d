/** Where the networks of a search for a network can train. */
import type { Experiment } from '../experiment/types.js';
import { l10n } from '../format/l10n.js';
import type { Place } from '../protocol/run/cluster.js';
import { AutoError } from './files.js';

/** Throws an AutoError where networks can't be compared at the end. `chosen`: by the person; null: as the file says. */
export function refuseRemote(chosen: Place | null, { cluster }: Pick<Experiment, 'cluster'>): void {
  if ((chosen ?? cluster?.kind) !== 'ssh') return;
  throw new AutoError(
    l10n.t('The networks of a search stay on an SSH host, and auto compares them at the end: choose another place.'),
  );
}
