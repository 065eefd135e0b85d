// The environment for an npm that is started from within another npm (`npm start`, `npm test`, `npx`).
// Plain JavaScript, because the scripts also need it before anything is installed or compiled.

/**
 * npm settings in the environment that describe the person's network and machine, and so must reach every npm. Everything
 * else that begins with `npm_` describes the outer command: its Node, its package, its options.
 */
const KEPT = new Set(
  [
    'registry replace_registry_host proxy https_proxy http_proxy noproxy no_proxy local_address maxsockets',
    'ca cafile cert key certfile keyfile strict_ssl offline prefer_offline prefer_online',
    'fetch_retries fetch_retry_factor fetch_retry_maxtimeout fetch_retry_mintimeout fetch_timeout',
    'cache cache_max cache_min userconfig globalconfig prefix logs_dir logs_max tmp umask',
    'ignore_scripts script_shell git python nodedir devdir disturl dist_url msvs_version before min_release_age',
  ].flatMap((line) => line.split(' ')),
);

/**
 * Returns a copy of `env` without the variables that an outer npm sets for its own scripts. Install scripts read such
 * variables (the version of Node in `npm_config_user_agent`, for example) and would mistake the outer npm's for their own.
 *
 * The person's settings are kept: registry, proxy, certificates, logins, cache and configuration files, whether set in the
 * environment or on the command line. Options of the outer command (`--silent`, `--dry-run`, `--workspace`) are dropped.
 * @param {NodeJS.ProcessEnv} env
 * @returns {NodeJS.ProcessEnv}
 */
export function npmEnvironment(env) {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !isOuter(name)));
}

function isOuter(name) {
  if (name === 'INIT_CWD' || name === 'NODE') return true;
  if (!/^npm_/i.test(name)) return false;
  const setting = /^npm_config_(.+)$/i.exec(name)?.[1];
  if (setting === undefined) return true;
  // npm itself never exports scoped registries and logins, so these are the person's own.
  if (/^[/@_]/.test(setting)) return false;
  return !KEPT.has(setting.toLowerCase().replaceAll('-', '_'));
}
