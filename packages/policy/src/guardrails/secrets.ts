/** Credentials by their form: those of common providers, private keys, passwords in addresses, and long random tokens. */
import { type Detector, detector, type Tail, tailOf } from './detector.ts'

const token = /[A-Za-z0-9_-]/

/** A prefix and as many signs as make it certain; whatever follows without a gap belongs to it. */
const prefixed = (kind: string, prefix: string, needs: readonly string[], signs: number, tail = token): Detector =>
  detector({
    kind,
    needs,
    pattern: new RegExp(`(?<![A-Za-z0-9_-])(?:${prefix})${tail.source}{${signs}}`, 'g'),
    reach: 40 + signs,
    alphabet: token,
    tail: tailOf(tail),
  })

/** The key itself, however its lines end, up to the dashes that close its last line. */
const keyBody = (): Tail => {
  let dashes = 0
  let bars = 0
  return (sign) => {
    dashes = sign === '-' ? dashes + 1 : 0
    if (dashes === 5 && ++bars === 2) return 'last'
    return bodySign.test(sign) ? 'more' : 'over'
  }
}
const bodySign = /[A-Za-z0-9+/=\s\\:,-]/

const known: readonly (() => Detector)[] = [
  () => prefixed('anthropic_key', 'sk-ant-', ['-ant-'], 20),
  () => prefixed('cockpit_key', 'ck_', ['k_'], 24),
  () => prefixed('openai_key', 'sk-', ['k-'], 20),
  () => prefixed('stripe_key', '[sr]k_(?:live|test)_', ['k_'], 16),
  () => prefixed('github_token', 'gh[opsur]_|github_pat_', ['_'], 30),
  () => prefixed('gitlab_token', 'glpat-', ['glpat-'], 20),
  () => prefixed('slack_token', 'xox[abprs]-', ['xox'], 10),
  () => prefixed('google_api_key', 'AIza', ['AIza'], 35),
  () => prefixed('huggingface_token', 'hf_', ['f_'], 30),
  () => prefixed('npm_token', 'npm_', ['m_'], 30),
  () => prefixed('aws_access_key', 'A(?:KIA|SIA)', ['KIA', 'SIA'], 16, /[A-Z0-9]/),
  () =>
    detector({
      kind: 'sendgrid_key',
      needs: ['SG.'],
      pattern: /(?<![\w.-])SG\.[A-Za-z0-9_-]{20,24}\.[A-Za-z0-9_-]{20}/g,
      reach: 50,
      alphabet: /[A-Za-z0-9_.-]/,
      tail: tailOf(token),
    }),
  () =>
    detector({
      kind: 'jwt',
      needs: ['yJ'],
      // the parts may be of any length, so the first alone decides: it is the JSON of an algorithm in base64
      pattern: /(?<![\w.-])eyJ(?:hbGciOi|0eXAiOi)[A-Za-z0-9_-]{4}/g,
      reach: 16,
      alphabet: token,
      tail: tailOf(/[A-Za-z0-9_.-]/),
    }),
  () =>
    detector({
      kind: 'private_key',
      needs: ['-----BEGIN '],
      pattern: /-----BEGIN (?:[A-Z]{2,12} ){0,3}PRIVATE KEY-----/g,
      reach: 80,
      alphabet: /[A-Z -]/,
      head: /-----|-{1,4}$/g,
      headChars: 1,
      tail: keyBody,
    }),
  () =>
    detector({
      kind: 'password_in_url',
      needs: ['://'],
      pattern: /(?<=:\/\/[A-Za-z0-9._%+-]{1,60}:)[^\s:@/"'<>]{3,80}(?=@)/g,
      reach: 160,
      alphabet: /[^\s"'<>]/,
    }),
]

const entropyChars = 32

const randomToken = (): Detector =>
  detector({
    kind: 'random_token',
    pattern: new RegExp(`(?<![A-Za-z0-9+/_=-])[A-Za-z0-9+/_-]{${entropyChars}}`, 'g'),
    reach: entropyChars,
    alphabet: /[A-Za-z0-9+/_-]/,
    tail: tailOf(/[A-Za-z0-9+/_=-]/),
    accept: (text, start, end) => (looksRandom(text.slice(start, end)) ? end : -1),
  })

/** Small and capital letters and digits, as evenly mixed as chance would have it; hex and words are not. */
const looksRandom = (text: string): boolean =>
  /[a-z]/.test(text) && /[A-Z]/.test(text) && /\d/.test(text) && entropyOf(text) >= 4.1

const entropyOf = (text: string): number => {
  const times = new Map<string, number>()
  for (const sign of text) times.set(sign, (times.get(sign) ?? 0) + 1)
  let bits = 0
  for (const count of times.values()) bits -= (count / text.length) * Math.log2(count / text.length)
  return bits
}

export const secretDetectors = (entropy: boolean): Detector[] => [
  ...known.map((make) => make()),
  ...(entropy ? [randomToken()] : []),
]
