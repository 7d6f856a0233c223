import { stringifySearch } from './location.ts'
import { useScope } from './scope.tsx'

/** Files come straight from the server as they are written, so that a browser never holds a million events. */
export const useDownload = () => {
  const { accountId } = useScope()
  return (path: string, query: Record<string, string | undefined> = {}) => {
    const link = document.createElement('a')
    link.href = path + stringifySearch({ ...query, account_id: accountId ?? undefined })
    link.download = path.split('/').at(-1) ?? ''
    link.click()
  }
}
