/** Personal data by its form. What has a check digit must have the right one, so that order numbers are left alone. */
import type { PiiKind } from '@cockpit/contract/guardrail-checks'
import {
  dutchBsn,
  frenchNir,
  germanTaxId,
  iban,
  ibanLength,
  italianFiscalCode,
  luhn,
  polishPesel,
  spanishDni,
  swissAhv,
} from './checksums.ts'
import { type Detector, detector, holdsOneOf, isWordSign } from './detector.ts'

const bare = (text: string) => text.replace(/[^A-Za-z0-9]/g, '')

/** Accepts a match whose letters and digits pass. */
const passing = (check: (text: string) => boolean) => (text: string, start: number, end: number) =>
  check(bare(text.slice(start, end))) ? end : -1

/** The longest beginning of a match that passes: what follows a number may look as if it were part of it. */
const longestPassing =
  (least: number, check: (digits: string) => boolean) => (text: string, start: number, end: number) => {
    for (let to = end; to > start; to--) {
      const code = text.charCodeAt(to - 1)
      if (code < 0x30 || code > 0x39 || isDigit(text.charCodeAt(to))) continue
      const digits = bare(text.slice(start, to))
      if (digits.length < least) return -1
      if (check(digits)) return to
    }
    return -1
  }
const isDigit = (code: number) => code >= 0x30 && code <= 0x39

/** As many letters and digits as the country writes. */
const acceptIban = (text: string, start: number, end: number): number => {
  const wanted = ibanLength[text.slice(start, start + 2)] ?? 0
  let signs = 0
  for (let at = start; at < end; at++) {
    if (text[at] !== ' ') signs++
    if (signs === wanted)
      return !isWordSign(text.charCodeAt(at + 1)) && iban(bare(text.slice(start, at + 1))) ? at + 1 : -1
  }
  return -1
}

/** Eight groups, or fewer with one gap. */
const acceptIpv6 = (text: string, start: number, end: number): number => {
  const groups = text.slice(start, end).split(':')
  const gaps = text.slice(start, end).split('::').length - 1
  const filled = groups.filter((group) => group !== '').length
  return (gaps === 0 && filled === 8) || (gaps === 1 && filled >= 2 && filled < 8) ? end : -1
}

const digitsBetween = (least: number, most: number) => (text: string, start: number, end: number) => {
  const { length } = bare(text.slice(start, end))
  return length >= least && length <= most ? end : -1
}

const localSign = /[A-Za-z0-9._%+-]/
const localCharsMax = 64
const emailForm = {
  kind: 'email',
  // what stands after the @; what stands before it is found by going back from it
  pattern: /(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,4}[A-Za-z]{2,24}/y,
  reach: 350,
  alphabet: /[A-Za-z0-9._%+@-]/,
}

/** Goes from @ to @: trying every letter of a long token as a beginning would take sixty times as long. */
const emailDetector = (): Detector => {
  const domain = new RegExp(emailForm.pattern)
  return {
    ...detector(emailForm),
    mayBeIn: holdsOneOf(['@']),
    find(text, from) {
      for (let at = text.indexOf('@', from + 1); at >= 0; at = text.indexOf('@', at + 1)) {
        const least = Math.max(from, at - localCharsMax)
        let start = at
        while (start > least && localSign.test(text.charAt(start - 1))) start--
        domain.lastIndex = at + 1
        if (start < at && domain.test(text)) return { start, end: domain.lastIndex }
      }
      return null
    },
  }
}

const digits = /[0-9]/
const digitsAndSigns = /[0-9 ./-]/
const alphanumeric = /[A-Za-z0-9_]/

