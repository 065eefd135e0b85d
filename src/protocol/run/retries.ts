/** How often a run is launched again after an end that was not its person's wish. */
import { z } from 'zod';

/** Reasons for another launch. `preempted`: a cluster took its place away, or its time limit was reached. */
export const RETRY_REASONS = ['lost', 'preempted', 'outOfMemory', 'failed'] as const;
export type RetryReason = (typeof RETRY_REASONS)[number];

const Times = z.number().int().min(0).max(1000);

/** Maximum number of further launches: `all`, whatever the reason, or by reason. */
export const Retries = z.union([
  z.strictObject({ all: Times }),
  z.strictObject({
    lost: Times.optional(),
    preempted: Times.optional(),
    outOfMemory: Times.optional(),
    failed: Times.optional(),
  }),
]);
export type Retries = z.infer<typeof Retries>;

/** Why a launch follows another one by itself, and how many have so far, by reason. */
export const LaunchedAgain = z.object({
  reason: z.enum(RETRY_REASONS),
  counts: z.object({
    lost: Times.optional(),
    preempted: Times.optional(),
    outOfMemory: Times.optional(),
    failed: Times.optional(),
  }),
});
export type LaunchedAgain = z.infer<typeof LaunchedAgain>;
