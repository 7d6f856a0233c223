import type { ZitadelRun } from '@cockpit/contract/zitadel-shapes'
import { useEffect, useState } from 'react'
import { useScope } from '../../app/scope.tsx'

const isOver = ({ status }: ZitadelRun) => status !== 'queued' && status !== 'running'
const againMs = 2_000

/** The run as it is now: while it is at work, each step as it ends. A stream that breaks is opened again. */
export const useRun = (accountId: string, run: ZitadelRun, onOver: () => void): ZitadelRun => {
  const { api } = useScope()
  const [live, setLive] = useState(run)
  // biome-ignore lint/correctness/useExhaustiveDependencies: a run is followed from its start to its end, once
  useEffect(() => {
    setLive(run)
    if (isOver(run) || run.id === null) return
    const end = new AbortController()
    const params = { id: accountId, runId: run.id }
    const follow = async () => {
      try {
        for await (const state of api.zitadel.followRun({ params }, { signal: end.signal })) setLive(state)
        if (!end.signal.aborted) onOver()
      } catch {
        if (!end.signal.aborted) setTimeout(() => void follow(), againMs)
      }
    }
    void follow()
    return () => end.abort()
  }, [run.id, run.status])
  // until it is followed, what the list says is the newest
  return live.id === run.id && !(isOver(live) && !isOver(run)) ? live : run
}
