import { useEffect, useState } from 'react'
import { apiFor } from '../../app/api.ts'

const retryMs = 2_000

type Watch = {
  accountId: string
  keyId: string
  /** The call that was looked at already, when another one is wanted. */
  seen: string | undefined
  onCall: (requestId: string) => void
}

/**
 * Waits for a call of the key and tells its id. Says whether it hears the server at the moment: a stream that broke is
 * opened again, and what came meanwhile is looked up in the log.
 */
export const useFirstCall = ({ accountId, keyId, seen, onCall }: Watch): boolean => {
  const [listening, setListening] = useState(true)
  useEffect(() => {
    const stop = new AbortController()
    const follow = async () => {
      while (!stop.signal.aborted) {
        const id = await nextCall({ accountId, keyId, seen }, stop.signal, () => setListening(true)).catch(() => null)
        if (stop.signal.aborted) return
        if (id) return onCall(id)
        setListening(false)
        await new Promise((resolve) => setTimeout(resolve, retryMs))
      }
    }
    void follow()
    return () => stop.abort()
  }, [accountId, keyId, seen, onCall])
  return listening
}

const nextCall = async (
  { accountId, keyId, seen }: Omit<Watch, 'onCall'>,
  signal: AbortSignal,
  onOpen: () => void,
): Promise<string | null> => {
  const { usage } = apiFor(accountId)
  let opened = false
  for await (const event of usage.live({ query: { keyId } }, { signal })) {
    if (event.kind === 'request') return event.request.id
    if (opened) continue
    opened = true
    onOpen()
    // a call may have come before the stream was open
    const { items } = await usage.list({ query: { keyId, limit: 1 } }, { signal })
    if (items[0] && items[0].id !== seen) return items[0].id
  }
  return null
}
