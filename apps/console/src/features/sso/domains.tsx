import type { AccountDomain } from '@cockpit/contract/sso'
import {
  Button,
  ConfirmDialog,
  EmptyState,
  FormModal,
  IdText,
  Loaded,
  Panel,
  ProblemAlert,
  RelativeTime,
  Row,
  Stack,
  StatusBadge,
  Table,
  TextField,
  useForm,
} from '@cockpit/ui'
import { useMutation } from '@tanstack/react-query'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useScope } from '../../app/scope.tsx'

const t = messages('ssoDomains', {
  label: 'E-mail domains',
  about:
    'People with an e-mail of a verified domain belong to this account. Add the TXT record at the name server of the domain, then verify.',
  none: 'No domain yet',
  noneText: 'Add the domain of your e-mail addresses, and prove by a TXT record that it is yours.',
  add: 'Add a domain',
  domain: 'Domain',
  help: 'The part behind the @, such as example.com.',
  state: 'State',
  verified: 'Verified',
  open: 'Not verified',
  record: 'TXT record',
  verify: 'Verify',
  remove: 'Remove',
  sure: (domain: string) => `Remove ${domain}?`,
  sureText: 'Its people no longer belong to this account by their e-mail, and single sign-on no longer lets them in.',
})

export const Domains = () => {
  const { api, can } = useScope()
  const refresh = useRefresh()
  const [adding, setAdding] = useState(false)
  const [leaving, setLeaving] = useState<AccountDomain | null>(null)
  const domains = useLoad(['sso', 'domains'], (from, signal) => from.sso.domains({}, { signal }))
  const verify = useMutation({
    mutationFn: async (id: string) => {
      await api.sso.verifyDomain({ params: { id } })
      await refresh('sso')
    },
  })
  const form = useForm({
    initial: { domain: '' },
    submit: async (body) => {
      await api.sso.addDomain({ body })
      await refresh('sso')
    },
  })
  const addButton = can('identity.write') && <Button onClick={() => setAdding(true)}>{t.add}</Button>
  return (
    <Panel title={t.label} description={t.about} actions={addButton} flush>
      <ProblemAlert error={verify.error} />
      <Loaded {...domains}>
        {({ items }) =>
          items.length === 0 ? (
            <EmptyState title={t.none} text={t.noneText} />
          ) : (
            <Table
              label={t.label}
              rows={items}
              rowId={({ id }) => id}
              columns={[
                { key: 'domain', header: t.domain, value: ({ domain }) => domain },
                {
                  key: 'state',
                  header: t.state,
                  value: ({ verifiedAt }) => verifiedAt,
                  render: ({ verifiedAt }) =>
                    verifiedAt ? (
                      <Row wrap={false}>
                        <StatusBadge status="ok" label={t.verified} /> <RelativeTime at={verifiedAt} />
                      </Row>
                    ) : (
                      <StatusBadge status="pending" label={t.open} />
                    ),
                },
                {
                  key: 'record',
                  header: t.record,
                  value: ({ record }) => record.name,
                  render: ({ record }) => (
                    <Stack gap={4}>
                      <IdText id={record.name} full />
                      <IdText id={record.value} full />
                    </Stack>
                  ),
                },
              ]}
              rowActions={(row) =>
                can('identity.write') && (
                  <Row wrap={false}>
                    {!row.verifiedAt && (
                      <Button
                        loading={verify.isPending && verify.variables === row.id}
                        onClick={() => verify.mutate(row.id)}
                      >
                        {t.verify}
                      </Button>
                    )}
                    <Button kind="quiet" onClick={() => setLeaving(row)}>
                      {t.remove}
                    </Button>
                  </Row>
                )
              }
            />
          )
        }
      </Loaded>
      <FormModal form={form} opened={adding} onClose={() => setAdding(false)} title={t.add} submitLabel={t.add}>
        <TextField label={t.domain} help={t.help} autoFocus required {...form.field('domain')} />
      </FormModal>
      <ConfirmDialog
        opened={leaving !== null}
        onClose={() => setLeaving(null)}
        title={t.sure(leaving?.domain ?? '')}
        confirmLabel={t.remove}
        danger
        onConfirm={async () => {
          if (leaving) await api.sso.removeDomain({ params: { id: leaving.id } })
          await refresh('sso')
          setLeaving(null)
        }}
      >
        {t.sureText}
      </ConfirmDialog>
    </Panel>
  )
}
