/** Where somebody wanted to go: a path of the console and the account it is in; the start when it is anything else. */
export const pathWithin = (next: string | undefined): { path: string; accountId: string | null } => {
  const path = next && /^\/(?![/\\])/.test(next) ? next : '/'
  return { path, accountId: /^\/a\/([^/?]+)/.exec(path)?.[1] ?? null }
}
