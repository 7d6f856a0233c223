/**
 * Where small messages are put together before they are written. The kernel nearly always takes all of one at once, and then
 * the same memory serves the next: fresh memory for each would pass through the caches and the collector for nothing.
 */
import type { Socket } from 'node:net'

/** What is longer is written in parts, since copying it would cost more than further system calls. */
export const outboxBytes = 32 << 10

let outbox = Buffer.allocUnsafeSlow(outboxBytes)

/** Room for a message of up to `outboxBytes`; to be filled and sent before anything else happens. */
export const outboxRoom = (): Buffer => outbox

/** Sends the first bytes of the room. Answers as `write` does. */
export const sendOutbox = (socket: Socket, length: number): boolean => {
  const message = outbox.subarray(0, length)
  // behind others, or before there is a connection, it will wait: in memory of its own, and no more than it needs
  if (socket.writableLength > 0 || socket.connecting) return socket.write(Buffer.from(message))
  const goesOn = socket.write(message)
  // whatever the kernel did not take is still to be sent from these very bytes
  if (socket.writableLength > 0) outbox = Buffer.allocUnsafeSlow(outboxBytes)
  return goesOn
}
