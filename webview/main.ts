/** Entry of the panel. The host's page holds nothing but the script, the codicon style sheet and a body. */
import './nonce.js';
import './translations.js';
import { onThemeChange } from './charts/theme.js';
import { registerControls } from './components/toolkit.js';
import { PanelModel } from './model/panel.js';
import { installStyles } from './styles/index.js';
import './views/app.js';

installStyles();
registerControls();
const model = new PanelModel();
onThemeChange(() => model.signal.emit('theme'));
const app = document.createElement('ts-app') as HTMLElement & { model: PanelModel };
app.model = model;
document.body.append(app);
