/** A copy of `env` without what an outer npm has put there for its own scripts. */
export function npmEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv;
