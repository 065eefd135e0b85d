import { afterEach, describe, expect, it } from 'vitest';
import { Turns, type TurnTaker } from '../../../../src/engine/runs/intake/turns.js';

class Taker implements TurnTaker {
  taken = 0;
  done = 0;
  readonly errors: unknown[] = [];
  constructor(
    private readonly parts: number,
    private readonly work: () => void = () => undefined,
  ) {}
  take(): boolean {
    this.work();
    return ++this.taken < this.parts;
  }
  committed(): void {
    this.done = this.taken;
  }
  undone(error: unknown): void {
    this.taken = this.done;
    if (error !== null) this.errors.push(error);
  }
}

const busy = (ms: number) => (): void => {
  for (const until = performance.now() + ms; performance.now() < until;);
};
const until = async (is: () => boolean): Promise<void> => {
  while (!is()) await new Promise((resolve) => setTimeout(resolve, 2));
};

describe('turns', () => {
  let turns: Turns;
  let batches = 0;
  const make = (): void => {
    batches = 0;
    turns = new Turns((work) => {
      batches++;
      work();
    });
  };
  afterEach(() => turns.close());

  it('store the records of a thousand runs in one transaction', async () => {
    make();
    const takers = Array.from({ length: 1000 }, () => new Taker(1));
    for (const taker of takers) turns.soon(taker);
    await until(() => takers.every(({ done }) => done === 1));
    expect(batches).toBeLessThan(10);
  });

  it('yield to the event loop between long parts, and take turns', async () => {
    make();
    const takers = [new Taker(10, busy(5)), new Taker(10, busy(5))];
    for (const taker of takers) turns.soon(taker);
    let loops = 0;
    const count = setInterval(() => loops++, 1);
    await until(() => takers[0]!.done === 10);
    clearInterval(count);
    expect(loops).toBeGreaterThan(4);
    expect(takers[1]!.done).toBeGreaterThanOrEqual(8);
  });

  it('undo a transaction that failed and store the parts of the others by themselves', async () => {
    make();
    const bad = new Taker(1, () => {
      throw new Error('no room');
    });
    const good = [new Taker(3), new Taker(1)];
    for (const taker of [good[0]!, bad, good[1]!]) turns.soon(taker);
    await until(() => good.every((taker, i) => taker.done === [3, 1][i]) && bad.errors.length > 0);
    expect(bad.errors).toEqual([new Error('no room')]);
    expect(bad.done).toBe(0);
    expect(good.flatMap(({ errors }) => errors)).toEqual([]);
  });

  it('take nothing any more once they are closed', async () => {
    make();
    const taker = new Taker(1);
    turns.soon(taker);
    turns.close();
    await new Promise((resolve) => setTimeout(resolve, 30));
    expect(taker.taken).toBe(0);
  });
});
