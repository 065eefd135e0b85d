/** The thread that answers one question about a search's trials, while the engine keeps serving. */
import { parentPort, workerData } from 'node:worker_threads';
import type { InsightQuery } from '../../../protocol/engine/insight.js';
import { computeInsight, type Computed } from './compute.js';

export interface InsightTask {
  study: string | null;
  query: InsightQuery;
}
export type InsightReply = { computed: Computed } | { error: string };

const { study, query } = workerData as InsightTask;
let reply: InsightReply;
try {
  reply = { computed: computeInsight(study, query) };
} catch (error) {
  reply = { error: error instanceof Error ? error.message : String(error) };
}
parentPort!.postMessage(reply);
