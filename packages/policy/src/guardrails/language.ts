/** The language of a text, by its script and its most frequent words; null where it cannot be told. */
import type { DetectedLanguage } from '@cockpit/contract/guardrail-checks'

const frequent: Readonly<Partial<Record<DetectedLanguage, ReadonlySet<string>>>> = {
  en: new Set(
    'the of and to in is that it was for on are with as at be this have from or you not by we can please what how'.split(
      ' ',
    ),
  ),
  de: new Set(
    'der die das und ist nicht ein eine zu den mit von auf für im sich auch dass wir ich sie bitte wie was'.split(' '),
  ),
  fr: new Set(
    'le la les de des et est un une que pas pour dans qui sur au avec ce il nous vous je plus par'.split(' '),
  ),
  es: new Set('el la los de que y en un una es por con no para se las del al lo como más pero su me'.split(' ')),
  it: new Set('il di che e la in un è per non una sono con si da come le dei nel della alla anche ma ho'.split(' ')),
  pt: new Set('o de que e do da em um para é com não uma os no se na por mais as dos como mas foi'.split(' ')),
  nl: new Set('de het een en van is dat op te in niet zijn met voor die er aan ook als bij maar ik je wij'.split(' ')),
  pl: new Set('i w na się nie z że do to jest o jak po co tak za od dla czy przez są oraz'.split(' ')),
}

const scripts: readonly (readonly [DetectedLanguage | 'latin' | 'cyrillic' | 'han' | 'kana', RegExp])[] = [
  ['latin', /\p{Script=Latin}/gu],
  ['cyrillic', /\p{Script=Cyrillic}/gu],
  ['han', /\p{Script=Han}/gu],
  ['kana', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['ar', /\p{Script=Arabic}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['hi', /\p{Script=Devanagari}/gu],
  ['th', /\p{Script=Thai}/gu],
]

/** More of a text does not make it clearer. */
export const languageCharsMax = 2_000
const lettersMin = 20
const wordsMin = 2

export const languageOf = (whole: string): DetectedLanguage | null => {
  const text = whole.slice(0, languageCharsMax)
  const counts = new Map(scripts.map(([script, signs]) => [script, text.match(signs)?.length ?? 0]))
  const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
  const [script, most] = [...counts].reduce((best, one) => (one[1] > best[1] ? one : best), ['latin', 0] as const)
  // one sign of Chinese or Japanese says what a few letters say elsewhere
  if (script === 'han' || script === 'kana')
    return most < 5 ? null : (counts.get('kana') ?? 0) * 10 > total ? 'ja' : 'zh'
  if (total < lettersMin || most * 2 < total) return null
  if (script === 'cyrillic') return /[іїєґ]/i.test(text) ? 'uk' : 'ru'
  return script === 'latin' ? latin(text) : script
}

const latin = (text: string): DetectedLanguage | null => {
  const words = text.toLowerCase().split(/[^\p{L}]+/u)
  let best: { language: DetectedLanguage; hits: number } | null = null
  let second = 0
  for (const language of ['en', 'de', 'fr', 'es', 'it', 'pt', 'nl', 'pl'] as const) {
    const hits = words.filter((word) => frequent[language]?.has(word)).length
    if (!best || hits > best.hits) {
      second = best?.hits ?? 0
      best = { language, hits }
    } else second = Math.max(second, hits)
  }
  return best && best.hits >= wordsMin && best.hits > second ? best.language : null
}
