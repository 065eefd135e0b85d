/** Everything that is found in a script without running it. */
import type { ParamValue } from '../../protocol/values/index.js';

export type ArgumentKind = 'int' | 'float' | 'text' | 'boolean';

/** How a value reaches the program. */
export type Passing =
  /** `--lr 0.1`, or with `joined` `--lr=0.1`. */
  | { how: 'option'; option: string; joined: boolean; words?: BooleanWords }
  /** `--amp` when it is on, `--no-amp` when it is off; a side that is missing passes nothing. */
  | { how: 'switch'; on?: string; off?: string }
  /** `--sizes 64 128`. Without an option: positional. */
  | { how: 'list'; option: string | null }
  | { how: 'position' }
  /** `optimizer.lr=0.1` */
  | { how: 'override'; key: string }
  /** A copy of the configuration file has it. */
  | { how: 'file'; path: string[] }
  /** The program asks the client for it. */
  | { how: 'client' }
  /** The reason why it can't be passed on. */
  | { how: 'none'; why: string };

/** How the program reads true and false from a text. */
export interface BooleanWords {
  on: string;
  off: string;
}

export interface ScriptArgument {
  /** The name that the script uses for the value, such as `batch_size`. */
  name: string;
  kind: ArgumentKind;
  isList: boolean;
  /** Absent: there is none, or only running the script would tell. Null: Python's None. */
  value?: ParamValue;
  choices?: ParamValue[];
  /** Bounds that the script itself checks, both included. */
  bounds?: { low?: number; high?: number };
  required: boolean;
  /** It belongs to the program itself, not to its subcommand, so it comes before that. */
  isGlobal?: true;
  help?: string;
  /** From 0. */
  line: number;
  pass: Passing;
}

export type ParserKind =
  | 'argparse'
  | 'click'
  | 'typer'
  | 'fire'
  | 'absl'
  | 'dataclass'
  | 'hydra'
  | 'lightning'
  | 'configurator'
  | 'config file'
  | 'client';

/** Declarations of one kind of parser. */
export interface Found {
  parser: ParserKind;
  arguments: ScriptArgument[];
  prefix: string[];
  /** First line of the declarations, from 0. */
  line: number;
  notes: string[];
  hydra?: string;
}

/** A configuration file that the script reads. */
export interface ConfigFile {
  /** As the script names it: relative to the folder that the script starts in. */
  path: string;
  format: 'yaml' | 'json' | 'toml';
  /** Argument of the script that names it; null: its name is fixed in the code. */
  argument: ScriptArgument | null;
}

export interface FoundScript {
  language: 'python' | 'other';
  parser: ParserKind | null;
  arguments: ScriptArgument[];
  /** Words before the arguments, such as a subcommand. */
  prefix: string[];
  config: ConfigFile | null;
  /** Path of Hydra's main configuration from the script's folder, without its ending. */
  hydra: string | null;
  /** Line of `if __name__ == "__main__"`, from 0. */
  mainLine: number | null;
  /** First line of the declarations of arguments. */
  argumentsLine: number | null;
  /** Metrics that the script logs under names written in its code. */
  metrics: { name: string; line: number }[];
  /** Facts for the reader of the file, such as a required argument without a value. */
  notes: string[];
}

/** Files of a folder; paths are relative to it. Both return null if there is nothing to read. */
export interface Folder {
  read(path: string): string | null;
  /** Names of the files of a folder. */
  list(path: string): string[] | null;
}

export interface Neighbors {
  /** The script's folder. */
  script: Folder;
  /** The folder that it starts in. */
  start: Folder;
}

/** Note on a script whose arguments are not known for this reason. */
export const TOO_LARGE = 'The script is too large to be read.';
