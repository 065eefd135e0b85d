/** Validates a part's settings with the schema of the whole section, so that words and messages are the same. */
import { validateNetwork, type Network } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';
import { verbatim } from '../../format/said.js';

/** Placeholder values for the rest of the section when only one part is needed. */
const REST = { data: 'mnist', layers: [{ dense: 1 }], loss: 'mse' };

/** Returns the normal form. Throws TrainingError that lists every mistake. */
export function normal(section: Record<string, unknown>): Network {
  const { network, problems } = validateNetwork({ ...REST, ...section });
  if (network) return network;
  const texts = problems.map(({ path, message }) => `${path.join('.')}${path.length > 0 ? ': ' : ''}${message}`);
  throw new TrainingError(verbatim(texts.join('\n')));
}
