import type { ImagePrice, Prices, Unit } from '@cockpit/contract/prices'
import { AmountField, Columns, type Form, Heading, Stack, Textarea } from '@cockpit/ui'
import { messages } from '../../app/i18n.ts'

const t = messages('priceFields', {
  unit: 'USD / 1M',
  input: 'Input',
  output: 'Output',
  cachedInput: 'Cached input',
  cachedInputHelp: 'Empty: as input.',
  cacheWrite: 'Cache write',
  cacheWriteHelp: 'Empty: as input.',
  cacheWrite1h: 'Cache write, 1 h',
  cacheWrite1hHelp: 'Empty: as cache write.',
  reasoning: 'Reasoning',
  reasoningHelp: 'Empty: as output.',
  audioInput: 'Audio input',
  audioInputHelp: 'Empty: as input.',
  audioOutput: 'Audio output',
  audioOutputHelp: 'Empty: as output.',
  pieces: 'By the piece',
  piecesHelp: 'For models that bill pictures, sound, pages or queries. What has no price is refused, never free.',
  each: 'USD',
  image: 'Picture',
  audio_second: 'Second of audio',
  character: 'Character',
  page: 'Page',
  search: 'Search',
  searchHelp: 'A query over up to 100 documents.',
  request: 'Request',
  requestHelp: 'Added to every request.',
  images: 'Pictures by size and quality',
  imagesHelp: 'One per line: size, quality, USD. * stands for any, e.g. “1024x1024 hd 0.08”.',
  imagesWrong: 'each line needs a size, a quality and a price',
  tiers: (count: number) =>
    `The ${count} tiers of the version before are kept as they are: rates for long prompts, batch, flex or priority. The API changes them.`,
  required: 'is required',
})

const units = ['image', 'audio_second', 'character', 'page', 'search', 'request'] as const satisfies readonly Unit[]
const special = ['cachedInput', 'cacheWrite', 'cacheWrite1h', 'reasoning', 'audioInput', 'audioOutput'] as const
const unitHelp: Partial<Record<Unit, string>> = { search: t.searchHelp, request: t.requestHelp }
type Rate = 'input' | 'output' | (typeof special)[number]

export type PriceValues = Record<Rate | Unit, string> & { images: string; tiers: NonNullable<Prices['tiers']> }

export const noPrices: PriceValues = {
  ...{ input: '', output: '', cachedInput: '', cacheWrite: '', cacheWrite1h: '', reasoning: '' },
  ...{ audioInput: '', audioOutput: '', image: '', audio_second: '', character: '', page: '', search: '', request: '' },
  images: '',
  tiers: [],
}

export const priceValuesOf = (prices: Prices): PriceValues => {
  const values = { ...noPrices, input: prices.input, output: prices.output, tiers: prices.tiers ?? [] }
  for (const rate of special) values[rate] = prices[rate] ?? ''
  for (const unit of units) values[unit] = prices.units?.[unit] ?? ''
  const line = ({ size, quality, price }: ImagePrice) => `${size ?? '*'} ${quality ?? '*'} ${price}`
  return { ...values, images: (prices.images ?? []).map(line).join('\n') }
}

export const priceInput = (values: PriceValues): Prices => {
  const named = units.flatMap((unit) => (values[unit] ? [[unit, values[unit]]] : []))
  const images = imagesIn(values.images)
  return {
    input: values.input,
    output: values.output,
    cachedInput: values.cachedInput || null,
    cacheWrite: values.cacheWrite || null,
    reasoning: values.reasoning || null,
    ...(values.cacheWrite1h && { cacheWrite1h: values.cacheWrite1h }),
    ...(values.audioInput && { audioInput: values.audioInput }),
    ...(values.audioOutput && { audioOutput: values.audioOutput }),
    ...(named.length > 0 && { units: Object.fromEntries(named) }),
    ...(images && images.length > 0 && { images }),
    ...(values.tiers.length > 0 && { tiers: values.tiers }),
  }
}

/** Null when a line is not three words. */
const imagesIn = (text: string): ImagePrice[] | null => {
  const any = (word: string) => (word === '*' ? null : word)
  const lines = text.split('\n').flatMap((line) => (line.trim() ? [line.trim().split(/\s+/)] : []))
  const images = lines.flatMap(([size, quality, price, more]) =>
    size && quality && price && !more ? [{ size: any(size), quality: any(quality), price }] : [],
  )
  return images.length === lines.length ? images : null
}

export const missingPrices = ({ input, output, images }: PriceValues) => ({
  ...(input ? {} : { input: t.required }),
  ...(output ? {} : { output: t.required }),
  ...(imagesIn(images) ? {} : { images: t.imagesWrong }),
})

/** US dollars for a million tokens of each kind, and for each piece. */
export const PriceFields = <T extends PriceValues & Record<string, unknown>>({ form }: { form: Form<T> }) => (
  <Stack>
    <Columns minWidth={150}>
      <AmountField label={t.input} unit={t.unit} required {...form.field('input', '/prices/input')} />
      <AmountField label={t.output} unit={t.unit} required {...form.field('output', '/prices/output')} />
      {special.map((rate) => (
        <AmountField
          key={rate}
          label={t[rate]}
          help={t[`${rate}Help`]}
          unit={t.unit}
          {...form.field(rate, `/prices/${rate}`)}
        />
      ))}
    </Columns>
    {form.values.tiers.length > 0 && <span className="ck-help">{t.tiers(form.values.tiers.length)}</span>}
    <div>
      <Heading level={3}>{t.pieces}</Heading>
      <span className="ck-help">{t.piecesHelp}</span>
    </div>
    <Columns minWidth={150}>
      {units.map((unit) => (
        <AmountField
          key={unit}
          label={t[unit]}
          {...(unitHelp[unit] && { help: unitHelp[unit] })}
          unit={t.each}
          {...form.field(unit, `/prices/units/${unit}`)}
        />
      ))}
    </Columns>
    <Textarea label={t.images} help={t.imagesHelp} rows={3} {...form.field('images', '/prices/images')} />
  </Stack>
)
