import { STARTED, type AgentAct } from '../protocol/engine/agents.js';
import type { ActsApi } from './api.js';
import type { Database } from './database.js';

/** Acts of one run or search that are shown, at most: the newest. */
const SHOWN = 50;

/** The acts of agents on runs and searches. The folders have them too: this is an index. */
export class Acts implements ActsApi {
  constructor(private readonly db: Database) {}

  add(subject: string, { time, agent, what, consent }: AgentAct): void {
    this.db.run(
      'INSERT INTO acts (subject, time, agent, what, consent, starts) VALUES (?, ?, ?, ?, ?, ?)',
      ...[subject, time, agent, what, consent, what === STARTED ? 1 : 0],
    );
  }

  takeIn(subject: string, acts: readonly AgentAct[]): void {
    this.db.run('DELETE FROM acts WHERE subject = ?', subject);
    for (const act of acts) this.add(subject, act);
  }

  of(subject: string): AgentAct[] {
    return this.db
      .all<{ [K in keyof AgentAct]: AgentAct[K] }>(
        `SELECT time, agent, what, consent FROM acts WHERE subject = ? ORDER BY key DESC LIMIT ${SHOWN}`,
        subject,
      )
      .reverse();
  }

  starterOf(subjects: readonly (string | null)[]): AgentAct | null {
    const ids = JSON.stringify(subjects.filter((each) => each !== null));
    const row = this.db.get<AgentAct>(
      `SELECT time, agent, what, consent FROM acts WHERE starts = 1 AND subject IN (SELECT value FROM json_each(?)) LIMIT 1`,
      ids,
    );
    return row ?? null;
  }

  secondsUnderBudget(file: string, since: number, now: number): number {
    const row = this.db.get<{ ms: number | null }>(
      `SELECT sum(max(0, min(coalesce(ended_at, ?), ?) - max(started_at, ?))) ms FROM runs
       WHERE coalesce(first_file, file) = ? AND started_at IS NOT NULL AND coalesce(ended_at, ?) > ?
         AND EXISTS (SELECT 1 FROM acts WHERE acts.subject IN (runs.id, runs.search) AND starts = 1 AND consent = 'budget')`,
      ...[now, now, since, file, now, since],
    );
    return (row?.ms ?? 0) / 1000;
  }
}
