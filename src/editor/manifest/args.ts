/** Arguments that commands get. */

/** First argument of a keybinding in the explorer: the rows that are selected there. */
export const SELECTION = 'selection';

/** A run as the argument of a command: a row of the explorer, or its id from the panel or a lens. */
export type RunArg = string | { kind: 'run'; run: { id: string } };
export type SearchArg = string | { kind: 'search'; search: { id: string } };
export type ExperimentArg = string | { kind: 'experiment'; experiment: { name: string } };
/** An experiment file: its path, or the URI that an editor menu gives. */
export type FileArg = string | { fsPath: string };
/** The explorer passes the clicked row and all selected rows. */
export type Rows<T> = [row?: T, selection?: readonly unknown[]];
