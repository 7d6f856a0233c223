import { Alert, Button, CodeBlock, EmptyState, Heading, ProblemAlert, Stack } from '@cockpit/ui'
import { useMutation } from '@tanstack/react-query'
import { useCallback } from 'react'
import { apiFor } from '../../app/api.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { snippetsOf } from '../keys/snippets.ts'
import { CallTrace } from './call-trace.tsx'
import { useFirstCall } from './first-call.ts'
import type { SetupProgress } from './progress.ts'
import type { KeyInHand } from './step.ts'
import { TryHere } from './try-here.tsx'

const t = messages('setupCall', {
  secret: 'Your key',
  once: 'Copy the key now. It is shown here once and nowhere again.',
  gone: (name: string) => `The secret of “${name}” was shown once and is not stored`,
  goneText: 'Issue a new secret to go on; the one before keeps working for a day.',
  renew: 'Issue a new secret',
  snippets: 'Make your first request',
  noChat: 'The account may use no chat model yet',
  noChatText: 'Go back to Models and add one.',
})

type Props = {
  progress: SetupProgress
  hand: KeyInHand
  onSecret: (hand: KeyInHand) => void
  /** A call arrived: set-up is done. */
  onCall: () => void
}

/** Key and snippets, then the wait, then the call itself. The call's id is in the address and so survives a reload. */
export const CallStep = (props: Props) => {
  const { search, setSearch } = useSearchState()
  const accountId = props.progress.account?.id ?? ''
  return search.request ? (
    <CallTrace
      accountId={accountId}
      requestId={search.request}
      onAgain={() => setSearch({ step: 'call', request: undefined, after: search.request })}
    />
  ) : (
    <Wait {...props} accountId={accountId} seen={search.after} />
  )
}

const Wait = ({
  progress,
  hand: { key, secret },
  onSecret,
  onCall,
  accountId,
  seen,
}: Props & { accountId: string; seen: string | undefined }) => {
  const { setSearch } = useSearchState()
  const arrived = useCallback(
    (request: string) => {
      setSearch({ step: 'call', request, after: undefined })
      onCall()
    },
    [setSearch, onCall],
  )
  const listening = useFirstCall({ accountId, keyId: key.id, seen, onCall: arrived })
  const usable = progress.chain?.items.find((item) => item.effective && item.model.capabilities.includes('chat'))
  if (!usable) return <EmptyState title={t.noChat} text={t.noChatText} />
  const model = usable.model.name
  return (
    <Stack gap={16}>
      <Secret accountId={accountId} hand={{ key, secret }} onSecret={onSecret} />
      <Heading level={3}>{t.snippets}</Heading>
      <CodeBlock label={t.snippets} snippets={snippetsOf({ secret: secret ?? key.preview, model })} />
      <TryHere listening={listening} secret={secret} model={model} />
    </Stack>
  )
}

const Secret = ({
  accountId,
  hand: { key, secret },
  onSecret,
}: Pick<Props, 'hand' | 'onSecret'> & { accountId: string }) => {
  const renew = useMutation({
    mutationFn: () => apiFor(accountId).keys.rotate({ params: { id: key.id }, body: {} }),
    onSuccess: ({ secret: fresh, ...rotated }) => onSecret({ key: rotated, secret: fresh }),
  })
  if (secret)
    return (
      <Stack gap={8}>
        <Alert tone="amber">{t.once}</Alert>
        <CodeBlock label={t.secret} snippets={[{ id: 'secret', label: t.secret, code: secret }]} />
      </Stack>
    )
  return (
    <Stack gap={8}>
      <Alert
        tone="amber"
        title={t.gone(key.name)}
        action={
          <Button loading={renew.isPending} onClick={() => renew.mutate()}>
            {t.renew}
          </Button>
        }
      >
        {t.goneText}
      </Alert>
      <ProblemAlert error={renew.error} />
    </Stack>
  )
}
