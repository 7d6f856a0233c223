import type { McpAccess, McpServer, McpTool } from '@cockpit/contract/mcp-servers'
import { Badge, CreditsAmount, type Property, RelativeTime, Row, Stack, StatusBadge, Text } from '@cockpit/ui'
import { usePicked } from '../budgets/scope-picker.tsx'
import { accessText, stateText, mcpText as t } from './strings.ts'

const stateTones = { allowed: 'green', blocked: 'neutral', new: 'blue', changed: 'amber' } as const

export const ToolState = ({ state }: { state: McpTool['state'] }) => (
  <StatusBadge status={state} tone={stateTones[state]} label={stateText[state]} />
)

export const LastCheck = ({ server }: { server: McpServer }) => {
  const { checkedAt, lastError } = server
  if (lastError === null && checkedAt === null) return <Text muted>{t.never}</Text>
  return (
    <span title={lastError ?? undefined}>
      <Row gap={8} wrap={false}>
        <StatusBadge status={lastError === null ? 'ok' : 'failed'} label={lastError === null ? t.works : t.fails} />
        {checkedAt !== null && (
          <Text muted size="xs">
            <RelativeTime at={checkedAt} />
          </Text>
        )}
      </Row>
    </span>
  )
}

/** How many tools may be called, and how many somebody has to look at. */
export const ToolCount = ({ tools }: { tools: McpServer['tools'] }) => (
  <Row gap={8} wrap={false}>
    <span className="ck-number">
      {tools.allowed} / {tools.allowed + tools.blocked + tools.waiting}
    </span>
    {tools.waiting > 0 && <Badge tone="amber">{t.waiting(tools.waiting)}</Badge>}
  </Row>
)

/** Whom an entry of the access list means, by name; its id where the reader may not see the name. */
export const AccessName = ({ entry }: { entry: McpAccess }) => {
  const { data } = usePicked(entry.type, entry.id)
  return (
    <span>
      <Text muted>{accessText[entry.type]}</Text> {data?.label ?? entry.id}
    </span>
  )
}

const AccessList = ({ access }: { access: readonly McpAccess[] }) =>
  access.length === 0 ? (
    t.everybody
  ) : (
    <Stack gap={4}>
      {access.map((entry) => (
        <AccessName key={`${entry.type} ${entry.id}`} entry={entry} />
      ))}
    </Stack>
  )

/** What clients write down instead of the address of the server. */
export const clientAddressOf = ({ name }: Pick<McpServer, 'name'>): string => `${window.location.origin}/mcp/${name}`

export const mibOf = (bytes: number): number => Math.round((bytes / 1_048_576) * 1_000) / 1_000

export const factsOf = (server: McpServer): Property[] => [
  { label: t.lastCheck, value: <LastCheck server={server} /> },
  { label: t.access, value: <AccessList access={server.access} /> },
  { label: t.price, value: <CreditsAmount value={server.pricePerCall} /> },
  { label: t.url, value: <span className="ck-mono ck-size-xs">{server.url}</span> },
  { label: t.secret, value: server.auth === 'header' ? t.secretIn(server.headerName) : t.noSecret },
  { label: t.newTools, value: server.newTools === 'allow' ? t.newAllow : t.newBlock },
  { label: t.timeout, value: `${server.timeoutMs / 1_000} s` },
  { label: t.largest, value: `${mibOf(server.resultBytesMax)} MiB` },
  { label: t.created, value: <RelativeTime at={server.createdAt} /> },
]
