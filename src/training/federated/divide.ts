/** Divides examples among clients. */
import { logGamma } from '../augment/mixup.js';
import type { Random } from '../random.js';

/** Returns each client's examples: parts of a shuffled order, as even as possible. */
export function evenly(count: number, clients: number, random: Random): Int32Array[] {
  const order = random.shuffle(Int32Array.from({ length: count }, (_, i) => i));
  return Array.from({ length: clients }, (_, client) =>
    order.slice(Math.ceil((client * count) / clients), Math.ceil(((client + 1) * count) / clients)),
  );
}

/**
 * Divides the examples of each class by shares from a symmetric Dirichlet distribution (Hsu, Qi & Brown, "Measuring the
 * Effects of Non-Identical Data Distribution for Federated Visual Classification", 2019). Clients may be left without any.
 */
export function byDirichlet(
  classes: ArrayLike<number>,
  kinds: number,
  clients: number,
  alpha: number,
  random: Random,
): Int32Array[] {
  const parts: number[][] = Array.from({ length: clients }, () => []);
  for (let kind = 0; kind < kinds; kind++) {
    const own = Int32Array.from(Array.from(classes, (_, i) => i).filter((i) => classes[i] === kind));
    random.shuffle(own);
    const shares = dirichlet(clients, alpha, random);
    let [from, sum] = [0, 0];
    shares.forEach((share, client) => {
      sum += share;
      const to = client === clients - 1 ? own.length : Math.round(sum * own.length);
      parts[client]!.push(...own.subarray(from, to));
      from = to;
    });
  }
  return parts.map((part) => Int32Array.from(part));
}

/** Returns shares that add up to 1. */
function dirichlet(count: number, alpha: number, random: Random): Float64Array {
  const logs = Float64Array.from({ length: count }, () => logGamma(alpha, random));
  const most = logs.reduce((a, b) => Math.max(a, b));
  const sizes = logs.map((log) => Math.exp(log - most));
  const sum = sizes.reduce((a, b) => a + b, 0);
  return sizes.map((size) => size / sum);
}
