import type { RequestDetail } from '@cockpit/contract/usage'
import { Alert, Button, CodeBlock, EmptyState, Heading, IconEye, IconLock, Stack, Text } from '@cockpit/ui'
import { usePageHref } from '../../app/links.ts'
import { useScope } from '../../app/scope.tsx'
import { answerText } from './answer-text.ts'
import { kept } from './strings.ts'

export const ContentTab = ({ request: { content, contentWithheld, account } }: { request: RequestDetail }) => {
  const { me } = useScope()
  const pageHref = usePageHref()
  if (contentWithheld)
    return (
      <EmptyState
        icon={<IconLock size={28} stroke={1.5} />}
        title={kept.withheld}
        text={me.impersonation ? kept.withheldAsOther : kept.withheldText}
      />
    )
  if (!content) {
    const href = pageHref('accounts/$id', { id: account.id }, { accountId: null })
    return (
      <EmptyState
        icon={<IconEye size={28} stroke={1.5} />}
        title={kept.off}
        text={`${kept.offText} ${me.isPlatform ? kept.offAdmin : kept.offOther}`}
        action={href && <Button href={href}>{kept.open}</Button>}
      />
    )
  }
  return (
    <Stack>
      {content.truncated && <Alert tone="amber">{kept.truncated}</Alert>}
      <Part title={kept.request} text={content.request} />
      <Part title={kept.response} text={content.response} />
    </Stack>
  )
}

const Part = ({ title, text }: { title: string; text: string }) => (
  <Stack gap={8}>
    <Heading>{title}</Heading>
    {text === '' ? <Text muted>{kept.empty}</Text> : <CodeBlock label={title} snippets={snippetsOf(title, text)} />}
  </Stack>
)

/** A streamed answer is read as text first; its events stand behind a tab. */
const snippetsOf = (title: string, text: string) => {
  const words = answerText(text)
  return words === null
    ? [{ id: 'all', label: title, code: pretty(text) }]
    : [
        { id: 'text', label: kept.text, code: words },
        { id: 'events', label: kept.events, code: text },
      ]
}

/** JSON is indented; a stream of events, or what was cut off, stays as it came. */
const pretty = (text: string): string => {
  try {
    return JSON.stringify(JSON.parse(text), null, 2)
  } catch {
    return text
  }
}
