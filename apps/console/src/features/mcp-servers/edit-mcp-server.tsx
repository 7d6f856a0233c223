import type { McpServer } from '@cockpit/contract/mcp-servers'
import { FormPage, Loaded, Page, toast, useForm, useNavigation } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { hostOf } from '../providers/values.tsx'
import { McpFields, type McpValues, missingIn, settingsOf, valuesOf } from './form.tsx'
import { mcpText } from './strings.ts'

const t = messages('editMcpServer', {
  title: (name: string) => `Edit ${name}`,
  loading: 'Edit MCP server',
  save: 'Save changes',
  saved: 'Server changed.',
})

export const EditMcpServerPage = () => {
  const id = useParam('mcpServerId')
  const { href } = useScope()
  const server = useLoad(['mcp-servers', id], (api, signal) => api.mcpServers.get({ params: { id } }, { signal }))
  const back = { href: href(`mcp-servers/${id}`), label: server.data?.title ?? mcpText.back }
  // a form mounts after its data
  if (server.data) return <EditForm key={server.data.id} server={server.data} back={back} />
  return (
    <Page title={t.loading} back={back}>
      <Loaded {...server}>{() => null}</Loaded>
    </Page>
  )
}

const EditForm = ({ server, back }: { server: McpServer; back: { href: string; label: string } }) => {
  const { api } = useScope()
  const { navigate } = useNavigation()
  const refresh = useRefresh()
  const needsSecret = ({ url }: McpValues) => !server.hasSecret || hostOf(url.trim()) !== hostOf(server.url)
  const form = useForm<McpValues & Record<string, unknown>>({
    initial: valuesOf(server),
    from: server,
    reload: () => refresh('mcp-servers'),
    check: (values) => missingIn(values, needsSecret(values)),
    submit: async (values, seen) => {
      const change = { params: { id: server.id }, body: { ...settingsOf(values), ...secretOf(server, values) } }
      const saved = await api.mcpServers.update(change, asRead(seen))
      await refresh('mcp-servers')
      return saved
    },
  })
  return (
    <FormPage
      title={t.title(server.title)}
      back={back}
      form={form}
      submitLabel={t.save}
      onCancel={() => navigate(back.href)}
      onSaved={() => {
        toast.success(t.saved)
        setTimeout(() => navigate(back.href))
      }}
    >
      <McpFields form={form} needsSecret={needsSecret(form.values)} />
    </FormPage>
  )
}

/** A secret that is typed replaces the stored one; one that is no longer sent is erased. */
const secretOf = ({ hasSecret }: McpServer, { auth, secret }: McpValues): { secret?: string | null } => {
  if (auth === 'none') return hasSecret ? { secret: null } : {}
  return secret.trim() ? { secret: secret.trim() } : {}
}
