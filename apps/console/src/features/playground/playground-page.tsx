import type { Effective } from '@cockpit/contract/explain'
import {
  Button,
  Conversation,
  EmptyState,
  IconMessages,
  IconTrash,
  Loaded,
  Page,
  Skeleton,
  Stack,
  Workbench,
} from '@cockpit/ui'
import { useState } from 'react'
import type { z } from 'zod'
import type { Api } from '../../app/api.ts'
import { useLoad, useRefresh } from '../../app/data.ts'
import { messages } from '../../app/i18n.ts'
import { useSearchState } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { isNotMember, JoinAccount } from '../session/join-account.tsx'
import { BudgetSide } from './budget-side.tsx'
import { Composer } from './composer.tsx'
import { numberIn, SettingsSide } from './settings-side.tsx'
import { TurnView } from './turn-view.tsx'
import { useTalk } from './use-talk.ts'

const t = messages('playground', {
  title: 'Playground',
  description: 'Talk to any model you may use; each answer is a real request with its tokens and credits.',
  clear: 'Clear',
  settings: 'Settings',
  summary: (model: string) => `${model} and settings`,
  talk: 'Conversation',
  empty: 'Nothing said yet',
  emptyText: 'Your requests use a key of your own that lives in this tab and ends within an hour.',
  none: 'You may use no chat model yet',
  noneText: 'A model has to be eligible for the account and selected by it before you can talk to it.',
  toModels: 'See the models',
})

/** Chat with any effective model, the way a program would call it. */
export const PlaygroundPage = () => {
  const { me, accountId, api } = useScope()
  const refresh = useRefresh()
  const effective = useLoad(['effective'], (from, signal) => from.explain.effective({}, { signal }))
  if (effective.data) return <Talk effective={effective.data} />
  const outside = me.isPlatform && accountId && isNotMember(effective.error)
  return (
    <Page title={t.title} description={t.description}>
      {outside ? (
        <JoinAccount
          accountId={accountId}
          name={me.accounts.find(({ id }) => id === accountId)?.name ?? accountId}
          me={me}
          onJoined={async () => {
            await untilPublished(api)
            await refresh()
          }}
        />
      ) : (
        <Loaded {...effective} skeleton={<Skeleton rows={8} height={24} />}>
          {() => null}
        </Loaded>
      )}
    </Page>
  )
}

const Talk = ({ effective: { models, budget } }: { effective: z.infer<typeof Effective> }) => {
  const { href } = useScope()
  const { search } = useSearchState()
  const [system, setSystem] = useState('')
  const talk = useTalk()
  const chatModels = models.filter(({ capabilities }) => capabilities.includes('chat'))
  const model = chatModels.find(({ name }) => name === search.model) ?? chatModels[0]
  if (!model)
    return (
      <Page title={t.title} description={t.description}>
        <EmptyState title={t.none} text={t.noneText} action={<Button href={href('models')}>{t.toModels}</Button>} />
      </Page>
    )
  const send = (question: string) =>
    void talk.send(question, {
      model: model.name,
      system,
      temperature: numberIn(search.temperature) ?? undefined,
      maxTokens: numberIn(search.max) ?? undefined,
    })
  return (
    <Page
      fill
      title={t.title}
      description={t.description}
      actions={
        talk.turns.length > 0 && (
          <Button icon={<IconTrash size={14} aria-hidden />} onClick={talk.clear}>
            {t.clear}
          </Button>
        )
      }
    >
      <Workbench
        label={t.settings}
        summary={t.summary(model.displayName)}
        side={
          <Stack gap={16}>
            <SettingsSide models={chatModels} model={model} system={system} onSystem={setSystem} />
            <BudgetSide budget={budget} />
          </Stack>
        }
      >
        <Conversation
          label={t.talk}
          busy={talk.busy}
          composer={<Composer busy={talk.busy} onSend={send} onStop={talk.stop} />}
        >
          {talk.turns.length === 0 ? (
            <EmptyState icon={<IconMessages size={28} stroke={1.5} />} title={t.empty} text={t.emptyText} />
          ) : (
            talk.turns.map((turn) => <TurnView key={turn.id} turn={turn} />)
          )}
        </Conversation>
      </Workbench>
    </Page>
  )
}

/** A new membership reaches the gateway within a second. */
const untilPublished = async (api: Api) => {
  for (let attempt = 0; attempt < 25; attempt++) {
    if (
      await api.explain.effective().then(
        () => true,
        () => false,
      )
    )
      return
    await new Promise((resolve) => setTimeout(resolve, 200))
  }
}
