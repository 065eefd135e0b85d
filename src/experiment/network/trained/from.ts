/** Schema and normal form of the trained network that a training begins with. */
import { z } from 'zod';
import { flag, oneOf, path, whole, type Kit } from '../kit.js';
import { record } from '../../../protocol/values/recordSchema.js';
import type { NetworkProblem } from '../problems.js';

/** Location of a trained network: a run, the best run of an experiment, or a file. */
export type TrainedSource =
  | { kind: 'run'; run: string; fold: number | null }
  /** Best run of an experiment by name; null: of this one. The run is chosen when the training is started. */
  | { kind: 'best'; experiment: string | null; fold: number | null }
  /** Path of a file, or of a folder with `model.json`; relative to the experiment file. */
  | { kind: 'file'; file: string };

export interface FromSettings {
  source: TrainedSource;
  /** Last layer that is taken: its name, or its number from 1 (negative numbers count from the end); null: all are. */
  upTo: string | number | null;
  /** `new`: the last dense layer gives way to one for the data's classes or numbers. */
  head: 'keep' | 'new';
  /** `weights`: the section's own layers take the file's weights by name; null: as the file allows. */
  use: 'network' | 'weights' | null;
  /** Names of weights in the file, by the names that they have here. */
  names: Record<string, string>;
  /** Weights that the file lacks are an error, or keep their initial values. */
  missing: 'refuse' | 'init';
  /** Part of the network that is worked on; the others stay as they are. Null: all of it. */
  part: string | null;
  /** Parts that are replaced by those of other runs. */
  join: { run: string; part: string }[];
}

/** Maximum length of the name of a run, an experiment or a layer. */
const LONGEST = 200;
const name = (what: string) =>
  z
    .string({ error: (issue) => (issue.input === undefined ? `${what} is missing` : `${what} must be text`) })
    .min(1, `${what} must not be empty`)
    .max(LONGEST, `${what} must be at most ${LONGEST} characters`);

/** Schema fields that say where a trained network is. */
export function trainedFields({ p, optional }: Kit) {
  return {
    run: optional(name('run')).describe('Id of the run in this workspace whose trained network is used.'),
    best: optional(flag('best')).describe('Uses the best run of this experiment, or of `experiment`.'),
    experiment: optional(name('experiment')).describe('Name of the experiment whose best run is used.'),
    file: p(path('file'))
      .nullish()
      .describe(
        'File of a trained network, relative to the experiment file: ours or other safetensors, Keras (`.keras`, `.h5`), ONNX (`.onnx`), NPZ, or the `model.json` of TensorFlow.js.',
      ),
    fold: optional(whole('fold')).describe('Network of this fold, if the run was cross-validated.'),
  };
}
type WrittenTrained = {
  run?: string | null | undefined;
  best?: boolean | null | undefined;
  experiment?: string | null | undefined;
  file?: string | null | undefined;
  fold?: number | null | undefined;
};

export function fromSchema(kit: Kit) {
  const { p, optional } = kit;
  const settings = z.strictObject({
    ...trainedFields(kit),
    upTo: optional(z.union([z.number().int('upTo must be a whole number'), name('upTo')])).describe(
      'Last layer that is kept, by name (`4.conv`, or the name in the file) or by number from 1; -1: all but the last. `layers` follow it.',
    ),
    head: optional(oneOf('head', ['keep', 'new'])).describe(
      '`new`: replaces the last dense layer by one for the classes or numbers of these data. Default: keep.',
    ),
    use: optional(oneOf('use', ['network', 'weights'])).describe(
      '`network`: takes the layers too, and appends `layers`. `weights`: `layers` are the whole network and take weights by name and shape. Default: network, if the file has one.',
    ),
    names: record(z.string(), { error: 'names must name weights: { 1.dense/kernel: fc1.weight }' })
      .nullish()
      .describe('Names of weights in the file, by their names here, such as `1.dense/kernel: fc1.weight`.'),
    missing: optional(oneOf('missing', ['refuse', 'init'])).describe(
      'Weights that the file lacks, with `use: weights`: `refuse` (the default), or `init`: they keep their initial values.',
    ),
    part: optional(name('part')).describe(
      'Part of the network, as `decompose: { parts }` named it, that is worked on. The other parts stay as they are around it.',
    ),
    join: z
      .array(z.strictObject({ run: p(name('run')), part: p(name('part')) }), {
        error: 'join must be a list of parts of runs, such as [{ run: ID, part: head }]',
      })
      .max(100)
      .nullish()
      .describe('Parts that are taken from other runs, in place of those of this network.'),
  });
  return z.union([p(path('from')), settings], {
    error: 'from must be a file, or one of { run: ID }, { best: true }, { file: PATH }',
  });
}
export type WrittenFrom = z.output<ReturnType<typeof fromSchema>>;

