import { z } from 'zod';
import { record } from './recordSchema.js';
import type * as wire from './wireNumber.js';

/** A hyperparameter's value: a YAML scalar, or a list of them. */
export type ParamValue = string | number | boolean | null | ParamValue[];
export const ParamValue: z.ZodType<ParamValue> = z.lazy(() =>
  z.union([z.string(), z.number(), z.boolean(), z.null(), z.array(ParamValue)]),
);

/** Flat map from hyperparameter name to value. Nested names are joined with dots (`optimizer.lr`). */
export type Params = Record<string, ParamValue>;
export const Params = record(ParamValue);

/**
 * Which whole numbers of a value are floats: `1.0` rather than `1` (see `floats.ts`). `true`: a float. A list or an object:
 * marks of the value's own items. `null`: no float in it.
 */
export type FloatMark = true | null | FloatMark[] | { [key: string]: FloatMark };
export const FloatMark: z.ZodType<FloatMark> = z.lazy(() =>
  z.union([z.literal(true), z.null(), z.array(FloatMark), record(FloatMark)]),
);
/** By parameter; those without a whole float are left out. */
export type Floats = Record<string, FloatMark>;
export const Floats = record(FloatMark);

export { fromWire, toWire } from './wireNumber.js';
export type WireNumber = wire.WireNumber;
export const WireNumber: z.ZodType<WireNumber> = z.union([z.number(), z.enum(['NaN', 'Infinity', '-Infinity'])]);
