import { inEnglish } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';
import type { IngestResult, RunMessage } from '../api.js';
import type { RunWriter } from '../runs/writer.js';
import { MAX_MESSAGES } from './limits.js';

/** Messages of one ingest of a run: of those that say the same, one is kept and counted. */
export class NewMessages {
  /** By what each is recognised by. */
  private readonly messages = new Map<string, RunMessage>();

  constructor(
    private readonly runs: RunWriter,
    private readonly key: number,
    private readonly result: IngestResult,
  ) {}

  /** A message of the program or of our client. */
  say(topic: string, { level, text, time, said }: Pick<RunMessage, 'level' | 'text' | 'time' | 'said'>): void {
    if (this.repeats(topic, time)) return;
    this.messages.set(topic, { time, last: time, level, text, count: 1, ...(said && { said }) });
    // In a flood of messages, the newest are kept.
    if (this.messages.size > MAX_MESSAGES) this.messages.delete(this.messages.keys().next().value!);
  }

  /** A warning about the journal: kept once a run and counted. Warnings with the same stem are the same. */
  warn(stem: string, said: Said): void {
    const topic = `warning ${stem}`;
    const time = Date.now();
    // One record may give as many warnings as it has values, so only the first is put into words.
    if (this.repeats(topic, time)) return;
    const text = inEnglish(said);
    if (!this.runs.hasMessage(this.key, topic)) this.result.warnings.push(text);
    this.say(topic, { level: 'warning', text, time, said });
  }

  save(): void {
    if (this.messages.size === 0) return;
    this.runs.addMessages(this.key, this.messages, MAX_MESSAGES);
    this.result.runChanged = true;
  }

  /** Counts a message of a topic that there is one of. Returns false if there is none. */
  private repeats(topic: string, time: number): boolean {
    const known = this.messages.get(topic);
    if (!known) return false;
    known.count++;
    known.last = time;
    return true;
  }
}
