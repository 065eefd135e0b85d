/** The engine, the devices and the training backends. */
import * as vscode from 'vscode';
import { EngineError } from '../../engine/clients/index.js';
import { ErrorCode } from '../../protocol/engine/index.js';
import { formatDuration } from '../../format/times.js';
import { l10n } from '../../format/l10n.js';
import { commandId } from '../manifest/commands.js';
import { installBackend, listBackends } from './network/backends.js';
import type { Parts } from './parts.js';
import { folderFor } from './asking/pick.js';
import type { Handlers } from './registry.js';

type Names = Extract<keyof Handlers, `engine.${string}` | `devices.${string}` | `backends.${string}`>;

export function engineCommands(parts: Parts): Pick<Handlers, Names> {
  const showLog = async (path: string) => {
    await vscode.window.showTextDocument(vscode.Uri.file(path), { preview: true });
  };

  const stop = async () => {
    const folder = await folderFor(parts, l10n.t('Stop Engine'));
    const status = await folder.requestIfRunning('engine/status', {});
    if (!status)
      return void vscode.window.showInformationMessage(l10n.t('No engine is running for {0}.', folder.folder.name));
    try {
      await folder.requestIfRunning('engine/stop', { force: false });
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== ErrorCode.conflict) throw error;
      const anyway = l10n.t('Stop Engine');
      const question = l10n.t(
        '{0} runs are live. They continue without the engine, which takes them over when it next starts.',
        status.runs,
      );
      if ((await vscode.window.showWarningMessage(question, { modal: true }, anyway)) !== anyway) return;
      await folder.requestIfRunning('engine/stop', { force: true });
    }
  };

  return {
    'engine.status': async () => {
      const folder = await folderFor(parts, l10n.t('Engine Status'));
      const status = await folder.requestIfRunning('engine/status', {});
      if (!status) {
        const { state } = folder;
        const why =
          state.kind === 'disconnected' && state.error.kind !== 'not-running' ? ` ${state.error.message}` : '';
        void vscode.window.showInformationMessage(l10n.t('No engine is running for {0}.', folder.folder.name) + why);
        return undefined;
      }
      const [log, end] = [l10n.t('Show Engine Log'), l10n.t('Stop Engine')];
      const text = l10n.t(
        'Engine {0}, process {1}, up {2}: {3} clients, {4} live runs, {5} live searches.',
        status.version,
        status.pid,
        formatDuration(Date.now() - status.startedAt),
        status.clients,
        status.runs,
        status.searches,
      );
      void vscode.window.showInformationMessage(text, log, end).then((answer) => {
        if (answer === log) return showLog(status.log);
        return answer === end ? stop() : undefined;
      });
      return status;
    },

    'engine.stop': stop,

    'engine.showLog': async () => {
      const folder = await folderFor(parts, l10n.t('Show Engine Log'));
      await showLog((await folder.paths()).log).catch(() => {
        throw new Error(l10n.t('No engine has run for {0} yet.', folder.folder.name));
      });
    },

    'devices.show': async () => {
      const folder = await folderFor(parts, l10n.t('Show Devices'));
      const { devices } = await folder.request('devices/list', {});
      const items = devices.map((device) => {
        const { memoryTotalMiB: total, memoryUsedMiB: used, utilization } = device;
        const memory = total === null ? '' : l10n.t('{0} of {1} MiB used', used ?? '?', total);
        const load = utilization === null ? '' : `${utilization} %`;
        return {
          label: `$(${device.kind === 'gpu' ? 'circuit-board' : 'chip'}) ${device.id}`,
          description: device.name,
          detail: [l10n.t('{0} of {1} slots in use', device.busy, device.slots), memory, load]
            .filter(Boolean)
            .join(' · '),
        };
      });
      await vscode.window.showQuickPick(items, { title: l10n.t('Devices') });
    },

    'backends.show': async () => {
      const backends = await listBackends(parts);
      const items = backends.map(({ id, name, works, reason, chosen, installable }) => ({
        label: `${works ? '$(pass)' : '$(circle-slash)'} ${name}`,
        description: chosen ? l10n.t('in use') : '',
        detail: reason,
        buttons:
          installable && !works
            ? [{ iconPath: new vscode.ThemeIcon('cloud-download'), tooltip: l10n.t('Install') }]
            : [],
        id,
      }));
      const picker = vscode.window.createQuickPick<(typeof items)[number]>();
      picker.title = l10n.t('Training backends, fastest first');
      picker.items = items;
      picker.placeholder = l10n.t('The button at the end of a row installs it');
      picker.onDidTriggerItemButton(({ item }) => {
        picker.hide();
        void vscode.commands.executeCommand(commandId('backends.install'), item.id);
      });
      picker.onDidAccept(() => picker.hide());
      picker.onDidHide(() => picker.dispose());
      picker.show();
      return backends;
    },

    'backends.install': async (backend) => installBackend(parts, backend),
  };
}
