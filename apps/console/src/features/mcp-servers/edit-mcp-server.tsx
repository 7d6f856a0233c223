import type { McpServer } from '@cockpit/contract/mcp-servers'
import { FormPage, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { type Back, EditPage, useFormEnds } from '../../app/form-page.tsx'
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
  return (
    <EditPage load={server} title={t.loading} back={back}>
      {(data) => <EditForm key={data.id} server={data} back={back} />}
    </EditPage>
  )
}

const EditForm = ({ server, back }: { server: McpServer; back: Back }) => {
  const { api } = useScope()
  const ends = useFormEnds({ back, saved: t.saved })
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
    <FormPage title={t.title(server.title)} form={form} submitLabel={t.save} {...ends}>
      <McpFields form={form} needsSecret={needsSecret(form.values)} />
    </FormPage>
  )
}

/** A secret that is typed replaces the stored one; one that is no longer sent is erased. */
const secretOf = ({ hasSecret }: McpServer, { auth, secret }: McpValues): { secret?: string | null } => {
  if (auth === 'none') return hasSecret ? { secret: null } : {}
  return secret.trim() ? { secret: secret.trim() } : {}
}
