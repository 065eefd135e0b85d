/** Texts of the empty explorer and of the walkthrough. Links name commands through `commandId`. */
import { commandId } from './commands.js';
import { CONTEXT, VIEW, WALKTHROUGH } from './ids.js';

const link = (text: string, name: Parameters<typeof commandId>[0]) => `[${text}](command:${commandId(name)})`;

export const WELCOME = [
  {
    key: 'untrusted',
    view: VIEW.runs,
    when: '!isWorkspaceTrusted',
    contents:
      'There are no runs in this workspace. It is not trusted, so Tunesmith starts nothing in it.\n[Manage Workspace Trust](command:workbench.trust.manage)',
  },
  {
    key: 'noFolder',
    view: VIEW.runs,
    when: 'isWorkspaceTrusted && workspaceFolderCount == 0',
    contents: `Runs are stored in the folder they belong to. Open a folder to begin, or try the example.\n[Open Folder](command:workbench.action.files.openFolder)\n${link('Open Example', 'example.open')}`,
  },
  {
    key: 'empty',
    view: VIEW.runs,
    when: `isWorkspaceTrusted && workspaceFolderCount != 0 && !${CONTEXT.hasRuns} && !${CONTEXT.filtered}`,
    contents: `No runs yet. Open your training script and press “Run” or “Tune…” above its arguments or its main part. An experiment file (NAME.tune.yaml) says what to run and what to search.\n${link('New Experiment File', 'file.create')}\n${link('Open Experiment File', 'file.open')}\n${link('Open Example', 'example.open')}`,
  },
  {
    key: 'filtered',
    view: VIEW.runs,
    when: `isWorkspaceTrusted && ${CONTEXT.filtered}`,
    contents: `No run matches the filter.\n${link('Clear Filter', 'explorer.clearFilter')}`,
  },
] as const;

export const TOUR = {
  id: WALKTHROUGH,
  title: 'Get started with Tunesmith',
  description: 'Train, watch, change and search in four steps.',
  steps: [
    {
      id: 'example',
      title: 'Open the example',
      description: `A small network that reads handwritten digits. It needs no account and no Python, and its search of 16 trials starts by itself.\n${link('Open Example', 'example.open')}`,
      media: 'media/walkthrough/example.svg',
      alt: 'An experiment file with the lenses Run and Start search above its sections.',
      completionEvents: [`onContext:${CONTEXT.exampleOpened}`],
    },
    {
      id: 'run',
      title: 'Run it',
      description: `Press “Run” above the params section. The run appears in the sidebar and continues even if you close the window.\n${link('Run', 'run.start')}`,
      media: 'media/walkthrough/run.svg',
      alt: 'The explorer with a running run and its progress.',
      completionEvents: [`onCommand:${commandId('run.start')}`, `onContext:${CONTEXT.hasRuns}`],
    },
    {
      id: 'chart',
      title: 'Watch the curves',
      description: `The panel draws every metric as it arrives. Change a value in its form and relaunch: both runs are drawn together.\n${link('Open Panel', 'panel.open')}`,
      media: 'media/walkthrough/chart.svg',
      alt: 'A chart with the validation accuracy of two runs.',
      completionEvents: [`onContext:${CONTEXT.panelOpened}`],
    },
    {
      id: 'search',
      title: 'Search for better values',
      description: `Press “Start search” above the search section. The best value of each parameter is shown above its line; “Apply best” writes it into the file.\n${link('Start Search', 'search.start')}`,
      media: 'media/walkthrough/search.svg',
      alt: 'Lenses above each parameter with the best value so far and Apply best.',
      completionEvents: [`onCommand:${commandId('search.start')}`, `onContext:${CONTEXT.hasSearches}`],
    },
  ],
} as const;
