import { type ChatEvent, type ChatRequest, chat, GatewayFailure } from './gateway.ts'
import type { KeyRing } from './key-ring.ts'

/** A key that another tab replaced is answered with a 401 before anything was said: one more try with a new one. */
export async function* answer(ring: KeyRing, request: ChatRequest, signal: AbortSignal): AsyncGenerator<ChatEvent> {
  const secret = await ring.secret(signal)
  try {
    yield* chat(secret, request, signal)
  } catch (error) {
    if (!(error instanceof GatewayFailure && error.code === 'auth.failed')) throw error
    ring.forget(secret)
    yield* chat(await ring.secret(signal), request, signal)
  }
}
