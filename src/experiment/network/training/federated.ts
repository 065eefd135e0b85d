/** Schema and normal form of federated averaging: clients that train apart, and whose weights are averaged. */
import { z } from 'zod';
import { number, whole, type Kit } from '../kit.js';
import type { NetworkProblem } from '../problems.js';

export interface FederatedSettings {
  /** Number of clients that the training examples are divided among. */
  clients: number;
  /** Share of the clients that take part in a round. */
  share: number;
  /** Epochs that each of them trains in a round. */
  epochs: number;
  /** Concentration of the Dirichlet distribution of each class over the clients; null: an even division. */
  alpha: number | null;
}

export function federatedSchema({ p, optional }: Kit) {
  return z.strictObject(
    {
      clients: p(whole('clients').max(10_000, 'clients must be at most 10000')).describe(
        'Number of clients that the training examples are divided among.',
      ),
      share: optional(number('share').gt(0, 'share must be above 0').max(1, 'share must be at most 1')).describe(
        'Share of the clients that take part in each round. Default: 1.',
      ),
      epochs: optional(whole('epochs').max(1000, 'epochs must be at most 1000')).describe(
        'Epochs that a client trains in a round. Default: 1.',
      ),
      alpha: optional(number('alpha').min(0.01, 'alpha must be at least 0.01')).describe(
        'Divides each class by a Dirichlet distribution of this concentration: 0.1 is very uneven, 100 nearly even. Default: evenly.',
      ),
    },
    { error: 'federated must be a group of settings, such as { clients: 10, share: 0.5, epochs: 2, alpha: 0.5 }' },
  );
}
export type WrittenFederated = z.output<ReturnType<typeof federatedSchema>>;

export function normalizeFederated(written: WrittenFederated | null | undefined): FederatedSettings | null {
  if (!written) return null;
  const { clients, share, epochs, alpha } = written;
  return { clients, share: share ?? 1, epochs: epochs ?? 1, alpha: alpha ?? null };
}

/** Settings of the section that federated averaging depends on. */
interface Around {
  federated: FederatedSettings | null;
  ema: number | null;
  hypergradient: unknown;
  constraints: readonly unknown[];
  folds: number | null;
  fold: number | null;
}

/** Returns why the section's training can't be federated, or null. */
export function federatedProblem(network: Around): NetworkProblem | null {
  if (!network.federated) return null;
  const wrong = (message: string) => ({ path: ['federated'], message });
  if (network.hypergradient !== null) return wrong('federated clients tune no hyperparameters: remove hypergradient');
  if (network.constraints.length > 0) return wrong('federated clients support no constraints: remove constraint');
  if (network.ema !== null) return wrong('averages over clients and over steps are not combined: remove ema');
  if (network.folds !== null && network.fold === null)
    return wrong('clients train one network: add fold, or remove folds');
  return null;
}
