/**
 * Answers that this process got a moment ago. Trials of a search that follow each other would get the same, and asking git, the
 * interpreter and the GPUs again takes longer than many a trial. A person, however, may have edited the code or installed a
 * package between two runs, so no other runs share answers.
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

  /**
   * Returns the answer for trials of a search, from `ask` if there is no recent one. One that fails is not kept. `search`: null asks
   * always.
   */
  get(search: string | null, about: string, ask: () => Promise<T>): Promise<T> {
    if (search === null) return ask();
    const { last } = this;
    const key = `${search} ${about}`;
    if (last?.key === key && performance.now() - last.at < this.ms) return last.found;
    const answer = { at: performance.now(), key, found: ask() };
    this.last = answer;
    answer.found.catch(() => {
      if (this.last === answer) this.last = null;
    });
    return answer.found;
  }
}
