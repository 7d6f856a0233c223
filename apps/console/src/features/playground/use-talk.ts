import { useCallback, useEffect, useRef, useState } from 'react'
import { useScope } from '../../app/scope.tsx'
import { answer } from './answer.ts'
import { type ChatEvent, type ChatRequest, GatewayFailure } from './gateway.ts'
import { createKeyRing } from './key-ring.ts'
import { messagesOf, newTurn, type Turn } from './talk.ts'

export type TalkSettings = Omit<ChatRequest, 'messages'> & { system: string }

/** A conversation with a model: what was said, and the acts of the reader. */
export const useTalk = () => {
  const { api } = useScope()
  const [turns, setTurns] = useState<Turn[]>([])
  const running = useRef<AbortController | null>(null)
  const [ring] = useState(() => createKeyRing(api))
  useEffect(() => () => running.current?.abort(), [])

  const change = useCallback(
    (id: number, patch: (turn: Turn) => Partial<Turn>) =>
      setTurns((before) => before.map((turn) => (turn.id === id ? { ...turn, ...patch(turn) } : turn))),
    [],
  )
  const send = async (question: string, { system, ...settings }: TalkSettings) => {
    if (running.current) return
    const stop = new AbortController()
    running.current = stop
    const id = Date.now()
    const request = { ...settings, messages: messagesOf(system, turns, question) }
    setTurns((before) => [...before, newTurn(id, question, settings.model)])
    try {
      for await (const event of answer(ring, request, stop.signal)) change(id, (turn) => after(turn, event))
      change(id, () => ({ state: 'done' }))
    } catch (error) {
      change(id, () => (stop.signal.aborted ? { state: 'stopped' } : failed(error)))
    } finally {
      running.current = null
    }
  }
  return {
    turns,
    busy: turns.at(-1)?.state === 'running',
    send,
    stop: () => running.current?.abort(),
    clear: () => {
      running.current?.abort()
      setTurns([])
    },
  }
}

const after = (turn: Turn, event: ChatEvent): Partial<Turn> => {
  if (event.kind === 'begin') return { requestId: event.requestId }
  if (event.kind === 'text') return { answer: turn.answer + event.text }
  if (event.kind === 'usage') return { usage: event.usage }
  return { reason: event.reason }
}

const failed = (error: unknown): Partial<Turn> => ({
  state: 'failed',
  failure: error instanceof Error ? error : new Error(String(error)),
  ...(error instanceof GatewayFailure ? { requestId: error.requestId } : {}),
})
