/** Settings of a part, as a person writes them, through the schema of the whole section: the same words, the same messages. */
import { validateNetwork, type Network } from '../../experiment/network/index.js';
import { TrainingError } from '../errors.js';

/** What a section must have, where only another part of it is asked for. */
const REST = { data: 'mnist', layers: [{ dense: 1 }], loss: 'mse' };

/** Throws TrainingError with every mistake. */
export function normal(section: Record<string, unknown>): Network {
  const { network, problems } = validateNetwork({ ...REST, ...section });
  if (network) return network;
  const texts = problems.map(({ path, message }) => `${path.join('.')}${path.length > 0 ? ': ' : ''}${message}`);
  throw new TrainingError(texts.join('\n'));
}
