/** From a run's need to sbatch's arguments and the script of its job. */
import type { JobRequest } from '../executor.js';
import { quoted } from '../shell.js';

/** Seconds before the end of its time at which a job is told, at least: a checkpoint takes a while. */
const WARNING_SECONDS = 60;

/** Returns the arguments of sbatch; the script comes on its standard input. Values are never a shell's. */
export function sbatchArguments({ name, folder, output, need, grace }: JobRequest): string[] {
  const { nodes = 1, tasksPerNode: tasks = 1 } = need;
  const given: (string | false | undefined)[] = [
    '--parsable',
    `--job-name=${name}`,
    // Slurm puts its own words in place of %-signs.
    `--output=${output.replaceAll('%', '%%')}`,
    '--open-mode=append',
    `--chdir=${folder}`,
    '--export=ALL',
    // A launch is taken once. The engine submits the next one, which resumes from the newest checkpoint.
    '--no-requeue',
    `--signal=B:USR2@${warningSeconds(grace, need.minutes)}`,
    need.partition !== undefined && `--partition=${need.partition}`,
    need.account !== undefined && `--account=${need.account}`,
    need.qos !== undefined && `--qos=${need.qos}`,
    need.constraint !== undefined && `--constraint=${need.constraint}`,
    `--nodes=${nodes}`,
    ...(nodes * tasks === 1 ? ['--ntasks=1'] : [`--ntasks=${nodes * tasks}`, `--ntasks-per-node=${tasks}`]),
    need.cpus !== undefined && `--cpus-per-task=${Math.max(1, Math.floor(need.cpus / tasks))}`,
    need.memory !== undefined && `--mem=${need.memory}M`,
    need.minutes !== undefined && `--time=${need.minutes}`,
    need.gpus !== undefined && need.gpus > 0 && `--gres=gpu:${need.gpus}`,
    ...(need.extra ?? []),
  ];
  return given.filter((each) => typeof each === 'string');
}

function warningSeconds(grace: number, minutes: number | undefined): number {
  const wanted = Math.max(WARNING_SECONDS, Math.ceil(grace) + 30);
  return minutes === undefined ? wanted : Math.min(wanted, minutes * 30);
}

/** The batch process becomes the supervisor, so that Slurm's signals reach that. */
export function jobScript({ argv, need }: JobRequest): string {
  return ['#!/bin/bash', ...(need.setup ?? []), `exec ${argv.map(quoted).join(' ')}`, ''].join('\n');
}

/** The environment for sbatch: inside an allocation, that one's variables would decide for the new job. */
export function submitEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(env).filter(([name]) => !name.startsWith('SLURM_') || name === 'SLURM_CONF'),
  );
}
