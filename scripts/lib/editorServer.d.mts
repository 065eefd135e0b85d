export interface Editor {
  folder: string;
  node: string;
  server: string;
  version: string;
}
export interface EditorServer {
  port: number;
  pid: number;
  url(folder: string, payload?: [string, string][]): string;
  resource(path: string): string;
  log(): string;
  stop(): void;
}
export function writeSettings(data: string, settings?: Record<string, unknown>): Promise<void>;
export function installExtension(editor: Editor, data: string, vsix: string, env?: NodeJS.ProcessEnv): Promise<void>;
export function startEditor(
  editor: Editor,
  data: string,
  options?: { env?: NodeJS.ProcessEnv; port?: number; trust?: boolean; host?: string; token?: string },
): Promise<EditorServer>;
