/** Small tasks drawn from a data set: a few of its classes with a few examples of each, or a few rows of a group. */
import type { MetaSettings } from '../../experiment/network/index.js';
import type { Dataset, Examples, HeldExamples, Numbers } from '../data/types.js';
import { PlacedError, listOf } from '../errors.js';
import { Random } from '../random.js';
import { said } from '../../format/said.js';
import type { Said } from '../../protocol/said.js';

/** All runs of a search are evaluated on the same tasks. */
const UNSEEN_SEED = 20_261_130;
/** Share of the classes or groups that only the evaluation sees. */
const UNSEEN_SHARE = 0.2;

/** One class, or one group, and its examples: those of training first, then those of validation. */
interface Kind {
  name: string;
  examples: Int32Array;
}

/** A task: examples to learn from, and others to evaluate on. Their classes are those of the task. */
export interface Task {
  support: HeldExamples;
  query: HeldExamples;
}

export class Tasks {
  /** Data set with the classes of a task instead of its own. */
  readonly dataset: Dataset;
  private readonly seen: Kind[];
  private readonly unseen: Kind[];

  constructor(
    private readonly settings: MetaSettings,
    private readonly whole: Dataset,
  ) {
    const { ways } = settings;
    const kinds = kindsOf(whole, ways === null);
    const need = settings.shots + settings.queries;
    const large = kinds.filter(({ examples }) => examples.length >= need);
    const what = ways === null ? said('groups') : said('classes');
    if (large.length === 0) {
      const most = Math.max(...kinds.map(({ examples }) => examples.length));
      throw new PlacedError(
        ['meta', 'queries'],
        said('the largest of the {0} has {1} examples: {2} are needed', what, most, need),
      );
    }
    [this.seen, this.unseen] = divided(settings, large, kinds);
    const least = ways ?? 1;
    for (const [part, name] of [
      [this.seen, said('for training')],
      [this.unseen, said('for new tasks')],
    ] as const) {
      if (part.length >= least) continue;
      const path = part === this.seen ? ['meta', 'ways'] : ['meta', 'unseen', 'from'];
      throw new PlacedError(
        path,
        said(
          '{0} {1} have {2} examples; {3} of them are left {4}, but a task needs {5}',
          large.length,
          what,
          need,
          part.length,
          name,
          least,
        ),
      );
    }
    const classes = ways === null ? whole.classes : Array.from({ length: ways }, (_, i) => `class ${i + 1}`);
    this.dataset = { ...whole, classes, outputs: ways ?? whole.outputs };
  }

  /** Says which tasks there are. */
  get said(): Said {
    const { ways, shots, queries, unseen } = this.settings;
    const text =
      ways === null
        ? said(
            'tasks of one group, {0} + {1} examples from {2} groups; {3} new tasks from {4} other groups',
            ...[shots, queries, this.seen.length, unseen.tasks, this.unseen.length],
          )
        : said(
            'tasks of {0} classes, {1} + {2} examples of each from {3} classes; {4} new tasks from {5} other classes',
            ...[ways, shots, queries, this.seen.length, unseen.tasks, this.unseen.length],
          );
    return this.unseen.length > 10 ? text : said('{0}: {1}', text, this.unseen.map(({ name }) => name).join(', '));
  }

  /** Draws a task for training. */
  draw(random: Random): Promise<Task> {
    return this.from(this.seen, random);
  }

  /** Returns the new task of this index, the same for every run. */
  unseenTask(index: number): Promise<Task> {
    return this.from(this.unseen, new Random(UNSEEN_SEED).fork(`task ${index}`));
  }

  private async from(kinds: Kind[], random: Random): Promise<Task> {
    const { ways, shots, queries } = this.settings;
    const chosen = random.shuffle(Int32Array.from(kinds.keys())).subarray(0, ways ?? 1);
    const support: number[] = [];
    const query: number[] = [];
    for (const kind of chosen) {
      const drawn = firstOf(kinds[kind]!.examples, shots + queries, random);
      support.push(...drawn.subarray(0, shots));
      query.push(...drawn.subarray(shots));
    }
    const places = (each: number) => (i: number) => Math.floor(i / each);
    return {
      support: await this.read(Int32Array.from(support), ways === null ? null : places(shots)),
      query: await this.read(Int32Array.from(query), ways === null ? null : places(queries)),
    };
  }

