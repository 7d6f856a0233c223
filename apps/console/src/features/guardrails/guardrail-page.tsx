import type { GuardrailCheck } from '@cockpit/contract/guardrail-checks'
import type { Guardrail } from '@cockpit/contract/guardrails'
import {
  Button,
  type Column,
  DetailPage,
  IconPencil,
  Link,
  Panel,
  RelativeTime,
  Stack,
  StatusBadge,
  Table,
  useNavigation,
} from '@cockpit/ui'
import { useLoad } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { GuardrailActs } from './acts.tsx'
import { checkDetail } from './check-detail.ts'
import { ActionBadge, FindingsChart, findingColumns } from './findings.tsx'
import { checkLabels, directionLabels, guardText as t } from './strings.ts'

const words = messages('guardrailPage', {
  checks: 'Checks',
  looksFor: 'Looks for',
  latest: 'Latest findings',
  all: 'All findings',
  none: 'It has found nothing yet.',
})

export const GuardrailPage = () => {
  const id = useParam('guardrailId')
  const { can, href } = useScope()
  const { navigate } = useNavigation()
  const { data, error, retry } = useLoad(['guardrails', id], (api, signal) =>
    api.guardrails.get({ params: { id } }, { signal }),
  )
  return (
    <DetailPage
      title={data?.name ?? t.title}
      {...(data ? { id: data.id, status: <StatusBadge status={data.status} />, properties: factsOf(data) } : {})}
      {...(data?.description ? { description: data.description } : {})}
      back={{ href: href('guardrails'), label: t.back }}
      actions={
        data && (
          <>
            <Button href={href(`guardrails/test?guardrail=${id}`)}>{t.tryIt}</Button>
            {can('guardrail.write') && (
              <Button icon={<IconPencil size={14} />} href={href(`guardrails/${id}/edit`)}>
                {t.edit}
              </Button>
            )}
            <GuardrailActs guardrail={data} onRemoved={() => navigate(href('guardrails'))} />
          </>
        )
      }
      loading={!data}
      error={data ? undefined : error}
      retry={retry}
    >
      {data && (
        <Stack>
          <Panel title={words.checks} flush>
            <Table
              label={words.checks}
              columns={columns}
              rows={data.checks.map((check, place) => ({ ...check, place }))}
              rowId={(row) => String(row.place)}
            />
          </Panel>
          <FindingsChart guardrailId={id} />
          <Latest id={id} />
        </Stack>
      )}
    </DetailPage>
  )
}

const Latest = ({ id }: { id: string }) => {
  const { href } = useScope()
  const { data } = useLoad(['guardrails', 'verdicts', id, 'latest'], (api, signal) =>
    api.guardrails.verdicts({ query: { guardrailId: id, limit: 10 } }, { signal }),
  )
  if (!data) return null
  return (
    <Panel
      title={words.latest}
      flush={data.items.length > 0}
      actions={data.items.length > 0 && <Link href={href(`guardrails/findings?guardrail=${id}`)}>{words.all}</Link>}
    >
      {data.items.length === 0 ? (
        <span className="ck-muted">{words.none}</span>
      ) : (
        <Table
          label={words.latest}
          columns={findingColumns.filter(({ key }) => key !== 'guardrail')}
          rows={data.items}
          rowId={(row) => `${row.requestId} ${row.check} ${row.direction} ${row.action}`}
        />
      )}
    </Panel>
  )
}

const factsOf = (guardrail: Guardrail) => [
  { label: t.scope, value: guardrail.scopeName },
  { label: t.position, value: guardrail.position },
  { label: t.onFailure, value: guardrail.onFailure === 'open' ? t.open : t.closed },
  { label: t.created, value: <RelativeTime at={guardrail.createdAt} /> },
  { label: t.changed, value: <RelativeTime at={guardrail.updatedAt} /> },
]

const columns: Column<GuardrailCheck & { place: number }>[] = [
  { key: 'kind', header: t.check, value: (row) => checkLabels[row.kind] },
  {
    key: 'detail',
    header: words.looksFor,
    value: (row) => checkDetail(row),
    render: (row) => <span title={checkDetail(row)}>{checkDetail(row)}</span>,
  },
  { key: 'on', header: t.direction, value: (row) => row.on.map((direction) => directionLabels[direction]).join(', ') },
  { key: 'action', header: t.action, value: (row) => row.action, render: (row) => <ActionBadge action={row.action} /> },
]
