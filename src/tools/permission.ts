/** Decides whether an agent may act: by the person's word, or by a budget that the person has given. */
import type { Consent } from '../protocol/engine/agents.js';
import type { Act } from './act.js';
import { ToolError } from './bench.js';

/** The host of the tools, as far as it concerns the person. */
export interface Host {
  /** Name of the agent, for the record. */
  agent: string;
  /** True if the person trusts the folder. Null: they do if they have started anything in it on this machine. */
  isTrusted: boolean | null;
  /** Asks the person. `unable`: nobody can be asked. */
  ask(act: Act): Promise<'yes' | 'no' | 'unable'>;
}

/** Returns the ground on which the act is allowed. Throws ToolError if it is not. */
export async function permit(act: Act, host: Host): Promise<Consent> {
  if (host.isTrusted === false)
    throw new ToolError('This folder is not trusted, so agents may only read. The person can trust it in the editor.');
  const { known } = await act.folder.request('agents/permissions', {});
  if (host.isTrusted === null && !known)
    throw new ToolError(
      'The person has never started anything in this folder on this machine, so agents may only read here. ' +
        'Ask the person to start something once (tunesmith run FILE), or to give a budget (tunesmith allow --hours N FILE).',
    );
  if (await isCovered(act)) return 'budget';
  const said = await host.ask(act);
  if (said === 'yes') return 'asked';
  if (said === 'no') throw new ToolError('The person said no. Do not try again unless they ask for it.');
  throw new ToolError(`Nobody can be asked, and ${await whyUncovered(act)}`);
}

/** Returns whether a budget covers the action, so that nobody has to be asked. */
export async function isCovered(act: Act): Promise<boolean> {
  const left = await hoursLeft(act);
  return act.isOwn && left !== null && left > 0 && (act.deviceHours ?? 0) <= left;
}

async function hoursLeft({ folder, file }: Act): Promise<number | null> {
  const { grants } = await folder.request('agents/permissions', {});
  const grant = grants.find((each) => each.file === file);
  return grant ? grant.hours - grant.usedHours : null;
}

async function whyUncovered(act: Act): Promise<string> {
  const advice = `Tell the person what you want to do (${act.what}) and ask them to run: tunesmith allow --hours N ${act.file ?? 'FILE'}`;
  const left = await hoursLeft(act);
  if (!act.isOwn)
    return `a budget covers only what agents have started. The person can do it, or agree in a client that can ask.`;
  if (left === null) return `no budget was given for this file. ${advice}`;
  if (left <= 0) return `the budget for this file is spent. ${advice}`;
  return `this takes about ${act.deviceHours!.toPrecision(2)} h of the ${left.toPrecision(2)} h that the budget has left. ${advice}`;
}
