import { baseOf, useScope } from './scope.tsx'

/**
 * The address of a page by its path in `pages.ts`, or undefined where it does not exist or this person may not open it:
 * `pageHref('keys/$keyId', { keyId })`. With an account id: the page inside that account.
 */
export const usePageHref = () => {
  const { me, accountId, opens } = useScope()
  return (
    path: string,
    params: Record<string, string> = {},
    where: { accountId: string | null } = { accountId },
  ): string | undefined => {
    // elsewhere only people of the platform know what they may open: the same as here
    if (where.accountId !== accountId && !me.isPlatform) return undefined
    if (!opens(path, where.accountId ? 'account' : 'platform')) return undefined
    const filled = path.replace(/\$(\w+)/g, (_, name: string) => encodeURIComponent(params[name] ?? ''))
    return `${baseOf(where.accountId)}/${filled}`
  }
}
