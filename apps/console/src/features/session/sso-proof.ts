import { useEffect } from 'react'
import { apiFor } from '../../app/api.ts'

// the window of the provider has no way to its opener, so the two meet in a channel of this origin
const channelName = 'cockpit.confirmed'

export const tellConfirmed = () => {
  const channel = new BroadcastChannel(channelName)
  channel.postMessage(null)
  channel.close()
}

/** Calls back when another window has proven again who the reader is. */
export const useConfirmedElsewhere = (onConfirmed: () => void) =>
  useEffect(() => {
    const channel = new BroadcastChannel(channelName)
    channel.onmessage = onConfirmed
    return () => channel.close()
  }, [onConfirmed])

/** Opens the provider beside the page. The window opens at once, or browsers would take it for a pop-up nobody wanted. */
export const proveAtProvider = async (): Promise<void> => {
  const beside = window.open('', 'cockpit-confirm', 'popup,width=520,height=720')
  try {
    const { location } = await apiFor(null).auth.confirm({ body: { next: '/confirmed' } })
    if (beside) beside.location.href = location
    else window.location.assign(location)
  } catch (error) {
    beside?.close()
    throw error
  }
}
