/**
 * Importance of units. Removing a unit is the same as setting the weights that read its output to zero, so Δθ is
 * minus these weights.
 */
import type { Random } from '../../random.js';
import { hessianProduct, lossGradient, meanGradient, type Examined } from '../gradients.js';
import type { Role, Units } from '../units.js';

/** Returns the unit of each number of θ in the weights of one role; −1: none. */
export function unitsOfWeights(parts: Examined, units: Units, role: Role): Int32Array {
  const owned = new Int32Array(parts.parameters.count).fill(-1);
  let offset = 0;
  for (const { name, variable, trainable } of parts.model.weights) {
    if (!trainable) continue;
    const { shape, size } = variable;
    for (const { axis, owners, role: own } of units.weights.get(name) ?? []) {
      if (own !== role) continue;
      const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
      for (let i = 0; i < size; i++) owned[offset + i] = owners[Math.floor(i / inner) % owners.length]!;
    }
    offset += size;
  }
  return owned;
}

/** Returns Σ values over the numbers of θ that each unit owns. */
function perUnit(owned: Int32Array, count: number, value: (i: number) => number): Float64Array {
  const sums = new Float64Array(count);
  owned.forEach((unit, i) => {
    if (unit >= 0) sums[unit]! += value(i);
  });
  return sums;
}

const theta = async ({ parameters }: Examined): Promise<Float32Array> =>
  Float32Array.from(await parameters.vector.data());

/**
 * |gᵀΔθ + ½ΔθᵀHΔθ|: the second-order estimate of how much the loss changes without the unit (LeCun, Denker & Solla 1990,
 * with all of H within the unit instead of its diagonal). ΔθᵀHΔθ of all units at once is estimated with random signs z
 * per unit: E[zᵤΔθᵤᵀH·ΣzᵥΔθᵥ] (Hutchinson 1990).
 */
export async function taylor(parts: Examined, units: Units, probes: number, random: Random): Promise<Float64Array> {
  const owned = unitsOfWeights(parts, units, 'takes');
  const weights = await theta(parts);
  const gradient = await meanGradient(parts);
  const first = perUnit(owned, units.count, (i) => -gradient[i]! * weights[i]!);
  const second = new Float64Array(units.count);
  for (let probe = 0; probe < probes; probe++) {
    const signs = Float32Array.from({ length: units.count }, () => (random.bits() & 1 ? 1 : -1));
    const v = weights.map((weight, i) => (owned[i]! >= 0 ? -signs[owned[i]!]! * weight : 0));
    const product = await hessianProduct(parts, v);
    const terms = perUnit(owned, units.count, (i) => v[i]! * product[i]!);
    terms.forEach((term, unit) => (second[unit]! += term / probes));
  }
  return first.map((value, unit) => Math.abs(value + second[unit]! / 2));
}

/**
 * Fisher form: ½·mean of (gᵀΔθ)² over batches, which replaces H with the Fisher information (Molchanov et al., "Importance
 * Estimation for Neural Network Pruning", CVPR 2019, equation 8, per group of weights).
 */
export async function fisher(parts: Examined, units: Units): Promise<Float64Array> {
  const owned = unitsOfWeights(parts, units, 'takes');
  const weights = await theta(parts);
  const scores = new Float64Array(units.count);
  for (const batch of parts.batches) {
    const gradient = await lossGradient(parts, batch);
    const changes = perUnit(owned, units.count, (i) => -gradient[i]! * weights[i]!);
    changes.forEach((change, unit) => (scores[unit]! += change ** 2 / (2 * parts.batches.length)));
  }
  return scores;
}

/** Mean |w| of the kernels that compute the unit (Li et al., "Pruning Filters for Efficient ConvNets", ICLR 2017). */
export async function magnitude(parts: Examined, units: Units): Promise<Float64Array> {
  const owned = unitsOfWeights(parts, units, 'makes');
  let offset = 0;
  for (const { variable, trainable } of parts.model.weights) {
    if (!trainable) continue;
    // Biases and the scales of norms are vectors.
    if (variable.rank < 2) owned.fill(-1, offset, offset + variable.size);
    offset += variable.size;
  }
  const weights = await theta(parts);
  const sums = perUnit(owned, units.count, (i) => Math.abs(weights[i]!));
  const counts = perUnit(owned, units.count, () => 1);
  return sums.map((sum, unit) => sum / Math.max(1, counts[unit]!));
}
