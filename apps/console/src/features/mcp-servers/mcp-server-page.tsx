import type { McpCheck, McpServer } from '@cockpit/contract/mcp-servers'
import {
  Alert,
  Button,
  CodeBlock,
  DetailPage,
  IconPencil,
  IconPlugConnected,
  Panel,
  Stack,
  StatusBadge,
  toast,
  useNavigation,
} from '@cockpit/ui'
import { useState } from 'react'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { McpServerActs } from './acts.tsx'
import { mcpText as t } from './strings.ts'
import { Tools } from './tools.tsx'
import { clientAddressOf, factsOf } from './values.tsx'

const words = messages('mcpServerPage', {
  address: 'Address for clients',
  addressHelp: 'Streamable HTTP, with a key or a token of Cockpit as bearer.',
  failed: 'The last check failed',
  works: ({ software, protocolVersion, latencyMs, tools }: McpCheck) =>
    `${[software ?? 'The server', protocolVersion && `speaks ${protocolVersion}`].filter(Boolean).join(' ')}, answered in ${Math.round(latencyMs ?? 0)} ms and lists ${tools === 1 ? '1 tool' : `${tools} tools`}.`,
})

export const McpServerPage = () => {
  const id = useParam('mcpServerId')
  const { can, href } = useScope()
  const { navigate } = useNavigation()
  const {
    data: server,
    error,
    retry,
  } = useLoad(['mcp-servers', id], (api, signal) => api.mcpServers.get({ params: { id } }, { signal }))
  return (
    <DetailPage
      title={server?.title ?? t.title}
      {...(server
        ? { id: server.id, status: <StatusBadge status={server.status} />, properties: factsOf(server) }
        : {})}
      {...(server?.description ? { description: server.description } : {})}
      back={{ href: href('mcp-servers'), label: t.back }}
      actions={
        server && (
          <>
            {can('provider.write') && <CheckButton id={id} />}
            {can('provider.write') && (
              <Button icon={<IconPencil size={14} />} href={href(`mcp-servers/${id}/edit`)}>
                {t.edit}
              </Button>
            )}
            <McpServerActs server={server} onRemoved={() => navigate(href('mcp-servers'))} />
          </>
        )
      }
      loading={!server}
      error={server ? undefined : error}
      retry={retry}
    >
      {server && (
        <Stack>
          {server.lastError !== null && (
            <Alert tone="red" title={words.failed}>
              {server.lastError}
            </Alert>
          )}
          <Address server={server} />
          <Tools server={server} />
        </Stack>
      )}
    </DetailPage>
  )
}

const Address = ({ server }: { server: McpServer }) => (
  <Panel title={words.address} description={words.addressHelp}>
    <CodeBlock
      label={words.address}
      snippets={[{ id: 'address', label: words.address, code: clientAddressOf(server) }]}
    />
  </Panel>
)

/** Lists the tools of the server anew; a failure stands on the page until the next check. */
const CheckButton = ({ id }: { id: string }) => {
  const { api } = useScope()
  const refresh = useRefresh()
  const [busy, setBusy] = useState(false)
  const check = async () => {
    setBusy(true)
    try {
      const found = await api.mcpServers.check({ params: { id } })
      await refresh('mcp-servers')
      if (found.ok) toast.success(words.works(found))
      else toast.error(found.reason ?? words.failed)
    } catch (error) {
      toast.error(error instanceof Error ? error.message : words.failed)
    } finally {
      setBusy(false)
    }
  }
  return (
    <Button icon={<IconPlugConnected size={14} aria-hidden />} loading={busy} onClick={() => void check()}>
      {t.check}
    </Button>
  )
}
