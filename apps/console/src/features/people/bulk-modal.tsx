import {
  Button,
  Loaded,
  Modal,
  ProblemAlert,
  Progress as ProgressLine,
  Row,
  Stack,
  toast,
  useCloseGuard,
} from '@cockpit/ui'
import { type ReactNode, useRef, useState } from 'react'
import type { Api } from '../../app/api.ts'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { BulkEffects, type TextOf } from './bulk-effects.tsx'
import {
  changedIn,
  type DoPart,
  type Effects,
  noEffects,
  type Progress,
  partMax,
  partsOf,
  together,
  type Watch,
} from './bulk-run.ts'

const words = messages('bulkModal', {
  apply: 'Apply',
  applyTo: (what: string) => `Apply to ${what}`,
  nothing: 'Nothing changes',
  cancel: 'Cancel',
  stop: 'Stop',
  looking: 'Looking at each of them',
  doing: 'Applying',
  rest: (done: string) => `${done} The rest is as it was.`,
})

type Props<Act> = {
  title: string
  /** What the act means, and the fields it needs. */
  children?: ReactNode
  /** Null until the fields are filled. */
  act: Act | null
  /** Who it is for, as the cache knows them. */
  whom: unknown
  rehearse: (api: Api, act: Act, watch: Watch) => Promise<Effects>
  doPartOf: (act: Act) => DoPart
  danger: boolean
  countText: (count: number) => string
  doneText: (count: number) => string
  textOf?: TextOf
  /** What shows other things afterwards. */
  nouns: readonly string[]
  onClose: () => void
  /** After all of them changed. */
  onDone: () => void
}

/**
 * One act on many: what it needs, what it will do to each, then the act, on exactly those that were shown to change. It
 * can be stopped; what is done by then stays done, and the dialog shows what is left.
 */
export const BulkModal = <Act,>({ act, rehearse, doPartOf, onClose, onDone, ...props }: Props<Act>) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [failure, setFailure] = useState<unknown>(null)
  const [looking, setLooking] = useState<Progress | null>(null)
  const [doing, setDoing] = useState<Progress | null>(null)
  const [before, setBefore] = useState<Effects>(noEffects)
  const stopped = useRef(false)
  useCloseGuard(doing !== null)
  const preview = useLoad(
    ['bulk', props.whom, act],
    async (from, signal) => {
      const effects = act === null ? noEffects : await rehearse(from, act, { signal, onProgress: setLooking })
      setLooking(null)
      return effects
    },
    { enabled: act !== null },
  )
  const run = async (ids: readonly string[], doPart: DoPart) => {
    stopped.current = false
    setFailure(null)
    let effects = noEffects
    try {
      for (const part of partsOf(ids)) {
        if (stopped.current) break
        setDoing({ done: effects.items.length, total: ids.length })
        effects = together(effects, await doPart(api, part, false))
      }
    } catch (error) {
      setFailure(error)
    }
    await refresh(...props.nouns)
    if (effects.changed < ids.length) {
      setBefore(effects)
      await refresh('bulk')
    } else {
      toast.success(props.doneText(effects.changed))
      onDone()
      void refresh('bulk')
    }
    setDoing(null)
  }
  const close = () => {
    stopped.current = true
    if (doing === null) onClose()
  }
  const shownProgress = doing ?? looking
  const known = act !== null && !looking ? preview.data : undefined
  const ids = known ? changedIn(known) : []
  const label = known ? (ids.length > 0 ? words.applyTo(props.countText(ids.length)) : words.nothing) : words.apply
  return (
    <Modal opened onClose={close} title={props.title} size="lg">
      <Stack>
        {props.children}
        {before.changed > 0 && <p role="status">{words.rest(props.doneText(before.changed))}</p>}
        {act !== null && !looking && (
          <Loaded {...preview}>
            {(effects) => <BulkEffects result={effects} {...(props.textOf && { textOf: props.textOf })} />}
          </Loaded>
        )}
        {shownProgress && shownProgress.total > partMax && (
          <ProgressLine label={doing ? words.doing : words.looking} {...shownProgress} />
        )}
        <ProblemAlert error={failure} />
        <Row justify="end">
          <Button onClick={close}>{doing ? words.stop : words.cancel}</Button>
          <Button
            kind={props.danger ? 'danger' : 'primary'}
            loading={doing !== null}
            disabled={ids.length === 0}
            onClick={() => act !== null && void run(ids, doPartOf(act))}
          >
            {label}
          </Button>
        </Row>
      </Stack>
    </Modal>
  )
}
