/** The report of a search for a network, as Markdown. */
import { formatNumber, formatParam } from '../format/numbers.js';
import type { FoundLine } from '../protocol/trainer/automatic.js';
import type { Params } from '../protocol/values/index.js';
import { entryOf } from '../protocol/values/records.js';

export interface ReportFacts {
  /** Name of the data. */
  data: string;
  found: FoundLine;
  /** Trials by how they ended. */
  counts: Record<string, number>;
  seconds: number;
  seed: number | null;
  notes: readonly string[];
  /** Names of what was searched. */
  searched: readonly string[];
  params: ReadonlyMap<string, Params>;
  files: { found: string; ensemble: string | null };
  examples: { train: number; limited: boolean };
  search: string;
}

const MOST_RANKED = 10;

export function reportText(facts: ReportFacts): string {
  const { found, data, counts, seconds, files, examples, search } = facts;
  const { metric, best, ensemble, baseline } = found;
  const word = metric === 'accuracy' ? 'Accuracy' : 'R²';
  const { classes } = found.data;
  const task = classes ? `classification into ${classes.length} classes` : 'regression';
  const tried = Object.entries(counts).filter(([, count]) => count > 0);
  const rows = [
    [metric === 'accuracy' ? 'most frequent class' : 'mean of the targets', null, baseline],
    ['best network', best.validation, best.test],
    ...(ensemble ? [[`ensemble of ${ensemble.members.length} networks`, ensemble.validation, ensemble.test]] : []),
    ...(found.whole ? [['trained again on all but the test examples', null, found.whole.test]] : []),
  ] as [string, number | null, number | null][];
  return [
    `# A network for ${data}`,
    '',
    `${capital(task)}; ${examples.train} training, ${found.examples.validation} validation and ${found.examples.test} test examples. ` +
      `In ${Math.round(seconds)} seconds, ${tried.map(([status, count]) => `${count} networks were ${WORDS[status] ?? status}`).join(', ')}.`,
    ...(examples.limited
      ? ['', 'There was no time to train on all examples; the file that was found trains on all of them.']
      : []),
    '',
    '## Result',
    '',
    `| ${word} | validation | test |`,
    '| --- | ---: | ---: |',
    ...rows.map(([name, validation, test]) => `| ${name} | ${score(validation)} | ${score(test)} |`),
    '',
    `The test examples were used once, for this table.${errorText(found)} Networks were chosen by their validation values, which are therefore optimistic.`,
    '',
    ensemble
      ? `The ensemble has a validation loss of ${formatNumber(ensemble.loss)} instead of ${formatNumber(best.loss)}: ${ensemble.members
          .map(({ run, weight }) => `${run} (${Math.round(weight * 100)} %)`)
          .join(', ')}.`
      : 'No ensemble has a lower validation loss than the best network.',
    ...(found.whole ? ['', wholeText(found.whole)] : []),
    '',
    '## The best network',
    '',
    '| | |',
    '| --- | --- |',
    ...Object.entries(facts.params.get(best.run) ?? {}).map(([name, value]) => `| ${name} | ${formatParam(value)} |`),
    '',
    '## Networks by validation loss',
    '',
    `| run | loss | ${word.toLowerCase()} | ${facts.searched.join(' | ')} |`,
    `| --- | ---: | ---: |${' --- |'.repeat(facts.searched.length)}`,
    ...found.ranking.slice(0, MOST_RANKED).map(({ run, loss, validation }) => {
      const params = facts.params.get(run) ?? {};
      const values = facts.searched.map((name) => {
        const value = entryOf(params, name);
        return value === undefined ? '–' : formatParam(value);
      });
      return `| ${run} | ${formatNumber(loss)} | ${score(validation)} | ${values.join(' | ')} |`;
    }),
    ...(found.left.length > 0 ? ['', ...found.left.map(({ run, why }) => `${run} could not be used: ${why}`)] : []),
    ...(facts.notes.length > 0 ? ['', '## Notes on the data', '', ...facts.notes.map((note) => `- ${note}`)] : []),
    '',
    '## Next steps',
    '',
    '```sh',
    `tunesmith run ${quoted(files.found)}        # train it again; the file may be changed like any other`,
    `tunesmith search ${quoted(files.found)}     # search more closely around it`,
    `tunesmith evaluate ${best.run} FILE       # the network that was trained, on other examples`,
    `tunesmith predict ${files.ensemble === null ? best.run : quoted(files.ensemble)} FILE`,
    `tunesmith auto --resume ${search} --time 60s   # search longer`,
    '```',
    '',
  ].join('\n');
}

const WORDS: Record<string, string> = {
  completed: 'trained',
  pruned: 'stopped early',
  stopped: 'stopped at the time limit',
  failed: 'failed',
};

const score = (value: number | null): string => (value === null ? '–' : value.toFixed(4));
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const quoted = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `"${file}"`);

/** Says which networks were trained again, and how often. */
function wholeText({ members }: NonNullable<FoundLine['whole']>): string {
  const trained = members.filter(({ copies }) => copies > 0);
  const total = trained.reduce((sum, { copies }) => sum + copies, 0);
  const left = members.length - trained.length;
  return (
    `Then ${trained.length === 1 ? 'this network was' : `${trained.length} of them were`} trained again on the training and validation examples together, ` +
    `with as many epochs as were best before: ${total === 1 ? 'one training' : `${total} trainings with different seeds, whose predictions are averaged`}.` +
    (left > 0 ? ` There was no time for the other ${left}.` : '')
  );
}

/** One standard error of a share of correct predictions. */
function errorText({ metric, best, examples }: FoundLine): string {
  if (metric !== 'accuracy' || best.test === null || examples.test === 0) return '';
  const error = Math.sqrt(Math.max(best.test * (1 - best.test), 1 / examples.test) / examples.test);
  return ` With ${examples.test} of them, the standard error is about ${error.toFixed(3)}.`;
}