  /** Reads the examples. `place` returns the class of the i-th within the task; null: the targets are the data's. */
  private async read(examples: Int32Array, place: ((i: number) => number) | null): Promise<HeldExamples> {
    const { train, validation, inputShape } = this.whole;
    const width = inputShape.reduce((a, b) => a * b, 1);
    const parts: [Examples, Int32Array][] = [
      [train, examples.filter((i) => i < train.count)],
      [validation, examples.filter((i) => i >= train.count).map((i) => i - train.count)],
    ];
    const inputs = await Promise.all(parts.map(([part, indexes]) => inputsOf(part, indexes, width)));
    const perTarget = this.whole.classes ? 1 : this.whole.outputs;
    const own = this.whole.classes ? new Int32Array(examples.length) : new Float32Array(examples.length * perTarget);
    const values = new Float32Array(examples.length * width);
    const next = [0, 0];
    examples.forEach((example, i) => {
      const part = example < train.count ? 0 : 1;
      const [{ targets }] = parts[part]!;
      const index = part === 0 ? example : example - train.count;
      const at = next[part]!++ * width;
      values.set(inputs[part]!.subarray(at, at + width), i * width);
      own.set(targets.subarray(index * perTarget, (index + 1) * perTarget), i * perTarget);
    });
    return { count: examples.length, inputs: values, targets: place ? Int32Array.from(own, (_, i) => place(i)) : own };
  }
}

async function inputsOf({ inputs }: Examples, indexes: Int32Array, width: number): Promise<Numbers> {
  if (!ArrayBuffer.isView(inputs)) return inputs.read(indexes);
  const values = new (inputs.constructor as new (length: number) => Numbers)(indexes.length * width);
  indexes.forEach((index, i) => values.set(inputs.subarray(index * width, (index + 1) * width), i * width));
  return values;
}

/** Returns the classes, or the groups, with the indexes of their examples. */
function kindsOf({ train, validation, classes, groups }: Dataset, isGrouped: boolean): Kind[] {
  const names = isGrouped ? groups : classes;
  if (!names) {
    throw new PlacedError(
      ['meta'],
      isGrouped
        ? said('tasks need a column that says which group a row belongs to: add "group" to the data')
        : said('the targets are numbers: add a "group" column to the data, whose groups are the tasks'),
    );
  }
  const found = names.map((): number[] => []);
  const codes = (part: Examples) => (isGrouped ? part.groups! : part.targets);
  for (let i = 0; i < train.count; i++) found[codes(train)[i]!]!.push(i);
  for (let i = 0; i < validation.count; i++) found[codes(validation)[i]!]!.push(train.count + i);
  return names.map((name, i) => ({ name, examples: Int32Array.from(found[i]!) }));
}

/** Divides classes or groups into those of training and those that only the evaluation sees. */
function divided({ ways, unseen }: MetaSettings, large: Kind[], all: Kind[]): [Kind[], Kind[]] {
  const { from } = unseen;
  if (Array.isArray(from)) {
    const names = new Set(from.map(String));
    const strange = [...names].find((name) => !all.some((kind) => kind.name === name));
    if (strange !== undefined) {
      throw new PlacedError(
        ['meta', 'unseen', 'from'],
        said('the data have no "{0}"; there are {1}', strange, listOf(all.map(({ name }) => name))),
      );
    }
    return [large.filter(({ name }) => !names.has(name)), large.filter(({ name }) => names.has(name))];
  }
  const count = from ?? Math.max(ways ?? 1, Math.round(UNSEEN_SHARE * large.length));
  const order = new Random(UNSEEN_SEED).shuffle(Int32Array.from(large.keys()));
  const chosen = new Set(order.subarray(0, count));
  return [large.filter((_, i) => !chosen.has(i)), large.filter((_, i) => chosen.has(i))];
}

/** Draws `count` different values. */
function firstOf(values: Int32Array, count: number, random: Random): Int32Array {
  const pool = values.slice();
  for (let i = 0; i < count; i++) {
    const j = i + Math.floor(random.uniform() * (pool.length - i));
    [pool[i], pool[j]] = [pool[j]!, pool[i]!];
  }
  return pool.subarray(0, count);
}
