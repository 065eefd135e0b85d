/** Settings and results of the examination of a trained network: explanations, attacks, corruptions, calibration. */
import { z } from 'zod';

/** Names of the media that an examination adds to its run. */
export const EXAMINED = {
  explanation: 'explanation',
  inputs: 'importance of inputs',
  attacks: 'accuracy under attack',
  corruptions: 'accuracy under corruption',
  reliability: 'reliability',
} as const;

export const ATTACKS = ['fgsm', 'pgd'] as const;
export const CORRUPTIONS = ['noise', 'missing', 'blur', 'contrast', 'brightness'] as const;

/** Sizes of the attacks, as shares of the range of the inputs; for tables, in standard deviations. */
export const STRENGTHS = [0.01, 0.03, 0.1];

export const ExamineSettings = z.strictObject({
  /** Number of examples that are explained; 0: none. */
  explain: z.number().int().min(0).max(1000),
  /** Strengths of the attacks; empty: none. */
  attack: z.array(z.number().positive()).max(20),
  corrupt: z.boolean(),
  calibrate: z.boolean(),
  /** Maximum number of examples to attack and corrupt. */
  examples: z.number().int().min(1),
});
export type ExamineSettings = z.infer<typeof ExamineSettings>;

const Share = z.number().min(0).max(1);
const Level = z.object({ level: z.number(), accuracy: Share });

export const Explained = z.object({
  /** Index of the example, from 1. */
  example: z.number().int(),
  /** Its true class; null: numbers are predicted. */
  actual: z.string().nullable(),
  predicted: z.string().nullable(),
  /** The output that is explained, at the example and at the baseline. */
  output: z.number(),
  baseline: z.number(),
  /** |Σ attributions − (output − baseline)| relative to the larger of |output − baseline| and 1e-6. */
  gap: z.number(),
});
export type Explained = z.infer<typeof Explained>;

export const Calibration = z.object({
  /** Expected calibration error over 15 bins of equal width, on the half of the examples that the temperature did not see. */
  ece: Share,
  bins: z.array(z.object({ from: Share, to: Share, confidence: Share, accuracy: Share, count: z.number().int() })),
  /** Temperature with the least cross-entropy on the other half. */
  temperature: z.number(),
  /** The same error when the outputs are divided by the temperature. */
  scaledEce: Share,
});
export type Calibration = z.infer<typeof Calibration>;

export const Examined = z.object({
  explained: z.array(Explained),
  /** Mean |attribution| of each input of a table, largest first. */
  inputs: z.array(z.object({ name: z.string(), importance: z.number() })),
  attacks: z.array(z.object({ kind: z.enum(ATTACKS), levels: z.array(Level) })),
  corruptions: z.array(z.object({ kind: z.enum(CORRUPTIONS), levels: z.array(Level) })),
  /** Accuracy on the same examples as they are; null: neither attacked nor corrupted. */
  clean: z.object({ accuracy: Share, examples: z.number().int() }).nullable(),
  calibration: Calibration.nullable(),
  /** Pictures and plots that were added to the run. */
  media: z.number().int(),
});
export type Examined = z.infer<typeof Examined>;
