import type { Model } from '@cockpit/contract/models'
import type { ModelRoute } from '@cockpit/contract/routing'
import { AmountField, Columns, FormPage, NumberField, Select, useForm } from '@cockpit/ui'
import { useLoad, useRefresh } from '../../app/data.ts'
import { type Back, EditPage, useFormEnds } from '../../app/form-page.tsx'
import { messages } from '../../app/i18n.ts'
import { useParam } from '../../app/location.ts'
import { useScope } from '../../app/scope.tsx'
import { asRead } from '../../app/versions.ts'
import { RouteDeployments, RouteFallbacks } from './route-fields.tsx'
import { hedgeLabels, optionsOf, stickyLabels, strategyLabels } from './route-strings.ts'
import { type RouteValues, routeInput, routeValuesOf } from './route-values.ts'
import { ShadowFields } from './shadow-fields.tsx'

const t = messages('editRoute', {
  loading: 'Route',
  title: (name: string) => `Route of ${name}`,
  about: 'Changes reach the gateways within a second.',
  strategy: 'Who is tried first',
  strategyHelp: 'Within a tier. The next tier is used when nobody in it can serve.',
  sticky: 'Stays with one deployment',
  stickyHelp: 'So that its prompt cache is used. Not where the order is fixed.',
  attempts: 'Attempts of one request',
  attemptsHelp: 'Empty: as many as deployments and their retries allow.',
  retries: 'Repeats',
  retriesHelp: 'On one deployment, of all requests. Empty: not limited.',
  failures: 'Rests after',
  failuresHelp: 'Failures in a row.',
  rest: 'Rests for',
  restHelp: 'Then one request tries it.',
  seconds: 'seconds',
  hedge: 'Second request beside a slow one',
  hedgeHelp: 'To the next deployment. Whoever begins first answers; the prompt of the other is billed too.',
  continuations: 'Go on with a broken stream',
  continuationsHelp: 'At most so often for one answer; each time the prompt is billed again. Empty: never.',
  hedgeMs: 'Slow after',
  hedgeMsHelp: 'Without a first token.',
  ms: 'ms',
  hedgeCredits: 'It costs at most',
  hedgeCreditsHelp: 'Empty: whatever the prompt costs.',
  credits: 'credits',
  hedgePercent: 'Of all requests',
  hedgePercentHelp: 'At most.',
  save: 'Save route',
  saved: 'Route changed.',
})

export const EditRoutePage = () => {
  const id = useParam('modelId')
  const { href } = useScope()
  const all = useLoad(['models', id, 'route', 'edit'], async (api, signal) => ({
    model: await api.models.get({ params: { id } }, { signal }),
    stored: await api.routing.get({ params: { id } }, { signal }),
    names: (await api.models.list({ query: { limit: 100, status: 'active' } }, { signal })).items.map(
      ({ name }) => name,
    ),
  }))
  const back = { href: href(`models/${id}`), label: all.data?.model.name ?? t.loading }
  return (
    <EditPage load={all} title={t.loading} back={back}>
      {(data) => <EditForm key={id} {...data} back={back} />}
    </EditPage>
  )
}

const EditForm = ({
  model,
  stored,
  names,
  back,
}: {
  model: Model
  stored: { route: ModelRoute }
  names: readonly string[]
  back: Back
}) => {
  const { api, accountId } = useScope()
  const ends = useFormEnds({ back, saved: t.saved })
  const refresh = useRefresh()
  const form = useForm<RouteValues & Record<string, unknown>>({
    initial: routeValuesOf(model, stored.route),
    from: stored,
    reload: () => refresh('models'),
    submit: async (values, seen) => {
      const saved = await api.routing.set({ params: { id: model.id }, body: routeInput(values) }, asRead(seen))
      await refresh('models')
      return saved
    },
  })
  const errors = form.problem?.errors ?? []
  const strategy = form.field('strategy')
  const sticky = form.field('sticky')
  const hedge = form.field('hedge')
  return (
    <FormPage title={t.title(model.name)} description={t.about} form={form} submitLabel={t.save} {...ends}>
      <Columns minWidth={200}>
        <Select
          label={t.strategy}
          help={t.strategyHelp}
          options={optionsOf(strategyLabels)}
          {...strategy}
          onChange={(value) => value && strategy.onChange(value)}
        />
        <Select
          label={t.sticky}
          help={t.stickyHelp}
          options={optionsOf(stickyLabels)}
          {...sticky}
          onChange={(value) => value && sticky.onChange(value)}
        />
      </Columns>
      <RouteDeployments
        value={form.values.deployments}
        onChange={(deployments) => form.set({ deployments })}
        errors={errors}
      />
      <RouteFallbacks
        value={form.values.fallbacks}
        onChange={(fallbacks) => form.set({ fallbacks })}
        names={names.filter((name) => name !== model.name)}
        errors={errors}
      />
      <Columns minWidth={200}>
        <NumberField label={t.attempts} help={t.attemptsHelp} min={1} max={20} {...form.field('attemptsMax')} />
        <NumberField
          label={t.retries}
          help={t.retriesHelp}
          unit="%"
          min={0}
          max={100}
          {...form.field('retriesPercentMax')}
        />
        <NumberField
          label={t.failures}
          help={t.failuresHelp}
          min={1}
          max={100}
          {...form.field('breakerFailures', '/breaker/failures')}
        />
        <NumberField
          label={t.rest}
          help={t.restHelp}
          unit={t.seconds}
          min={1}
          max={3_600}
          {...form.field('breakerSeconds', '/breaker/coolMs')}
        />
        <NumberField
          label={t.continuations}
          help={t.continuationsHelp}
          min={1}
          max={3}
          {...form.field('continuationsMax')}
        />
      </Columns>
      <Columns minWidth={200}>
        <Select
          label={t.hedge}
          help={t.hedgeHelp}
          options={optionsOf(hedgeLabels)}
          {...hedge}
          onChange={(value) => value && hedge.onChange(value)}
        />
        {form.values.hedge === 'after' && (
          <NumberField
            label={t.hedgeMs}
            help={t.hedgeMsHelp}
            unit={t.ms}
            min={20}
            {...form.field('hedgeMs', '/hedge/afterMs')}
          />
        )}
        {form.values.hedge !== 'none' && (
          <>
            <NumberField
              label={t.hedgePercent}
              help={t.hedgePercentHelp}
              unit="%"
              min={0}
              max={100}
              {...form.field('hedgePercent', '/hedge/percentMax')}
            />
            <AmountField
              label={t.hedgeCredits}
              help={t.hedgeCreditsHelp}
              unit={t.credits}
              {...form.field('hedgeCredits', '/hedge/creditsMax')}
            />
          </>
        )}
      </Columns>
      {accountId !== null && <ShadowFields form={form} names={names.filter((name) => name !== model.name)} />}
    </FormPage>
  )
}
