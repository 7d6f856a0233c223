import type { BreakGlassSession } from '@cockpit/contract/break-glass'
import { Alert, Button, formatExact, Row } from '@cockpit/ui'
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'
import { signOut } from '../session/sign-out.ts'

const t = messages('breakGlassBanner', {
  own: 'You are the break-glass administrator',
  ownText: (until: string, reason: string) => `Until ${until}; nothing makes it longer. Reason: ${reason}`,
  leave: 'End it',
  opened: 'Somebody broke the glass and acts as a super admin',
  over: 'Somebody broke the glass and was a super admin',
  more: (count: number) => ` (and ${count} times before)`,
  openedText: (when: string, until: string, from: string, reason: string) =>
    `Since ${when}, until ${until}, from ${from}. Reason: ${reason}`,
  overText: (when: string, until: string, from: string, reason: string) =>
    `${when} to ${until}, from ${from}. Reason: ${reason}`,
  nowhere: 'an unknown address',
  end: 'End it',
  noted: 'I have seen this',
  acts: 'What was done',
})

/** Whoever sits at the page must not have to reload it to learn of it. */
const askEveryMs = 30_000

/** Over every page: that one is behind broken glass, or that somebody is or was since the reader last said they know. */
export const BreakGlassBanner = () => {
  const { me } = useScope()
  if (me.breakGlass)
    return (
      <Alert tone="amber" title={t.own} action={<Button onClick={() => void signOut()}>{t.leave}</Button>}>
        {t.ownText(formatExact(me.breakGlass.endsAt), me.breakGlass.reason)}
      </Alert>
    )
  return me.isSuperAdmin ? <Notice /> : null
}

const Notice = () => {
  const client = useQueryClient()
  const key = ['break-glass', 'sessions']
  const { data } = useQuery({
    queryKey: key,
    queryFn: ({ signal }) => apiFor(null).breakGlass.sessions({}, { signal }),
    staleTime: askEveryMs,
    refetchInterval: askEveryMs,
  })
  const again = () => client.invalidateQueries({ queryKey: key })
  const note = useMutation({
    mutationFn: (upTo: string) => apiFor(null).breakGlass.acknowledge({ body: { upTo } }),
    onSuccess: again,
  })
  const end = useMutation({ mutationFn: () => apiFor(null).breakGlass.end(), onSuccess: again })
  const untold = (data?.items ?? []).filter(({ acknowledged }) => !acknowledged)
  const [latest] = untold
  if (!latest) return null
  return (
    <Alert
      tone={latest.open ? 'red' : 'amber'}
      title={`${latest.open ? t.opened : t.over}${untold.length > 1 ? t.more(untold.length - 1) : ''}`}
      action={
        <Row>
          <Button href={`/platform/audit?sessionId=${latest.id}`}>{t.acts}</Button>
          {latest.open && (
            <Button kind="danger" loading={end.isPending} onClick={() => end.mutate()}>
              {t.end}
            </Button>
          )}
          <Button loading={note.isPending} onClick={() => note.mutate(latest.openedAt)}>
            {t.noted}
          </Button>
        </Row>
      }
    >
      {textOf(latest)}
    </Alert>
  )
}

const textOf = ({ open, openedAt, endsAt, ip, reason }: BreakGlassSession) =>
  (open ? t.openedText : t.overText)(formatExact(openedAt), formatExact(endsAt), ip ?? t.nowhere, reason)
