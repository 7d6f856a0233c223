import type { LabRun, LabRunPatch, LabVote } from '@cockpit/contract/lab-runs'
import { useState } from 'react'
import { useRefresh } from '../../app/data.ts'
import { useScope } from '../../app/scope.tsx'

/** What its author does with a run. */
export const useJudge = (run: LabRun | null, onRun: (run: LabRun) => void) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [error, setError] = useState<unknown>(null)
  const change = async (body: LabRunPatch) => {
    if (!run) return
    setError(null)
    try {
      onRun(await api.labRuns.update({ params: { id: run.id }, body }))
      await refresh('lab-runs')
    } catch (failure) {
      setError(failure)
    }
  }
  return {
    /** Why the last act did not work. */
    error,
    /** The same vote again takes it back. */
    vote: (index: number, vote: LabVote) =>
      change({ votes: run?.votes.map((known, at) => (at !== index ? known : known === vote ? null : vote)) ?? [] }),
    note: (notes: string) => change({ notes }),
    share: (shared: boolean) => change({ shared }),
  }
}
