/** Finds the Python interpreter that the experiments of a folder run with. */
import * as vscode from 'vscode';
import { setting } from '../settings.js';

/** The part of the Python extension's API that we use (`@vscode/python-extension`). */
interface PythonApi {
  environments: {
    getActiveEnvironmentPath(resource?: vscode.Uri): { id: string; path: string };
    resolveEnvironment(environment: {
      id: string;
      path: string;
    }): Promise<{ executable: { uri?: vscode.Uri } } | undefined>;
    onDidChangeActiveEnvironmentPath: vscode.Event<unknown>;
  };
}

const PYTHON_EXTENSION = 'ms-python.python';

/**
 * Returns the setting, else the person's choice in the Python extension, else undefined: the engine then searches the
 * PATH. Without the Python extension, or when it fails, nothing is lost.
 */
export async function pythonInterpreter(folder: vscode.Uri): Promise<string | undefined> {
  const chosen = setting('python.interpreter', folder).trim();
  if (chosen)
    return chosen.replace(/^~(?=\/|$)/, process.env.HOME ?? '~').replaceAll('${workspaceFolder}', folder.fsPath);
  const extension = vscode.extensions.getExtension<PythonApi>(PYTHON_EXTENSION);
  if (!extension) return undefined;
  try {
    const { environments } = await extension.activate();
    const resolved = await environments.resolveEnvironment(environments.getActiveEnvironmentPath(folder));
    return resolved?.executable.uri?.fsPath;
  } catch {
    return undefined;
  }
}
