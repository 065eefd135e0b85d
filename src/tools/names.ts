/** Names of the tools, apart from what they do: whoever offers them needs no more at first. */
export const TOOL_NAMES = [
  'list_experiments',
  'list_runs',
  'show_run',
  'list_searches',
  'show_search',
  'read_metric',
  'read_log',
  'check_file',
  'compare_runs',
  'explain_search',
  'recommend_values',
  'wait_for',
  'list_devices',
  'start_run',
  'start_search',
] as const;
export type ToolName = (typeof TOOL_NAMES)[number];
