/** The report of a search for a network, as Markdown. */
import { formatNumber, formatParam } from '../format/numbers.js';
import type { FoundLine } from '../protocol/trainer/automatic.js';
import type { Params } from '../protocol/values/index.js';
import { entryOf } from '../protocol/values/records.js';
import { l10n } from '../format/l10n.js';

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
  const word = metric === 'accuracy' ? l10n.t('Accuracy') : 'R²';
  const { classes } = found.data;
  const task = classes ? l10n.t('classification into {0} classes', classes.length) : l10n.t('regression');
  const tried = Object.entries(counts).filter(([, count]) => count > 0);
  const rows = [
    [metric === 'accuracy' ? l10n.t('most frequent class') : l10n.t('mean of the targets'), null, baseline],
    [l10n.t('best network'), best.validation, best.test],
    ...(ensemble
      ? [[l10n.t('ensemble of {0} networks', ensemble.members.length), ensemble.validation, ensemble.test]]
      : []),
    ...(found.whole ? [[l10n.t('trained again on all but the test examples'), null, found.whole.test]] : []),
  ] as [string, number | null, number | null][];
  return [
    l10n.t('# A network for {0}', data),
    '',
    l10n.t(
      '{0}; {1} training, {2} validation and {3} test examples. In {4} seconds: {5}.',
      capital(task),
      examples.train,
      found.examples.validation,
      found.examples.test,
      Math.round(seconds),
      tried.map(([status, count]) => endedText(status, count)).join(', '),
    ),
    ...(examples.limited
      ? ['', l10n.t('There was no time to train on all examples; the file that was found trains on all of them.')]
      : []),
    '',
    l10n.t('## Result'),
    '',
    `| ${word} | ${l10n.t('validation')} | ${l10n.t('test')} |`,
    '| --- | ---: | ---: |',
    ...rows.map(([name, validation, test]) => `| ${name} | ${score(validation)} | ${score(test)} |`),
    '',
    l10n.t(
      'The test examples were used once, for this table.{0} Networks were chosen by their validation values, which are therefore optimistic.',
      errorText(found),
    ),
    '',
    ensemble
      ? l10n.t(
          'The ensemble has a validation loss of {0} instead of {1}: {2}.',
          formatNumber(ensemble.loss),
          formatNumber(best.loss),
          ensemble.members.map(({ run, weight }) => `${run} (${Math.round(weight * 100)} %)`).join(', '),
        )
      : l10n.t('No ensemble has a lower validation loss than the best network.'),
    ...(found.whole ? ['', wholeText(found.whole)] : []),
    '',
    l10n.t('## The best network'),
    '',
    '| | |',
    '| --- | --- |',
    ...Object.entries(facts.params.get(best.run) ?? {}).map(([name, value]) => `| ${name} | ${formatParam(value)} |`),
    '',
    l10n.t('## Networks by validation loss'),
    '',
    `| ${l10n.t('run')} | ${l10n.t('loss')} | ${word.toLowerCase()} | ${facts.searched.join(' | ')} |`,
    `| --- | ---: | ---: |${' --- |'.repeat(facts.searched.length)}`,
    ...found.ranking.slice(0, MOST_RANKED).map(({ run, loss, validation }) => {
      const params = facts.params.get(run) ?? {};
      const values = facts.searched.map((name) => {
        const value = entryOf(params, name);
        return value === undefined ? '–' : formatParam(value);
      });
      return `| ${run} | ${formatNumber(loss)} | ${score(validation)} | ${values.join(' | ')} |`;
    }),
    ...(found.left.length > 0
      ? ['', ...found.left.map(({ run, why }) => l10n.t('{0} could not be used: {1}', run, why))]
      : []),
    ...(facts.notes.length > 0
      ? ['', l10n.t('## Notes on the data'), '', ...facts.notes.map((note) => `- ${note}`)]
      : []),
    '',
    l10n.t('## Next steps'),
    '',
    '```sh',
    `tunesmith run ${quoted(files.found)}        # ${l10n.t('train it again; the file may be changed like any other')}`,
    `tunesmith search ${quoted(files.found)}     # ${l10n.t('search more closely around it')}`,
    `tunesmith evaluate ${best.run} FILE       # ${l10n.t('the network that was trained, on other examples')}`,
    `tunesmith predict ${files.ensemble === null ? best.run : quoted(files.ensemble)} FILE`,
    `tunesmith auto --resume ${search} --time 60s   # ${l10n.t('search longer')}`,
    '```',
    '',
  ].join('\n');
}

/** How many networks ended in a way. */
function endedText(status: string, count: number): string {
  switch (status) {
    case 'completed':
      return l10n.t('{0} networks were trained', count);
    case 'pruned':
      return l10n.t('{0} were stopped early', count);
    case 'stopped':
      return l10n.t('{0} were stopped at the time limit', count);
    default:
      return l10n.t('{0} failed', count);
  }
}

const score = (value: number | null): string => (value === null ? '–' : value.toFixed(4));
const capital = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);
const quoted = (file: string): string => (/^[\w./-]+$/.test(file) ? file : `"${file}"`);

/** Says which networks were trained again, and how often. */
function wholeText({ members }: NonNullable<FoundLine['whole']>): string {
  const trained = members.filter(({ copies }) => copies > 0);
  const total = trained.reduce((sum, { copies }) => sum + copies, 0);
  const left = members.length - trained.length;
  const which =
    trained.length === 1
      ? l10n.t('Then this network was trained again on the training and validation examples together')
      : l10n.t('Then {0} of them were trained again on the training and validation examples together', trained.length);
  const often =
    total === 1
      ? l10n.t('one training')
      : l10n.t('{0} trainings with different seeds, whose predictions are averaged', total);
  const text = l10n.t('{0}, with as many epochs as were best before: {1}.', which, often);
  return left > 0 ? l10n.t('{0} There was no time for the other {1}.', text, left) : text;
}

/** One standard error of a share of correct predictions. */
function errorText({ metric, best, examples }: FoundLine): string {
  if (metric !== 'accuracy' || best.test === null || examples.test === 0) return '';
  const error = Math.sqrt(Math.max(best.test * (1 - best.test), 1 / examples.test) / examples.test);
  return l10n.t(' With {0} of them, the standard error is about {1}.', examples.test, error.toFixed(3));
}
