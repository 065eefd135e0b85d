/** Names that the manifest and the code share; each is written here and nowhere else. */
export const EXTENSION = 'tunesmith';
export const PUBLISHER = 'tunesmith';

export const CONTAINER = 'tunesmith';
export const VIEW = { runs: 'tunesmith.runs' } as const;
export const PANEL_TYPE = 'tunesmith.panel';
export const WALKTHROUGH = 'start';

/** Our own language ids, so that opening any other YAML or JSON file never activates the extension. */
export const LANGUAGE = { yaml: 'tunesmith-yaml', json: 'tunesmith-json' } as const;

/** Every file with one of these endings is an experiment file. */
export const FILE_ENDINGS = ['.tune.yaml', '.tune.yml', '.tune.json'] as const;
export const FILE_GLOB = '**/*.tune.{yaml,yml,json}';

/** Preview of a report, offered beside the text. */
export const REPORT_EDITOR = 'tunesmith.report';
export const REPORT_GLOB = '**/*.report.md';

/** Context keys that when-clauses read. */
export const CONTEXT = {
  /** Some folder of the workspace has runs. */
  hasRuns: 'tunesmith.hasRuns',
  /** The explorer shows only rows that match a filter. */
  filtered: 'tunesmith.filtered',
  /** Some experiment of the workspace has a search. */
  hasSearches: 'tunesmith.hasSearches',
  /** The panel has been opened in this window. */
  panelOpened: 'tunesmith.panelOpened',
  /** The window shows the example that was opened by the command. */
  exampleOpened: 'tunesmith.exampleOpened',
  /** The extension is active and has read the workspace. */
  ready: 'tunesmith.ready',
} as const;

/** First word of a tree item's contextValue; the rest are its states, each between spaces. */
export const ITEM = {
  ...{ run: 'run', search: 'search', experiment: 'experiment', more: 'more', folder: 'folder' },
  /** Logs of other tools, and all of them together. */
  ...{ log: 'log', logs: 'logs' },
} as const;

/** Id by which the editor knows who offers `tunesmith mcp`. */
export const MCP_PROVIDER = 'tunesmith.mcp';

/** Renderer of runs in notebooks, and its script inside the package. */
export const RENDERER = 'tunesmith.run';
export const RENDERER_FILE = './dist/notebook/renderer.js';

/** Schema of the experiment file inside the package. */
export const SCHEMA_FILE = './media/experiment.schema.json';
