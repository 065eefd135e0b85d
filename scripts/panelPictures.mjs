// Photographs every state of the panel, with made-up runs: `node scripts/panelPictures.mjs [STATE…] [--themes dark,light]
// [--languages en,zh-cn] [--sizes wide,narrow,zoomed]`. The pictures go to test-results/panel; six to a sheet with `--sheets`.
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from '@playwright/test';
import { UserError } from './lib/log.mjs';
import { runScript } from './lib/main.mjs';
import { inProject } from './lib/paths.mjs';
import { ensureBrowser } from './setup/browser.mjs';
import { openState, serveHarness, STATES } from '../test/e2e/support/harness.ts';

const THEMES = {
  dark: 'vscode-dark',
  light: 'vscode-light',
  contrast: 'vscode-high-contrast',
  'contrast-light': 'vscode-high-contrast-light',
};
/** The side bar at its usual width; the room that 200 % zoom leaves. */
const SIZES = {
  wide: { width: 1280, height: 900 },
  narrow: { width: 300, height: 900 },
  zoomed: { width: 640, height: 450 },
};
const LANGUAGES = ['en', 'zh-cn'];
const PER_SHEET = 6;

function readArguments(args) {
  const list = (name, known) => {
    const at = args.indexOf(`--${name}`);
    if (at < 0) return known;
    const wanted = (args.splice(at, 2)[1] ?? '').split(',');
    const unknown = wanted.find((one) => !known.includes(one));
    if (unknown !== undefined) throw new UserError(`--${name} knows ${known.join(', ')}, not "${unknown}".`);
    return wanted;
  };
  const [themes, languages, sizes] = [
    list('themes', Object.keys(THEMES)),
    list('languages', LANGUAGES),
    list('sizes', Object.keys(SIZES)),
  ];
  const sheets = args.includes('--sheets');
  const named = args.filter((word) => word !== '--sheets');
  for (const name of named)
    if (!STATES.some((state) => state.name === name))
      throw new UserError(`There is no state "${name}". States: ${STATES.map((state) => state.name).join(', ')}.`);
  return { themes, languages, sizes, sheets, named };
}

/** Puts the pictures side by side, so that many can be looked at quickly. */
async function makeSheet(page, pictures, path) {
  const image = (file) =>
    `<figure><img src="data:image/png;base64,${readFileSync(file.path, 'base64')}"><figcaption>${file.name}</figcaption></figure>`;
  await page.setContent(
    `<style>body{margin:4px;display:grid;grid-template-columns:repeat(${pictures[0].columns},1fr);gap:6px;font:13px sans-serif}
     figure{margin:0}img{width:100%;display:block;border:1px solid #888}</style>${pictures.map(image).join('')}`,
  );
  await page.screenshot({ path, fullPage: true });
}

async function main() {
  const { themes, languages, sizes, sheets, named } = readArguments(process.argv.slice(2));
  const folder = inProject('test-results', 'panel');
  if (named.length === 0) rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const harness = await serveHarness();
  const browser = await chromium.launch({ executablePath: await ensureBrowser(), args: ['--no-sandbox'] });
  const failed = [];
  try {
    const states = STATES.filter(({ name }) => named.length === 0 || named.includes(name));
    for (const language of languages)
      for (const size of sizes) {
        const context = await browser.newContext({ viewport: SIZES[size] });
        const taken = [];
        for (const state of states) {
          const page = await context.newPage();
          try {
            await openState(page, harness.url, state, { theme: THEMES[themes[0]], language });
            for (const theme of themes) {
              await page.evaluate((name) => globalThis.harness.applyTheme(name), THEMES[theme]);
              await page.waitForTimeout(150);
              const name = `${state.name}-${theme}-${language}-${size}`;
              await page.screenshot({ path: join(folder, `${name}.png`) });
              taken.push({ name, path: join(folder, `${name}.png`), columns: size === 'narrow' ? 6 : 2 });
            }
          } catch (error) {
            failed.push(`${state.name} (${language}, ${size}): ${String(error).split('\n')[0]}`);
          }
          await page.close();
        }
        if (sheets) {
          const page = await browser.newPage({ viewport: { width: 1600, height: 1000 } });
          for (let at = 0; at < taken.length; at += PER_SHEET)
            await makeSheet(
              page,
              taken.slice(at, at + PER_SHEET),
              join(folder, `sheet-${language}-${size}-${String(at / PER_SHEET).padStart(2, '0')}.png`),
            );
          await page.close();
        }
        await context.close();
      }
  } finally {
    await browser.close();
    harness.stop();
  }
  if (failed.length > 0) throw new UserError(failed.join('\n'));
  console.log(`The pictures are in ${folder}.`);
}

await runScript(main);
