import { VICTIMS, type Played } from './play.js';
import { judge, type Verdict } from './verdict.js';

export interface Report {
  markdown: string;
  /** All that should not be. */
  faults: string[];
}

export function report(played: Played): Report {
  const here = judge(played.fates);
  const there = played.otherHost && judge(played.otherHost);
  const sum = (pick: (fate: Played['fates'][number]) => number): number =>
    played.fates.reduce((total, fate) => total + pick(fate), 0);
  const kills = Object.values(played.kills).reduce((a, b) => a + b, 0);
  const row = (name: string, key: keyof Verdict): string =>
    `| ${name} | ${here[key].length} | ${there ? there[key].length : 'not played'} |`;
  const markdown = [
    '| Killed | Times |',
    '| --- | --- |',
    ...VICTIMS.filter((victim) => played.kills[victim] > 0).map((victim) => `| ${victim} | ${played.kills[victim]} |`),
    `| in all | ${kills} |`,
    '',
    `${played.fates.length} runs, ${played.fates.filter(({ asked }) => asked).length} of them requested, in part by ` +
      `${played.searches} searches; ${sum(({ acknowledged }) => acknowledged.length)} records acknowledged, ` +
      `${sum(({ stored }) => stored.length)} stored.` +
      (played.lostBySlurm > 0 ? ` Runs lost with a daemon by Slurm's own log: ${played.lostBySlurm}.` : ''),
    '',
    '| Must not happen | On the working host | On the watching host |',
    '| --- | --- | --- |',
    row('Runs with a record lost', 'lost'),
    row('Runs with a record doubled', 'doubled'),
    row('Runs started unasked or twice', 'unasked'),
    row('Runs misjudged', 'misjudged'),
    row('Runs with a process left running', 'leftRunning'),
    '',
  ].join('\n');
  const faults = [here, ...(there ? [there] : [])].flatMap((verdict, index) =>
    Object.entries(verdict).flatMap(([kind, list]) =>
      (list as string[]).map((one) => `${index === 0 ? 'here' : 'there'}, ${kind}: ${one}`),
    ),
  );
  return { markdown, faults };
}
