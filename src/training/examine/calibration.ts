/**
 * Calibration of predicted probabilities (Guo et al., "On Calibration of Modern Neural Networks", ICML 2017): the expected
 * calibration error (Naeini et al., AAAI 2015) is the mean distance between confidence and accuracy over bins, weighted by
 * their examples. Temperature scaling divides the outputs by one number.
 */
import type { Calibration } from '../../protocol/trainer/examined.js';

const BINS = 15;
/** Range of ln(temperature) in which the least cross-entropy is looked for. */
const LIMITS = [Math.log(0.05), Math.log(20)] as const;
const GOLDEN = (Math.sqrt(5) - 1) / 2;

/** Outputs before the softmax, one list per example, and the index of each true class. */
export interface Outputs {
  logits: readonly (readonly number[])[];
  actual: readonly number[];
}

/** Two classes may have one output; it is the difference of two. */
const each = (logits: readonly number[]): readonly number[] => (logits.length === 1 ? [0, logits[0]!] : logits);

export function probabilities(logits: readonly number[], temperature: number): number[] {
  const scaled = each(logits).map((value) => value / temperature);
  const most = Math.max(...scaled);
  const shares = scaled.map((value) => Math.exp(value - most));
  const sum = shares.reduce((a, b) => a + b, 0);
  return shares.map((share) => share / sum);
}

/** Mean cross-entropy. */
export function crossEntropy({ logits, actual }: Outputs, temperature: number): number {
  const sum = logits.reduce((total, one, i) => {
    return total - Math.log(Math.max(1e-12, probabilities(one, temperature)[actual[i]!]!));
  }, 0);
  return sum / Math.max(1, logits.length);
}

export function bins({ logits, actual }: Outputs, temperature: number): Calibration['bins'] {
  const found = Array.from({ length: BINS }, () => ({ confidence: 0, right: 0, count: 0 }));
  logits.forEach((one, i) => {
    const shares = probabilities(one, temperature);
    const confidence = Math.max(...shares);
    const bin = found[Math.min(BINS - 1, Math.floor(confidence * BINS))]!;
    bin.count++;
    bin.confidence += confidence;
    if (shares.indexOf(confidence) === actual[i]) bin.right++;
  });
  return found.flatMap(({ confidence, right, count }, i) =>
    count === 0
      ? []
      : [
          {
            from: i / BINS,
            to: (i + 1) / BINS,
            confidence: Math.min(1, confidence / count),
            accuracy: right / count,
            count,
          },
        ],
  );
}

export function expectedError(of: Calibration['bins']): number {
  const total = of.reduce((sum, { count }) => sum + count, 0);
  return of.reduce(
    (sum, { confidence, accuracy, count }) => sum + (count / total) * Math.abs(confidence - accuracy),
    0,
  );
}

/** Returns the temperature with the least cross-entropy, by golden section over its logarithm. */
export function bestTemperature(outputs: Outputs): number {
  let [low, high]: [number, number] = [...LIMITS];
  const at = (log: number): number => crossEntropy(outputs, Math.exp(log));
  let [left, right] = [high - GOLDEN * (high - low), low + GOLDEN * (high - low)];
  let [atLeft, atRight] = [at(left), at(right)];
  while (high - low > 1e-3) {
    if (atLeft < atRight) {
      [high, right, atRight] = [right, left, atLeft];
      left = high - GOLDEN * (high - low);
      atLeft = at(left);
    } else {
      [low, left, atLeft] = [left, right, atRight];
      right = low + GOLDEN * (high - low);
      atRight = at(right);
    }
  }
  return Math.exp((low + high) / 2);
}

/** The temperature follows from every second example, and the errors are those of the others. */
export function calibrate(outputs: Outputs): Calibration {
  const half = (rest: number): Outputs => ({
    logits: outputs.logits.filter((_, i) => i % 2 === rest),
    actual: outputs.actual.filter((_, i) => i % 2 === rest),
  });
  const [fitted, measured] = [half(0), half(1)];
  const temperature = bestTemperature(fitted);
  const plain = bins(measured, 1);
  return { ece: expectedError(plain), bins: plain, temperature, scaledEce: expectedError(bins(measured, temperature)) };
}
