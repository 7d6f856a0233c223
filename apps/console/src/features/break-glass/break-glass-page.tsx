import { BareFrame, ErrorState, FormBody, Stack, Textarea, TextField, useForm, useNavigation } from '@cockpit/ui'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { useEffect } from 'react'
import { apiFor } from '../../app/api.ts'
import { MissingAlone } from '../../app/crash.tsx'
import { messages } from '../../app/i18n.ts'
import { sessionQuery } from '../../app/session.ts'
import { sessionStarted } from '../../app/session-state.ts'

const t = messages('breakGlass', {
  title: 'Break the glass',
  about: (minutes: number) =>
    `For when nobody can sign in. The code opens one session of a super admin for ${minutes} minutes, and never again. Every super admin is told, and all you do stands in the audit log with your reason.`,
  code: 'Code',
  codeHelp: 'As it was printed when the glass was sealed.',
  reason: 'Reason',
  reasonHelp: 'What happened, and who you are.',
  needed: 'is required',
  submit: 'Break the glass',
})

/** Where nothing is sealed, this page is like any that does not exist. */
export const BreakGlassPage = () => {
  const { data, error, refetch } = useQuery({
    queryKey: ['break-glass'],
    queryFn: ({ signal }) => apiFor(null).breakGlass.state({}, { signal }),
  })
  const missing = (error as { status?: number } | null)?.status === 404
  useEffect(() => {
    if (data) document.title = `${t.title} · Cockpit`
  }, [data])
  if (missing) return <MissingAlone />
  return (
    <BareFrame>
      {error && <ErrorState page error={error} retry={() => void refetch()} />}
      {data && (
        <Stack gap={16}>
          <h1>{t.title}</h1>
          <Break minutes={data.minutesMax} />
        </Stack>
      )}
    </BareFrame>
  )
}

const Break = ({ minutes }: { minutes: number }) => {
  const { navigate } = useNavigation()
  const client = useQueryClient()
  const form = useForm({
    initial: { code: '', reason: '' },
    check: ({ code, reason }) => ({
      ...(code.trim() ? {} : { code: t.needed }),
      ...(reason.trim() ? {} : { reason: t.needed }),
    }),
    submit: async ({ code, reason }) => {
      const me = await apiFor(null).breakGlass.open({ body: { code, reason } })
      sessionStarted()
      // nothing of whoever used this browser before stays on the screen
      client.clear()
      client.setQueryData(sessionQuery(null).queryKey, me)
    },
  })
  return (
    <FormBody form={form} submitLabel={t.submit} onSaved={() => navigate('/')} wide>
      <p>{t.about(minutes)}</p>
      <TextField label={t.code} help={t.codeHelp} mono required autoFocus {...form.field('code')} />
      <Textarea label={t.reason} help={t.reasonHelp} required {...form.field('reason')} />
    </FormBody>
  )
}