/** Returns why a place of a trained network is not clear; null: it is. `at` leads to it from `network`. */
export function trainedProblem(written: WrittenTrained, at: readonly string[]): NetworkProblem | null {
  const { run, best, experiment, file, fold } = written;
  const given = [
    ...(run ? ['run'] : []),
    ...(best ? ['best'] : []),
    ...(file ? ['file'] : []),
    ...(experiment && !best ? ['experiment'] : []),
  ];
  const problem = (key: string | null, message: string) => ({ path: [...at, ...(key === null ? [] : [key])], message });
  if (experiment && !best && given.length === 1) {
    return problem('experiment', 'experiment needs best: true, or say which run: run: ID');
  }
  if (given.length === 0) return problem(null, 'name the trained network: run: ID, best: true or file: PATH');
  if (given.length > 1) return problem(given[1]!, `"${given[0]}" and "${given[1]}" exclude each other`);
  if (file && fold) return problem('fold', 'fold is for runs: a file holds one network');
  return null;
}

export function normalizeTrained(written: WrittenTrained): TrainedSource {
  const fold = written.fold ?? null;
  if (written.run) return { kind: 'run', run: written.run, fold };
  if (written.file) return { kind: 'file', file: written.file };
  return { kind: 'best', experiment: written.experiment ?? null, fold };
}

/** Checks what the schema can't: settings that exclude each other. */
export function fromProblem(written: WrittenFrom | null | undefined, layers: unknown): NetworkProblem | null {
  if (written === null || written === undefined || typeof written === 'string') return null;
  const place = trainedProblem(written, ['from']);
  if (place) return place;
  const { upTo, head, use, part, join } = written;
  const whole = part ? 'part' : join && join.length > 0 ? 'join' : null;
  if (whole) {
    const other = layers ? ['layers'] : upTo ? ['from', 'upTo'] : head === 'new' ? ['from', 'head'] : null;
    if (other)
      return { path: other, message: `${other.at(-1)} can't be combined with "${whole}", which keeps all layers` };
    if (use === 'weights') return { path: ['from', 'use'], message: `${whole} needs use: network` };
  }
  if (head === 'new' && layers) {
    return {
      path: ['from', 'head'],
      message: 'head: new and "layers" exclude each other: layers already are the new head',
    };
  }
  if (use !== 'weights') return null;
  if (!layers) return { path: ['layers'], message: 'layers is missing: with use: weights, it names the whole network' };
  const odd = upTo ? 'upTo' : head === 'new' ? 'head' : null;
  return odd && { path: ['from', odd], message: `${odd} is for use: network; here "layers" name the whole network` };
}

export function normalizeFrom(written: WrittenFrom | null | undefined): FromSettings | null {
  if (written === null || written === undefined) return null;
  const given = typeof written === 'string' ? { file: written } : written;
  const { upTo = null, head, use = null, names, missing, part = null, join } = given as Exclude<WrittenFrom, string>;
  return {
    source: normalizeTrained(given),
    upTo,
    head: head ?? 'keep',
    use,
    names: names ?? {},
    missing: missing ?? 'refuse',
    part,
    join: join ?? [],
  };
}
