/**
 * Answers that this process got a moment ago. Trials that follow each other would get the same, and asking git, the interpreter
 * and the GPUs again takes longer than many a trial.
 */
interface Answer<T> {
  /** Milliseconds on a monotonic clock. */
  at: number;
  key: string;
  found: Promise<T>;
}

/** Keeps the last answer to one question for `ms` milliseconds. */
export class Recent<T> {
  private last: Answer<T> | null = null;

  constructor(private readonly ms: number) {}

  /** Returns the answer for `key`, from `ask` if there is no recent one. One that fails is not kept. */
  get(key: string, ask: () => Promise<T>): Promise<T> {
    const { last } = this;
    if (last?.key === key && performance.now() - last.at < this.ms) return last.found;
    const answer = { at: performance.now(), key, found: ask() };
    this.last = answer;
    answer.found.catch(() => {
      if (this.last === answer) this.last = null;
    });
    return answer.found;
  }
}
