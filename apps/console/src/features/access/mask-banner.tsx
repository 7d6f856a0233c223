import { Alert, Button, formatExact } from '@cockpit/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const words = messages('maskBanner', {
  as: (by: string, name: string) => `${by}, you see the product as ${name}`,
  until: (time: string, reason: string) => `Until ${time}, looking only. Reason: ${reason}`,
  untilWrites: (time: string, reason: string) => `Until ${time}; what you change counts. Reason: ${reason}`,
  stop: 'Stop',
  seen: (name: string) => `${name} saw the product as you`,
  seenText: (when: string, account: string, reason: string) => `${when}, in ${account}. Reason: ${reason}`,
  noted: 'I have seen this',
})

/** Over every page: as whom one sees the product, or who saw it as the reader since they last looked. */
export const MaskBanner = () => {
  const { me } = useScope()
  if (me.principal.kind !== 'user') return null
  return me.impersonation ? <Wearing mask={me.impersonation} name={me.principal.name} /> : <Notices />
}

type Mask = { by: { name: string }; reason: string; writes: boolean; expiresAt: string }
const Wearing = ({ mask, name }: { mask: Mask; name: string }) => {
  const stop = async () => {
    await apiFor(null).impersonations.stop()
    window.location.assign('/')
  }
  const text = mask.writes ? words.untilWrites : words.until
  return (
    <Alert
      tone="amber"
      title={words.as(mask.by.name, name)}
      action={
        <Button kind="primary" onClick={() => void stop()}>
          {words.stop}
        </Button>
      }
    >
      {text(formatExact(mask.expiresAt), mask.reason)}
    </Alert>
  )
}

const Notices = () => {
  const client = useQueryClient()
  const key = ['me', 'impersonations']
  const { data } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => apiFor(null).impersonations.mine({}, { signal }),
    staleTime: 60_000,
  })
  const [first] = (data?.items ?? []).filter(({ seenAt }) => seenAt === null)
  if (!first) return null
  const note = async () => {
    await apiFor(null).impersonations.seen()
    await client.invalidateQueries({ queryKey: key })
  }
  return (
    <Alert
      tone="blue"
      title={words.seen(first.actor.name)}
      action={<Button onClick={() => void note()}>{words.noted}</Button>}
    >
      {words.seenText(formatExact(first.startedAt), first.accountName, first.reason)}
    </Alert>
  )
}
