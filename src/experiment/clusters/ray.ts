/** The key `ray:` as it is written. */
import { z } from 'zod';
import { record } from '../../protocol/values/recordSchema.js';
import { word } from './word.js';

const ADDRESS = 'address must be the URL of the dashboard, such as http://head:8265';

function isDashboard(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, search, hash } = new URL(text);
  return /^https?:$/.test(protocol) && !username && !password && !search && !hash;
}

export const WrittenRay = z
  .strictObject({
    address: word('address')
      .refine(isDashboard, ADDRESS)
      .optional()
      .describe('URL of the cluster’s dashboard. Default: `http://127.0.0.1:8265`.'),
    runtimeEnv: record(z.unknown())
      .optional()
      .describe(
        'Runtime environment of the jobs, as in Ray: `{ pip: [torch], env_vars: { NAME: value } }`. `working_dir` has no effect.',
      ),
  })
  .describe('Cluster of `on: ray`.');
