/** Environment variable for file systems that show changes so slowly that leases would look stale. */
const VARIABLE = 'TUNESMITH_LEASE_SECONDS';

/** Seconds between two heartbeats of a lease's holder: ten unless the environment says otherwise. */
export function leaseSeconds(): number {
  const given = Number(process.env[VARIABLE]);
  return given > 0 && given <= 600 ? given : 10;
}

/** Number of missing heartbeats after which a lease is stale: three minutes' worth. */
export const MISSED_BEATS = 18;
