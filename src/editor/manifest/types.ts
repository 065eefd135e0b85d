/** The shapes in which the extension's contributions are declared. Pure: package.json is generated from them. */

/** A place where a command is offered besides the command palette. */
export interface MenuPlace {
  menu: 'view/title' | 'view/item/context' | 'editor/title/run' | 'editor/title' | 'explorer/context';
  /** Added to nothing: the whole when-clause of the entry. */
  when: string;
  /** `inline@1` shows it as a button on the row. */
  group: string;
}

export interface CommandSpec<Args extends unknown[] = unknown[]> {
  title: string;
  /** Name of a codicon. */
  icon?: string;
  /** Shown, but gray, while this is false. */
  enablement?: string;
  /** When the palette offers it; `false` hides it there. */
  palette?: string;
  menus?: readonly MenuPlace[];
  key?: { key: string; mac?: string; when: string; args?: unknown };
  /** Carries the argument types; holds nothing at run time. */
  args?: (...args: Args) => void;
}

/** Gives a command's handler and its callers the types of its arguments. */
export function args<Args extends unknown[]>(): (...args: Args) => void {
  return () => undefined;
}

export interface SettingSpec {
  type: 'string' | 'boolean' | 'number' | 'integer' | 'object';
  default: string | boolean | number | Readonly<Record<string, unknown>>;
  description: string;
  enum?: readonly string[];
  enumDescriptions?: readonly string[];
  minimum?: number;
  maximum?: number;
  /** Properties of an object. */
  properties?: Readonly<Record<string, object>>;
  scope?: 'machine' | 'machine-overridable' | 'window' | 'resource';
}
