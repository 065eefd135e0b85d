/** Machine, variables and packages that a run was started with, and the data that its file names. */
import { html, nothing, type TemplateResult } from 'lit';
import type { RecordedEnvironment } from '../../../src/protocol/engine/recorded.js';
import { l10n } from '../../../src/format/l10n.js';
import { formatCount } from '../../../src/format/numbers.js';
import { textField } from '../../components/controls.js';
import { emptyState } from '../../components/emptyState.js';
import type { RunFacts } from '../../model/page/runFacts.js';
import { block, pairs } from './overview.js';

export function environmentSection(facts: RunFacts, filter: string, onFilter: (text: string) => void): TemplateResult {
  const recorded = facts.recorded.get();
  const { error } = facts.recorded;
  if (!recorded)
    return error === null
      ? emptyState('loading', l10n.t('Reading the environment…'))
      : emptyState('error', l10n.t('The environment can’t be read'), error);
  const { environment, data } = recorded;
  if (!environment && !data)
    return emptyState(
      'server-environment',
      l10n.t('No environment is recorded'),
      l10n.t('It is recorded when a program starts, unless it is switched off with capture: in the experiment file.'),
    );
  return html`<div class="page-single">
    ${
      environment
        ? html`${block(l10n.t('Machine'), machine(environment))} ${variables(environment)}
          ${packages(environment, filter, onFilter)}`
        : nothing
    }
    ${
      data?.length
        ? block(
            l10n.t('Data'),
            pairs(
              data.map(({ path, size, sha256 }) => [
                path,
                html`${l10n.t('{0} bytes', formatCount(size))}${sha256 === null ? nothing : html` <code title=${sha256}>${sha256.slice(0, 12)}</code>`}`,
              ]),
            ),
          )
        : nothing
    }
  </div>`;
}

function machine({ system, cpu, cores, memoryMiB, gpus, interpreter }: RecordedEnvironment): TemplateResult {
  return pairs([
    [l10n.t('System'), system],
    [l10n.t('Processor'), l10n.t('{0} ({1} cores)', cpu, cores)],
    [l10n.t('Memory'), `${Math.round(memoryMiB / 1024)} GiB`],
    ...gpus.map(
      ({ name, memoryMiB: memory, driver }, i) =>
        [
          l10n.t('GPU {0}', i),
          [
            name,
            memory === null ? '' : `${Math.round(memory / 1024)} GiB`,
            driver === null ? '' : l10n.t('driver {0}', driver),
          ]
            .filter(Boolean)
            .join(', '),
        ] as const,
    ),
    ...(interpreter
      ? [[l10n.t('Interpreter'), `${interpreter.language} ${interpreter.version} (${interpreter.path})`] as const]
      : []),
  ]);
}

function variables({ variables }: RecordedEnvironment): TemplateResult | typeof nothing {
  const rows = Object.entries(variables);
  return rows.length > 0 ? block(l10n.t('Variables'), pairs(rows)) : nothing;
}

function packages(
  { packages }: RecordedEnvironment,
  filter: string,
  onFilter: (text: string) => void,
): TemplateResult | typeof nothing {
  const all = Object.entries(packages);
  if (all.length === 0) return nothing;
  const words = filter.trim().toLowerCase();
  const found = all.filter(([name]) => name.toLowerCase().includes(words));
  return block(
    l10n.t('{0} packages', all.length),
    html`${
      all.length > 12
        ? textField({
            label: l10n.t('Filter packages'),
            placeholder: l10n.t('Filter packages'),
            icon: 'filter',
            value: filter,
            testId: 'package-filter',
            onInput: onFilter,
          })
        : nothing
    }${pairs(found.sort(([a], [b]) => (a < b ? -1 : 1)))}`,
  );
}
