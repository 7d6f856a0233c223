/** Passwords that are guessed first: words, rows of keys, repetitions and counting, however they are decorated. */

const words = `
  password passwort passwd pass admin administrator root login welcome willkommen letmein secret changeme default master
  access guest user test demo qwerty qwertz azerty asdfgh zxcvbn abc iloveyou love monkey dragon football baseball
  soccer hockey princess sunshine shadow superman batman starwars pokemon michael daniel jordan charlie summer winter
  spring autumn monday friday january december company business office computer internet server database system
  security google microsoft windows apple samsung facebook whatever trustno hello freedom flower cookie cheese chocolate
  diamond orange banana silver golden ranger hunter killer jesus heaven angel liverpool chelsea arsenal barcelona london
  berlin paris hallo schatz sommer herbst fruehling geheim kennwort bonjour soleil motdepasse contrasena hola
`
  .trim()
  .split(/\s+/)

const known: ReadonlySet<string> = new Set(words)
const keyRows = [
  'qwertyuiop',
  'qwertzuiop',
  'azertyuiop',
  'asdfghjkl',
  'zxcvbnm',
  'yxcvbnm',
  '1234567890',
  '1qaz2wsx3edc4rfv5tgb',
]
const lookAlikes: Readonly<Record<string, string>> = {
  '0': 'o',
  '1': 'i',
  '3': 'e',
  '4': 'a',
  '5': 's',
  '7': 't',
  '@': 'a',
  $: 's',
  '!': 'i',
}

export const isCommonPassword = (password: string): boolean => {
  const plain = password.toLowerCase()
  return isRepeated(plain) || isCounting(plain) || isKeyRow(plain) || isWords(plain)
}

/** `abcabcabc`, `aaaaaaaaaaaa` */
const isRepeated = (text: string): boolean =>
  [1, 2, 3, 4, 5, 6].some((length) => {
    const unit = text.slice(0, length)
    return text.length >= 2 * length && unit.repeat(Math.ceil(text.length / length)).slice(0, text.length) === text
  })

/** `abcdefghijkl`, `987654321098` */
const isCounting = (text: string): boolean => {
  const steps = [...text].slice(1).map((letter, at) => letter.charCodeAt(0) - text.charCodeAt(at))
  const usual = steps.filter((step) => step === steps[0] && Math.abs(step) === 1).length
  return steps.length > 3 && usual >= steps.length - 1
}

/** `qwertyuiop12`: a row of the keyboard, with little beside it. */
const isKeyRow = (text: string): boolean =>
  keyRows
    .flatMap((row) => [row, [...row].reverse().join('')])
    .some((row) => text.length - longestShared(text, row) < 5 && longestShared(text, row) > 4)

const longestShared = (text: string, row: string): number => {
  for (let length = Math.min(text.length, row.length); length > 4; length -= 1)
    for (let at = 0; at + length <= row.length; at += 1) if (text.includes(row.slice(at, at + length))) return length
  return 0
}

/** Known words one after the other, with digits and signs around and between them: `P4ssword-2024!` */
const isWords = (text: string): boolean => {
  const letters = (of: string) => of.replace(/[^a-z]/g, '')
  const readings = [letters(text), letters([...text.replace(/[\d\W_]+$/, '')].map((c) => lookAlikes[c] ?? c).join(''))]
  return readings.some((reading) => reading !== '' && madeOf(reading))
}

const madeOf = (text: string): boolean => {
  const reached = [true]
  for (let end = 1; end <= text.length; end += 1)
    reached[end] = reached.some((from, at) => from && at < end && known.has(text.slice(at, end)))
  return reached[text.length] === true
}
