import type { SsoPatch, SsoTest } from '@cockpit/contract/sso'
import { Button, IconPlugConnected, Panel, ProblemAlert, RelativeTime, StatusBadge, Table } from '@cockpit/ui'
import { useMutation } from '@tanstack/react-query'
import { useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('ssoTest', {
  title: 'Test',
  about: 'Asks the provider step by step, with the settings above, saved or not. Nobody signs in.',
  run: 'Test these settings',
  never: 'Not tested yet.',
  tested: 'Tested',
  step: 'Step',
  result: 'Result',
  found: 'What was found',
  discovery: 'Discovery',
  keys: 'Keys',
  clock: 'Clock',
  redirect_uri: 'Redirect URI',
  client: 'Client',
  sign_out: 'Sign-out',
  ok: 'Works',
  warning: 'Look at it',
  failed: 'Fails',
  skipped: 'Skipped',
})

const tones = { ok: 'ok', warning: 'warning', failed: 'failed', skipped: 'disabled' } as const

export const ProviderTest = ({ saved, body }: { saved: SsoTest | null; body: () => SsoPatch }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const test = useMutation({
    mutationFn: async () => {
      const done = await api.sso.test({ body: body() })
      await refresh('sso')
      return done
    },
  })
  const shown = test.data ?? saved
  return (
    <Panel
      title={t.title}
      description={
        shown ? (
          <>
            {t.about} {t.tested} <RelativeTime at={shown.at} />.
          </>
        ) : (
          t.about
        )
      }
      actions={
        <Button
          icon={<IconPlugConnected size={14} aria-hidden />}
          loading={test.isPending}
          onClick={() => test.mutate()}
        >
          {t.run}
        </Button>
      }
      flush={shown !== null}
    >
      <ProblemAlert error={test.error} />
      {shown === null ? (
        <p className="ck-flat ck-muted">{t.never}</p>
      ) : (
        <Table
          label={t.title}
          rows={shown.steps}
          rowId={({ step }) => step}
          columns={[
            { key: 'step', header: t.step, value: ({ step }) => t[step] },
            {
              key: 'state',
              header: t.result,
              value: ({ state }) => state,
              render: ({ state }) => <StatusBadge status={tones[state]} label={t[state]} />,
            },
            {
              key: 'detail',
              header: t.found,
              value: ({ detail }) => detail,
              render: ({ detail }) => <span title={detail}>{detail}</span>,
            },
          ]}
        />
      )}
    </Panel>
  )
}
