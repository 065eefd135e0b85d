/** Names below `recorded/` in a run's folder; `recorded.ts` has the types. */
export const RECORDED = {
  folder: 'recorded',
  code: 'code.json',
  changes: 'changes.diff',
  untracked: 'untracked.json',
  environment: 'environment.json',
  data: 'data.json',
} as const;

/** Files whose content is never kept: they are likely to hold secrets. */
const SECRET =
  /(?:^|\/)(?:\.env(?:\.|$)|\.envrc$|\.netrc$|\.pgpass$|\.npmrc$|\.pypirc$|\.git-credentials$|\.htpasswd$|id_(?:rsa|dsa|ecdsa|ed25519)|kubeconfig|credentials|secrets?(?:\.|$)|[^/]*\.(?:pem|key|p12|pfx|jks|keystore|kdbx|ppk|tfstate|tfvars)$)|(?:^|\/)\.(?:aws|ssh|gnupg|kube|docker)\//i;

export const mayBeSecret = (path: string): boolean => SECRET.test(path);

/** The same for git, which finds them whatever the case of their letters. */
export const SECRET_PATHSPECS = [
  ...['.env', '.env.*', '.envrc', '.netrc', '.pgpass', '.npmrc', '.pypirc', '.git-credentials', '.htpasswd', 'id_rsa*'],
  ...[
    'id_dsa*',
    'id_ecdsa*',
    'id_ed25519*',
    'kubeconfig*',
    'credentials*',
    'secret',
    'secrets',
    'secret.*',
    'secrets.*',
  ],
  ...['*.pem', '*.key', '*.p12', '*.pfx', '*.jks', '*.keystore', '*.kdbx', '*.ppk', '*.tfstate', '*.tfvars'],
  ...['.aws/**', '.ssh/**', '.gnupg/**', '.kube/**', '.docker/**'],
].map((name) => `:(top,exclude,icase,glob)**/${name}`);

/** URL without user, password, query and fragment. */
export function withoutCredentials(url: string): string {
  const plain = url.replace(/[?#].*$/s, '');
  // `git@host:path` has no password; the user there is part of the address.
  return plain.replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/]*@/i, '$1');
}