const makers: Readonly<Record<PiiKind, () => Detector[]>> = {
  email: () => [emailDetector()],
  phone: () => [
    detector({
      kind: 'phone',
      pattern: /(?<![\w+])(?:\+|00)[1-9]\d{0,2}(?:[ ./()-]{0,2}\d){6,13}(?!\d)/g,
      reach: 48,
      alphabet: /[0-9+ ./()-]/,
      head: /[+0]/g,
      headChars: 1,
      accept: digitsBetween(8, 17),
    }),
    detector({
      kind: 'phone',
      pattern: /(?<![\w.-])\(?[2-9]\d{2}\)?[ .-]\d{3}[ .-]\d{4}(?![\w-])/g,
      reach: 16,
      alphabet: /[A-Za-z0-9_ .()-]/,
      head: /[(]?[2-9]\d/g,
      headChars: 3,
    }),
    detector({
      kind: 'phone',
      pattern: /(?<![\w./-])\(?0\d{1,4}\)?[ /-]\d{3,8}(?:[ -]\d{2,6})?(?![\w-])/g,
      reach: 30,
      alphabet: /[A-Za-z0-9_ /()-]/,
      head: /0\d/g,
      headChars: 3,
      accept: digitsBetween(9, 13),
    }),
  ],
  iban: () => [
    detector({
      kind: 'iban',
      pattern: /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Za-z0-9]){11,30}/g,
      reach: 68,
      alphabet: /[A-Za-z0-9 ]/,
      head: /[A-Z]{2}\d{2}/g,
      headChars: 4,
      accept: acceptIban,
    }),
  ],
  credit_card: () => [
    detector({
      kind: 'credit_card',
      pattern: /(?<![\d.])[2-6]\d{3}(?:[ -]?\d){8,15}(?!\d)/g,
      reach: 36,
      alphabet: /[0-9 -]/,
      head: /\d/g,
      headChars: 1,
      accept: longestPassing(13, luhn),
    }),
  ],
  ip_address: () => [
    detector({
      kind: 'ip_address',
      pattern: /(?<![\w.])(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?:25[0-5]|2[0-4]\d|1?\d?\d)){3}(?!\w)(?!\.\d)/g,
      reach: 18,
      alphabet: /[A-Za-z0-9_.]/,
      head: /\d/g,
      headChars: 1,
    }),
    detector({
      kind: 'ip_address',
      pattern: /(?<![\w:.])(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{1,4}(?![\w:])/g,
      reach: 42,
      alphabet: /[A-Za-z0-9_:]/,
      accept: acceptIpv6,
    }),
  ],
  us_ssn: () => [
    detector({
      kind: 'us_ssn',
      pattern: /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g,
      reach: 13,
      alphabet: /[A-Za-z0-9_-]/,
    }),
  ],
  uk_nino: () => [
    detector({
      kind: 'uk_nino',
      pattern: /(?<!\w)(?!BG|GB|KN|NK|NT|TN|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z](?: ?\d{2}){3} ?[A-D](?!\w)/g,
      reach: 15,
      alphabet: /[A-Za-z0-9_ ]/,
      head: /[A-Z]{2} ?\d/g,
      headChars: 4,
    }),
  ],
  de_tax_id: () => [
    detector({
      kind: 'de_tax_id',
      pattern: /(?<![\w])\d{2} ?\d{3} ?\d{3} ?\d{3}(?!\w)/g,
      reach: 16,
      alphabet: /[A-Za-z0-9_ ]/,
      head: /\d\d/g,
      headChars: 2,
      accept: passing(germanTaxId),
    }),
  ],
  fr_nir: () => [
    detector({
      kind: 'fr_nir',
      pattern: /(?<!\w)[12] ?\d{2} ?\d{2} ?(?:\d{2}|2[AB]) ?\d{3} ?\d{3} ?\d{2}(?!\w)/g,
      reach: 23,
      alphabet: /[A-Za-z0-9_ ]/,
      head: /[12] ?\d/g,
      headChars: 3,
      accept: passing(frenchNir),
    }),
  ],
  es_dni: () => [
    detector({
      kind: 'es_dni',
      pattern: /(?<!\w)(?:\d{8}|[XYZ]\d{7})-?[A-HJ-NP-TV-Z](?!\w)/g,
      reach: 11,
      alphabet: /[A-Za-z0-9_-]/,
      accept: passing(spanishDni),
    }),
  ],
  it_fiscal_code: () => [
    detector({
      kind: 'it_fiscal_code',
      pattern: /(?<!\w)[A-Z]{6}\d{2}[A-EHLMPR-T]\d{2}[A-Z]\d{3}[A-Z](?!\w)/g,
      reach: 17,
      alphabet: alphanumeric,
      accept: passing(italianFiscalCode),
    }),
  ],
  nl_bsn: () => [
    detector({
      kind: 'nl_bsn',
      pattern: /(?<![\w.])\d{9}(?![\w])/g,
      reach: 10,
      alphabet: alphanumeric,
      accept: passing(dutchBsn),
    }),
  ],
  pl_pesel: () => [
    detector({
      kind: 'pl_pesel',
      pattern: /(?<![\w.])\d{11}(?!\w)/g,
      reach: 12,
      alphabet: alphanumeric,
      accept: passing(polishPesel),
    }),
  ],
  ch_ahv: () => [
    detector({
      kind: 'ch_ahv',
      pattern: /(?<![\d.])756\.\d{4}\.\d{4}\.\d{2}(?!\d)/g,
      reach: 17,
      alphabet: digitsAndSigns,
      head: /7/g,
      headChars: 1,
      accept: passing(swissAhv),
    }),
    detector({
      kind: 'ch_ahv',
      pattern: /(?<!\d)756\d{10}(?!\d)/g,
      reach: 14,
      alphabet: digits,
      accept: passing(swissAhv),
    }),
  ],
}

/** Detectors are made anew for each guardrail: a regular expression remembers where it was. */
export const piiDetectors = (kinds: readonly PiiKind[]): Detector[] => kinds.flatMap((kind) => makers[kind]())
