/** The key `ssh:` as it is written. */
import { z } from 'zod';
import { SSH_HOST } from '../../protocol/run/cluster.js';
import { setupLines, word } from './word.js';

export const WrittenSsh = z
  .strictObject({
    host: word('host')
      .regex(SSH_HOST, 'host must be a name from your SSH configuration, or user@host')
      .describe('Host as `ssh` knows it: a name from `~/.ssh/config`, or `user@host`.'),
    folder: word('folder')
      .refine((text) => text !== '/' && !text.split('/').includes('..'), 'folder must be a folder, without ".."')
      .optional()
      .describe(
        'Folder on the host that gets the code and the runs; relative to the home there. Default: `tunesmith`.',
      ),
    port: z
      .number({ error: 'port must be a whole number' })
      .int('port must be a whole number')
      .min(1, 'port must be at least 1')
      .max(65535, 'port must be at most 65535')
      .optional()
      .describe('Port of the SSH server. Default: the SSH configuration’s.'),
    setup: setupLines
      .optional()
      .describe('Lines of shell that the host runs before the program: `source ~/venv/bin/activate`.'),
  })
  .describe('Host and folder of `on: ssh`.');
