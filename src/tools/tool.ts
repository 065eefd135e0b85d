/** Declaration of a tool: its name, its input and its action. */
import { z } from 'zod';
import type { Act } from './act.js';
import type { Bench, Call } from './bench.js';
import type { ToolName } from './names.js';

interface Texts {
  /** Verb first, in lower case: `list_runs`. */
  name: ToolName;
  /** For the person, in a confirmation or a list of tools. */
  title: string;
  /** One sentence for the person. */
  summary: string;
  /** For the agent: what it does, when to use it, and its result. */
  description: string;
  /** Name of a codicon. */
  icon: string;
}

export interface ReadingTool extends Texts {
  input: z.ZodObject;
  acts: false;
  read(input: unknown, bench: Bench, call: Call): Promise<object>;
}

/** A tool that starts, stops or writes something. It says what first, and does it once that is allowed. */
export interface ActingTool extends Texts {
  input: z.ZodObject;
  acts: true;
  plan(input: unknown, bench: Bench): Promise<Act>;
}

export type Tool = ReadingTool | ActingTool;

/** `input` comes parsed. */
export function readingTool<I extends z.ZodObject>(
  spec: Texts & { input: I; read(input: z.output<I>, bench: Bench, call: Call): Promise<object> },
): ReadingTool {
  return { ...spec, acts: false, read: (input, bench, call) => spec.read(input as z.output<I>, bench, call) };
}

/** `input` comes parsed. */
export function actingTool<I extends z.ZodObject>(
  spec: Texts & { input: I; plan(input: z.output<I>, bench: Bench): Promise<Act> },
): ActingTool {
  return { ...spec, acts: true, plan: (input, bench) => spec.plan(input as z.output<I>, bench) };
}

/** JSON Schema (draft 7) of a tool's input. */
export function inputSchema(tool: Pick<Tool, 'input'>): Record<string, unknown> & { type: 'object' } {
  const { $schema: _, ...schema } = z.toJSONSchema(tool.input, { io: 'input', target: 'draft-7' });
  return { ...schema, type: 'object' };
}
