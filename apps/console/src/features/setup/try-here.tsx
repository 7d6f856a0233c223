import { Alert, Button, IconSend, Stack, Waiting } from '@cockpit/ui'
import { useMutation } from '@tanstack/react-query'
import { messages } from '../../app/i18n.ts'
import { chat, GatewayFailure, untilKeyWorks } from '../playground/gateway.ts'

const t = messages('setupTryHere', {
  waiting: 'Waiting for the first request …',
  text: 'Run one of the snippets: the request appears here the moment it arrives.',
  lost: 'The server does not answer; trying again …',
  call: 'Make the request from here',
  question: 'Say hello in one sentence.',
  failed: 'The request did not work',
})

/** The wait for a call, and a button that makes one. Its trace arrives over the same road as any other. */
export const TryHere = ({ listening, secret, model }: { listening: boolean; secret: string | null; model: string }) => {
  const call = useMutation({ mutationFn: (working: string) => callOnce(working, model) })
  return (
    <Stack gap={8}>
      <Waiting
        title={listening ? t.waiting : t.lost}
        text={t.text}
        lost={!listening}
        action={
          secret && (
            <Button
              kind="primary"
              icon={<IconSend size={14} aria-hidden />}
              loading={call.isPending}
              onClick={() => call.mutate(secret)}
            >
              {t.call}
            </Button>
          )
        }
      />
      {call.error && (
        <Alert tone="red" title={t.failed}>
          {call.error.message}{' '}
          {call.error instanceof GatewayFailure && <code className="ck-mono ck-size-xs">{call.error.code}</code>}
        </Alert>
      )}
    </Stack>
  )
}

/** Reads the answer to its end: leaving earlier would be a cancelled call. */
const callOnce = async (secret: string, model: string): Promise<string> => {
  const { signal } = new AbortController()
  await untilKeyWorks(secret, signal)
  let text = ''
  for await (const event of chat(secret, { model, messages: [{ role: 'user', content: t.question }] }, signal))
    if (event.kind === 'text') text += event.text
  return text
}
