/** Declares a command and reads its arguments. */
import { parseArgs } from 'node:util';
import { suggest } from '../experiment/suggest.js';
import { UsageError } from './errors.js';
import type { Context } from './context.js';
import { entryOf } from '../protocol/values/records.js';
import { l10n } from '../format/l10n.js';

export interface Option {
  type: 'string' | 'boolean';
  short?: string;
  multiple?: boolean;
  /** Placeholder of the value in the help. */
  value?: string;
  help: string;
}

export interface Command {
  name: string;
  /** After the name, such as `FILE [--set NAME=VALUE …]`. */
  usage: string;
  summary: string;
  details?: string;
  options: Record<string, Option>;
  examples: [command: string, what: string][];
  /** Number of arguments without a name. */
  args: [least: number, most: number];
  /** Resolves to the exit code. */
  run(context: Context, input: Input): Promise<number>;
}

export class Input {
  constructor(
    readonly args: string[],
    private readonly values: Record<string, string | boolean | (string | boolean)[] | undefined>,
  ) {}

  flag(name: string): boolean {
    return entryOf(this.values, name) === true;
  }

  text(name: string): string | undefined {
    const value = entryOf(this.values, name);
    return typeof value === 'string' ? value : undefined;
  }

  texts(name: string): string[] {
    const value = entryOf(this.values, name);
    return Array.isArray(value) ? value.filter((each) => typeof each === 'string') : [];
  }

  /** A whole number of at least `least`. */
  whole(name: string, least = 1): number | undefined {
    const text = this.text(name);
    if (text === undefined) return undefined;
    const value = Number(text);
    if (!Number.isInteger(value) || value < least) {
      throw new UsageError(l10n.t('--{0} takes a whole number of at least {1}, not "{2}".', name, least, text));
    }
    return value;
  }
}

/** Options that every command has. */
export const COMMON: Record<string, Option> = {
  workspace: {
    type: 'string',
    value: 'DIR',
    help: l10n.t(
      'The workspace folder. Default: the nearest parent folder with a .tunesmith folder of yours, else the current folder.',
    ),
  },
  help: { type: 'boolean', short: 'h', help: l10n.t('Show this help.') },
};

/** Allows runs and searches that the person has never started on this machine. */
export const TRUST_OPTION = {
  type: 'boolean',
  help: l10n.t('Run the command although the run or search was not started by you on this machine.'),
} as const;
/** Several values of parameters; `readSettings` reads them. */
export const SET_OPTION: Option = {
  type: 'string',
  multiple: true,
  value: 'NAME=VALUE',
  help: l10n.t('Use this value of a parameter. May be repeated.'),
};
export const JSON_OPTION: Option = { type: 'boolean', help: l10n.t('Print JSON (its shape is in docs/cli.md).') };

export function readInput(command: Command, argv: string[]): Input {
  const options = { ...command.options, ...COMMON };
  for (const word of argv) {
    if (word === '--') break;
    const name = /^--([^=]+)/.exec(word)?.[1];
    if (name === undefined || entryOf(options, name)) continue;
    const near = suggest(name, Object.keys(options));
    throw new UsageError(
      l10n.t('There is no option --{0}{1}', name, near ? l10n.t('; did you mean --{0}?', near) : '.'),
    );
  }
  let parsed;
  try {
    parsed = parseArgs({
      args: argv,
      allowPositionals: true,
      options: Object.fromEntries(
        Object.entries(options).map(([name, { type, short, multiple }]) => [
          name,
          { type, multiple: multiple ?? false, ...(short ? { short } : {}) },
        ]),
      ),
    });
  } catch (error) {
    throw new UsageError((error as Error).message.split('. To specify')[0]!);
  }
  const input = new Input(parsed.positionals, parsed.values);
  const [least, most] = command.args;
  if (!input.flag('help') && (input.args.length < least || input.args.length > most)) {
    const what =
      input.args.length < least
        ? l10n.t('An argument is missing')
        : l10n.t('Unexpected argument "{0}"', input.args[most]);
    throw new UsageError(l10n.t('{0}. Usage: tunesmith {1} {2}', what, command.name, command.usage));
  }
  return input;
}
