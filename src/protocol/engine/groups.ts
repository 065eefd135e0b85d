/** Groups of runs in a table. */
import { z } from 'zod';
import { RunQuery } from './rows.js';
import { ParamValue, WireNumber } from '../values/index.js';

export const RunGroups = z.object({
  /** Groups there are; at most 1,000 are listed. */
  total: z.number().int(),
  groups: z.array(
    z.object({
      /** Values of the fields that make the group, in their order; null: its runs have none. */
      values: z.array(ParamValue.nullable()),
      runs: z.number().int(),
      /** Statistics of each column over the runs that have a finite number; null: none has. `sd`: with n − 1. */
      columns: z.array(
        z
          .object({ n: z.number().int(), mean: WireNumber, sd: z.number(), min: WireNumber, max: WireNumber })
          .nullable(),
      ),
    }),
  ),
});
export type RunGroups = z.infer<typeof RunGroups>;

const GROUP_KEY = /^(?:(?:param|metric|info):.+|objective|status|tags|search|device|experiment|name)$/s;
const COLUMN_KEY = /^(?:(?:param|metric|info):.+|objective|duration)$/s;

export const GroupsRequest = {
  'runs/groups': {
    params: z
      .object({
        query: RunQuery,
        by: z.array(z.string().regex(GROUP_KEY)).min(1).max(8),
        columns: z.array(z.string().regex(COLUMN_KEY)).max(100),
      })
      .strict(),
    result: RunGroups,
  },
} as const;
