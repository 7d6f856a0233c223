import type { McpServer, McpTool } from '@cockpit/contract/mcp-servers'
import {
  Badge,
  Button,
  type Column,
  CreditsAmount,
  EmptyState,
  IconBan,
  IconCircleCheck,
  IconCoins,
  IconEye,
  Loaded,
  Menu,
  Panel,
  Row,
  Table,
  Text,
  toast,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { changesOf } from './changes.ts'
import { mcpText } from './strings.ts'
import { ToolPanel } from './tool-panel.tsx'
import { ToolPrice } from './tool-price.tsx'
import { ToolState } from './values.tsx'

const t = messages('mcpTools', {
  title: 'Tools',
  about: 'New and changed tools are neither listed nor callable until somebody approves them.',
  name: 'Tool',
  state: 'State',
  what: 'What it does',
  changed: 'What changed',
  gone: 'Not listed any more',
  asServer: 'As the server',
  acts: (name: string) => `Acts on ${name}`,
  show: 'Show definition',
  allow: 'Allow',
  approve: 'Approve',
  block: 'Block',
  price: 'Set price',
  approveAll: (count: number) => `Approve ${count} waiting`,
  saved: 'Tools changed. Gateways know within a second.',
  none: 'No tool known yet',
  noneText: 'Check the server to list its tools.',
})

const isWaiting = ({ state }: McpTool) => state === 'new' || state === 'changed'

/** Allows or blocks tools; allowing approves them as the server says them now. */
const useSetTools = (serverId: string) => {
  const { api } = useScope()
  const refresh = useRefresh()
  return async (names: readonly string[], state: 'allowed' | 'blocked') => {
    try {
      const tools = names.map((name) => ({ name, state }))
      await api.mcpServers.setTools({ params: { id: serverId }, body: { tools } })
      await refresh('mcp-servers')
      toast.success(t.saved)
    } catch (error) {
      toast.error(error instanceof Error ? error.message : String(error))
    }
  }
}

export const Tools = ({ server }: { server: McpServer }) => {
  const { can } = useScope()
  const { search, setSearch } = useSearchState()
  const [priced, setPriced] = useState<McpTool | null>(null)
  const setTools = useSetTools(server.id)
  const tools = useLoad(['mcp-servers', server.id, 'tools'], (api, signal) =>
    api.mcpServers.tools({ params: { id: server.id } }, { signal }),
  )
  const items = tools.data?.items ?? []
  const waiting = items.filter(isWaiting).map(({ name }) => name)
  const show = (name: string | undefined) => setSearch({ tool: name })
  return (
    <Panel
      title={t.title}
      description={t.about}
      flush={items.length > 0}
      actions={
        can('provider.write') &&
        waiting.length > 0 && (
          <Button icon={<IconCircleCheck size={14} />} onClick={() => void setTools(waiting, 'allowed')}>
            {t.approveAll(waiting.length)}
          </Button>
        )
      }
    >
      <Loaded {...tools}>
        {() =>
          items.length === 0 ? (
            <EmptyState title={t.none} text={t.noneText} />
          ) : (
            <Table
              label={t.title}
              columns={columns}
              rows={items}
              rowId={(row) => row.name}
              onRowClick={(row) => show(row.name)}
              activeId={search.tool}
              rowActions={(row) => (
                <ToolActs tool={row} onShow={() => show(row.name)} onPrice={() => setPriced(row)} onSet={setTools} />
              )}
            />
          )
        }
      </Loaded>
      <ToolPanel
        tool={items.find(({ name }) => name === search.tool)}
        onClose={() => show(undefined)}
        onSet={setTools}
      />
      {priced && <ToolPrice serverId={server.id} tool={priced} onClose={() => setPriced(null)} />}
    </Panel>
  )
}

const ToolActs = ({
  tool,
  onShow,
  onPrice,
  onSet,
}: {
  tool: McpTool
  onShow: () => void
  onPrice: () => void
  onSet: ReturnType<typeof useSetTools>
}) => {
  const { can } = useScope()
  const allow = {
    label: isWaiting(tool) ? t.approve : t.allow,
    icon: <IconCircleCheck size={14} />,
    onClick: () => void onSet([tool.name], 'allowed'),
  }
  const block = { label: t.block, icon: <IconBan size={14} />, onClick: () => void onSet([tool.name], 'blocked') }
  return (
    <Menu
      label={t.acts(tool.name)}
      items={[
        { label: t.show, icon: <IconEye size={14} />, onClick: onShow },
        ...(can('provider.write')
          ? [
              ...(tool.state === 'allowed' ? [] : [allow]),
              ...(tool.state === 'blocked' ? [] : [block]),
              { label: t.price, icon: <IconCoins size={14} />, onClick: onPrice },
            ]
          : []),
      ]}
    />
  )
}

const columns: Column<McpTool>[] = [
  {
    key: 'name',
    header: t.name,
    value: (row) => row.name,
    render: (row) => (
      <Row gap={8} wrap={false}>
        <span className="ck-mono">{row.name}</span>
        {!row.present && <Badge>{t.gone}</Badge>}
      </Row>
    ),
  },
  { key: 'state', header: t.state, value: (row) => row.state, render: (row) => <ToolState state={row.state} /> },
  {
    key: 'changed',
    header: t.changed,
    value: (row) =>
      changesOf(row)
        .map(({ part }) => part)
        .join(', ') || '—',
  },
  {
    key: 'price',
    header: mcpText.price,
    unit: 'cr',
    numeric: true,
    value: (row) => row.pricePerCall,
    render: (row) =>
      row.pricePerCall === null ? <Text muted>{t.asServer}</Text> : <CreditsAmount value={row.pricePerCall} bare />,
  },
  {
    key: 'what',
    header: t.what,
    value: (row) => row.description ?? row.title,
    render: (row) => <span title={row.description ?? undefined}>{row.description ?? row.title ?? '—'}</span>,
  },
]
