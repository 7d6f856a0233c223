import type { LabAttachment, LabRun, LabSettings, NewLabRun } from '@cockpit/contract/lab-runs'
import { useEffect, useRef, useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'
import { answer } from '../playground/answer.ts'
import type { ChatMessage } from '../playground/gateway.ts'
import { createKeyRing } from '../playground/key-ring.ts'
import { after, begun, ended, type Lane, resultOf } from './lane.ts'

/** A picture that goes with the prompt. */
export type Picture = LabAttachment & { url: string }
export type Asked = {
  template: string | null
  system: string
  prompt: string
  settings: LabSettings
  pictures: readonly Picture[]
}
export type Kept =
  | { state: 'none' }
  | { state: 'keeping' }
  | { state: 'kept'; run: LabRun }
  | { state: 'failed'; error: unknown }

/** One prompt to several models at once: their answers as they come, and the run that is kept in the end. */
export const useLab = () => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [lanes, setLanes] = useState<readonly Lane[]>([])
  const [asked, setAsked] = useState<Asked | null>(null)
  const [kept, setKept] = useState<Kept>({ state: 'none' })
  const [ring] = useState(() => createKeyRing(api))
  const stops = useRef<readonly AbortController[]>([])
  useEffect(
    () => () => {
      for (const stop of stops.current) stop.abort()
    },
    [],
  )

  const keep = async (what: Asked, ends: readonly Lane[]) => {
    setKept({ state: 'keeping' })
    try {
      const run = await api.labRuns.create({ body: bodyOf(what, ends) })
      setKept({ state: 'kept', run })
      await refresh('lab-runs', 'effective')
    } catch (error) {
      setKept({ state: 'failed', error })
    }
  }

  const run = async (models: readonly string[], what: Asked) => {
    if (lanes.some(({ state }) => state === 'running')) return
    const ways = models.map((model) => ({ model, stop: new AbortController() }))
    stops.current = ways.map(({ stop }) => stop)
    setAsked(what)
    setKept({ state: 'none' })
    const startedAt = performance.now()
    setLanes(models.map((model) => begun(model, startedAt)))
    const follow = async ({ model, stop: { signal } }: (typeof ways)[number], index: number): Promise<Lane> => {
      let lane = begun(model, startedAt)
      const show = (next: Lane) => {
        lane = next
        setLanes((before) => before.map((one, at) => (at === index ? next : one)))
      }
      try {
        for await (const event of answer(ring, requestOf(model, what), signal))
          show(after(lane, event, performance.now()))
        show(ended(lane, null, false, performance.now()))
      } catch (error) {
        show(ended(lane, error, signal.aborted, performance.now()))
      }
      return lane
    }
    await keep(what, await Promise.all(ways.map(follow)))
  }

  return {
    lanes,
    asked,
    kept,
    busy: lanes.some(({ state }) => state === 'running'),
    run,
    stop: (index: number) => stops.current[index]?.abort(),
    stopAll: () => {
      for (const stop of stops.current) stop.abort()
    },
    /** After its author has judged it. */
    onRun: (run: LabRun) => setKept({ state: 'kept', run }),
  }
}

const requestOf = (model: string, { system, prompt, settings, pictures }: Asked) => {
  const said: ChatMessage = {
    role: 'user',
    content:
      pictures.length === 0
        ? prompt
        : [
            { type: 'text', text: prompt },
            ...pictures.map(({ url }) => ({ type: 'image_url' as const, image_url: { url } })),
          ],
  }
  return {
    model,
    messages: system.trim() ? [{ role: 'system' as const, content: system.trim() }, said] : [said],
    temperature: settings.temperature ?? undefined,
    topP: settings.topP ?? undefined,
    maxTokens: settings.maxTokens ?? undefined,
  }
}

const bodyOf = ({ pictures, ...asked }: Asked, lanes: readonly Lane[]): NewLabRun => ({
  ...asked,
  attachments: pictures.map(({ name, type, bytes }) => ({ name, type, bytes })),
  results: lanes.map(resultOf),
})
