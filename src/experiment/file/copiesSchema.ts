/** Schemas of `files:` and `output:`, of an experiment and of a stage that runs a command. */
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import type { ParamValue } from '../../protocol/values/index.js';
import type { CopiedValues } from '../start/configCopies.js';

/** Numbers that are not finite pass here: they are refused later, by name. */
const isValue = (v: unknown): v is ParamValue =>
  v === null || ['string', 'number', 'boolean'].includes(typeof v) || (Array.isArray(v) && v.every(isValue));
export const NO_VALUE = { error: 'must be a number, text, true, false, null or a list of them' };
export const AnyValue = z.custom<ParamValue>(isValue, NO_VALUE);

/** Values of `files:`, in groups as the configuration file has them. */
const copiedValues: z.ZodType<CopiedValues> = z.lazy(() => record(z.union([AnyValue, copiedValues], NO_VALUE)));

export const filesSchema = record(copiedValues, {
  error: 'files must name files and their values, such as: { config.yaml: { lr: "{lr}" } }',
})
  .optional()
  .describe(
    'Configuration files (YAML, JSON, TOML) that each run gets a copy of, with these values in it: `config.yaml: { lr: "{lr}" }`. `{config}` in `run` is the path of the copy.',
  );

export const outputSchema = z
  .union([z.string(), record(z.null())], { error: 'output must be a folder, such as: "{run.dir}"' })
  .optional()
  .describe(
    'Folder that the program starts in, so that files that it writes to relative paths belong to this run only: `"{run.dir}"` or a folder in it. Arguments that name files of `cwd` become absolute paths.',
  );
